"""Requests that no well-behaved client sends, made up by chance from valid ones; the same in every run (SEED)."""

import gzip
import json
import random
import re
import zlib
from dataclasses import dataclass

SEED = 20261125
CANARY = b"canary7f3a9c"
"""In every made-up value, name, path and header: nothing of it may come back in a refusal, or reach the log."""
MAX_BODY = 1 << 20
"""MAX_BODY_BYTES of the service."""
chance = random.Random(SEED)


@dataclass
class Known:
    """What the service takes."""

    paths: list[bytes]
    valid: list[tuple[bytes, bytes]]
    """Path and body."""
    binary: list[tuple[bytes, int]]
    """Body with binary tensors, and the length of its JSON."""
    infer: bytes
    """The path that takes these."""


def http(method: bytes, path: bytes, body: bytes, *headers: bytes) -> bytes:
    """A request as HTTP writes it."""
    lines = [b"%b %b HTTP/1.1" % (method, path), b"Host: a", *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*lines, b"", body])


WORDS = [
    b"NaN",
    b"-Infinity",
    b"Infinity",
    b"nan",
    b"1e400",
    b"-1e400",
    b"1e-400",
    b"9" * 400,
    b"-0",
    b"00",
    b"0x1F",
    b"1.",
    b".5",
    b"1e",
    b"18446744073709551616",
    b"-9223372036854775809",
    b"1.5",
    b"true",
    b"null",
    b"{}",
    b"[]",
    b"[[]]",
    b'""',
    b'"' + CANARY + b'"',
    b'"\\ud800"',
    b'"\\u0000"',
    b'"\xff\xfe"',
    b"[" * 60,
    b"9" * 5000,
    b"1e99999999999",
    b"-",
]
NAMES = [
    b"__class__",
    b"$ref",
    CANARY,
    "ä\U0001f600".encode(),
    b"",
    b"a" * 3000,
    b"../../etc/passwd",
    b"\\u0000",
    b"%s%n",
    b"{{7*7}}",
]
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|[\[\]{}:,]|true|false|null')


def a_body(body: bytes) -> bytes:
    """JSON that has gone bad in one to three ways."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        body = chance.choice(DAMAGES)(body)
    return body[: MAX_BODY + 100]


def flip(body: bytes) -> bytes:
    data = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def cut(body: bytes) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def splice(body: bytes) -> bytes:
    """Bytes doubled, moved or from nowhere."""
    start, end = sorted(chance.randrange(len(body) + 1) for _ in range(2))
    filler = chance.choice(
        (body[start:end] * 2, chance.randbytes(end - start), b"", CANARY, b"\x00", b"\xef\xbb\xbf", b"\xed\xa0\x80")
    )
    return body[:start] + filler + body[end:]


def token(body: bytes) -> bytes:
    """One word of the JSON taken for another, or away."""
    found = [match.span() for match in TOKEN.finditer(body)]
    if not found:
        return body
    start, end = chance.choice(found)
    word = chance.choice(
        (chance.choice(WORDS), b'"' + chance.choice(NAMES) + b'"', b"", body[start:end] + b"," + body[start:end])
    )
    return body[:start] + word + body[end:]


def value(body: bytes) -> bytes:
    """Right JSON of a wrong meaning."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return flip(body)
    place, key, steps = None, None, chance.randint(1, 6)
    here = document
    for _ in range(steps):
        if not here or not isinstance(here, dict | list):
            break
        place, key = here, chance.choice(list(here)) if isinstance(here, dict) else chance.randrange(len(here))
        here = place[key]
    if place is None:
        return body
    canary = CANARY.decode()
    odd = (
        None,
        True,
        -1,
        0,
        10**30,
        2**63,
        0.5,
        1e308,
        canary,
        "",
        [canary],
        {canary: canary},
        [[1], [2, 3]],
        [],
        {},
        "1",
        [1] * 50,
    )
    match chance.randrange(4):
        case 0 if isinstance(place, dict):
            place[chance.choice((canary, "", "parameters", "outputs", "id", "data"))] = chance.choice(odd)
        case 1:
            del place[key]
        case 2 if isinstance(place, list):
            place.extend([here] * chance.choice((1, 5, 300)))
        case _:
            place[key] = chance.choice(odd)
    return json.dumps(document).encode()


def twice(body: bytes) -> bytes:
    """A name that is there twice."""
    names = re.findall(rb'"\w+": ?', body)
    return body.replace(b"{", b"{" + chance.choice(names) + b"1," if names else b"{", 1)


def deep(body: bytes) -> bytes:
    """Lists or objects in each other, sometimes beyond all measure."""
    depth = chance.choice((5, 60, 1_000, 20_000)) if chance.random() < 0.3 else 100
    middle = chance.choice((b"1", b"", b"]" * depth))
    nest = b"[" * depth + middle + b"]" * depth if chance.random() < 0.7 else b'{"a":' * depth + middle + b"}" * depth
    match = re.search(rb'"(?:data|records|pairs)": ?', body)
    return body[: match.end()] + nest + body[match.end() :] if match and chance.random() < 0.8 else nest


def envelope(body: bytes) -> bytes:
    """Another encoding, or something before and behind."""
    text = body.decode("utf-8", "replace")
    return chance.choice(
        (
            b"\xef\xbb\xbf" + body,
            text.encode("utf-16"),
            text.encode("utf-32"),
            b" \n\t" * 50 + body,
            body + body,
            body + b"\x00",
            b"",
            b"null",
            b"[" + body + b"]",
            chance.randbytes(chance.randint(1, 300)),
        )
    )


DAMAGES = (flip, cut, splice, token, token, value, value, value, twice, deep, envelope)


def an_inference(known: Known) -> bytes:
    """Binary tensors, with a lie about their lengths."""
    body, length = chance.choice(known.binary)
    match chance.randrange(6):
        case 0:
            length = chance.choice((0, 1, length - 1, length + 1, len(body), len(body) + 1, 10**11, 10**30, -1))
        case 1:
            body = body[:length] + flip(body[length:])
        case 2:
            body = cut(body)
        case 3:
            head = re.sub(
                rb'("binary_data_size": )\d+',
                lambda m: m[1] + b"%d" % chance.choice((-1, 0, 3, 2**31, 2**63, 2**70)),
                body[:length],
            )
            body, length = head + body[length:], len(head)
        case 4:
            head = a_body(body[:length])
            body, length = head + body[length:], len(head)
        case 5:
            body += b"\xff" * chance.randint(1, 40)
    said = chance.choice((b"%d", b"%d", b"%d", b" %d", b"+%d", b"%d.0", CANARY + b"%d")) % length
    return http(b"POST", known.infer, body, b"Inference-Header-Content-Length: " + said)


BOMBS = {
    b"gzip": [gzip.compress(bytes(size), 9) for size in (MAX_BODY + 1, 1 << 26)],
    b"deflate": [zlib.compress(b"[" * size, 9) for size in (MAX_BODY - 1, 1 << 26)],
}
BOMBS[b"gzip"].append(gzip.compress(BOMBS[b"gzip"][1], 9))


def a_compressed(path: bytes, body: bytes) -> bytes:
    """A compressed body: a bomb, one not complete, one with more behind it, one that is no such thing."""
    coding = chance.choice((b"gzip", b"deflate"))
    squeezed = gzip.compress(body, 1) if coding == b"gzip" else zlib.compress(body, 1)
    match chance.randrange(8):
        case 0:
            squeezed = chance.choice(BOMBS[coding])
        case 1:
            squeezed = cut(squeezed)
        case 2:
            squeezed += chance.choice((CANARY, squeezed, b"\x00"))
        case 3:
            squeezed = flip(squeezed)
        case 4:
            squeezed = body
        case 5:
            coding = chance.choice((b"br", CANARY, b"gzip, gzip", b"zstd", b"", b"identity", b"GZIP"))
        case 6:
            squeezed = zlib.compress(body)[2:-4]
    return http(b"POST", path, squeezed, b"Content-Encoding: " + coding)


def a_path(known: Known) -> bytes:
    """Any method on any path, and paths of which there are none."""
    path = chance.choice(known.paths)
    match chance.randrange(6):
        case 0:
            path = flip(path).replace(b" ", b"").replace(b"\r", b"").replace(b"\n", b"") or b"/"
        case 1:
            path += chance.choice(
                (b"?", b"?a=" + CANARY, b"#", b"/", b"/" + CANARY, b"%00", b"%", b"%zz", b"/..%2f..", b"%ff%fe", b"//")
            )
        case 2:
            path = (
                b"/v2/models/" + CANARY + chance.choice((b"", b"/ready", b"/infer", b"/versions/1", b"/" + b"a" * 5000))
            )
    method = chance.choice((b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"PROPFIND"))
    return http(method, path, chance.choice((b"", b"{}", CANARY)))


def a_head(known: Known) -> bytes:
    """Headers that a client would not send."""
    path, body = chance.choice(known.valid)
    line = chance.choice(
        (
            b"X-Request-Id: " + CANARY + b" '\";<script>",
            b"X-Request-Id: " + CANARY * 20,
            b"X-Caller-Id: " + CANARY + b"\xff\xfe",
            b"Authorization: Bearer " + CANARY,
            b"Content-Type: text/" + CANARY,
            b"Cookie: " + CANARY * 300,
            b"Accept: " + CANARY,
            b"Expect: 100-continue",
            b"Expect: " + CANARY,
            b"Upgrade: websocket\r\nConnection: Upgrade",
            b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings",
            b"Connection: close",
            b"Inference-Header-Content-Length: " + CANARY,
            b"Content-Encoding: " + CANARY,
            b"traceparent: 00-" + CANARY * 3 + b"-01",
            b"X-Forwarded-For: " + CANARY,
            b"Host: " + CANARY,
            b"\r\n".join(b"x-%d: %b" % (number, CANARY) for number in range(200)),
        )
    )
    return http(b"POST", path, body, line)


def not_http(known: Known) -> bytes:
    """What is hardly HTTP, and what two readers of HTTP could understand differently."""
    path, body = chance.choice(known.valid)
    chunked = b"POST %b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" % path
    piece = b"%x\r\n%b\r\n" % (len(body), body)
    return chance.choice(
        (
            chance.randbytes(chance.randint(1, 2000)),
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + chance.randbytes(200),
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET  HTTP/1.1\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET /\r\n\r\n",
            b"G\x00T / HTTP/1.1\r\n\r\n",
            b"CONNECT %b:443 HTTP/1.1\r\n\r\n" % CANARY,
            b"OPTIONS * HTTP/1.1\r\n\r\n",
            b"GET http://%b/v2 HTTP/1.1\r\n\r\n" % CANARY,
            b"GET //// HTTP/1.1\r\n\r\n",
            b"GET /%b HTTP/1.1\r\n\r\n" % (CANARY * 8000),
            b"GET / HTTP/1.1\r\n%b\r\n" % (b"a: b\r\n" * 20_000),
            b"GET / HTTP/1.1\r\n%b: x\r\n\r\n" % (CANARY * 9000),
            b"GET / HTTP/1.1\r\n folded: %b\r\n\r\n" % CANARY,
            b"GET / HTTP/1.1\r\na b: c\r\n\r\n",
            b"GET / HTTP/1.1\r\na: \x00\r\n\r\n",
            b"GET / HTTP/1.1\nHost: a\n\n",
            b"\r\n" * 2000 + b"GET /v2 HTTP/1.1\r\n\r\n",
            chunked + b"Content-Length: %d\r\n\r\n" % len(body) + piece + b"0\r\n\r\n",
            b"POST %b HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" % path + body,
            b"POST %b HTTP/1.1\r\nContent-Length: -1\r\n\r\n" % path,
            b"POST %b HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n" % path,
            b"POST %b HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n" % path + body,
            b"POST %b HTTP/1.1\r\nContent-Length: 0x10\r\n\r\n" % path,
            b"POST %b HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n" % path + piece,
            chunked + b"\r\nZZ\r\n" + body,
            chunked + b"\r\n-1\r\n" + body,
            chunked + b"\r\nffffffffffffffffff\r\n" + body,
            chunked + b"\r\n" + piece,
            chunked + b"\r\n" + piece * 3 + b"0\r\n%b: x\r\n\r\n" % CANARY,
            chunked + b"\r\n" + b"5;%b=1\r\nabcde\r\n" % (CANARY * 100) * 50 + b"0\r\n\r\n",
            chunked + b"\r\n0\r\n" + b"a: %b\r\n" % CANARY * 8000,
            chunked + b"\r\n1;" + CANARY * 20_000,
            b"POST %b HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (path, len(body)) + body[: len(body) // 2],
            b"GET /v2 HTTP/1.1\r\nHost: a\r\n\r\n" * 3000,
            b"GET /v2 HTTP/1.1\r\n" + b"".join(b"a%d:%b\r\n" % (number, CANARY) for number in range(3000)),
        )
    )


def too_large(known: Known) -> bytes:
    """More than MAX_BODY_BYTES, said or not."""
    path, body = chance.choice(known.valid)
    size = MAX_BODY + chance.choice((1, 1000, MAX_BODY))
    filler = chance.choice((b"[", b" ", CANARY, b"\x00")) * size
    if chance.random() < 0.5:
        return http(b"POST", path, (body + filler)[:size])
    chunk = filler[: 1 << 16]
    return (
        b"POST %b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" % path
        + (b"%x\r\n%b\r\n" % (len(chunk), chunk)) * (size // len(chunk) + 1)
        + b"0\r\n\r\n"
    )


def almost_too_large(known: Known) -> bytes:
    """As much as may be, of the kinds that take most memory when they are decoded."""
    path, body = chance.choice(known.valid)
    match = re.search(rb'"(?:data|records|pairs)": ?', body)
    unit = chance.choice((b"1,", b"[1],", b'"",', b"{},", b'"a",', b"[[]],", b"1.5e3,"))
    text = body[: match.end()] + b"[" + unit * ((MAX_BODY - 5000) // len(unit)) + b"1]" + body[match.end() :]
    if chance.random() < 0.5:
        text = text.replace(b'"shape": [1', b'"shape": [10000', 1)
    return http(b"POST", path, text[:MAX_BODY])


PARTS = {
    "body": 680,
    "binary": 120,
    "compressed": 60,
    "path": 60,
    "head": 40,
    "no HTTP": 20,
    "cut off": 10,
    "valid": 8,
    "too large": 1,
    "largest": 1,
}
"""How often each kind comes."""


@dataclass
class Drawn:
    """One request, and how it is sent."""

    kind: str
    request: bytes
    end: bool = False
    """Whether the client sends nothing after it, and says so."""
    body: bytes = b""


def draw(known: Known) -> Drawn:
    """Make up the next request."""
    (kind,) = chance.choices(list(PARTS), list(PARTS.values()))
    path, body = chance.choice(known.valid)
    match kind:
        case "body":
            return Drawn(kind, http(b"POST", path, a_body(body)))
        case "binary":
            return Drawn(kind, an_inference(known))
        case "compressed":
            return Drawn(kind, a_compressed(path, body))
        case "path":
            return Drawn(kind, a_path(known))
        case "head":
            return Drawn(kind, a_head(known))
        case "no HTTP":
            return Drawn(kind, not_http(known), end=True)
        case "cut off":
            return Drawn(kind, cut(http(b"POST", path, body)), end=True)
        case "valid":
            return Drawn(kind, http(b"POST", path, body), body=body)
        case "too large":
            return Drawn(kind, too_large(known))
        case _:
            return Drawn(kind, almost_too_large(known))
