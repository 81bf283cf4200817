"""Attacks a served model with made-up requests, and writes down how it took them.

Usage: `python hostile.py REPOSITORY PACKAGE COUNT SCHEMATHESIS`, with the Python of the emitted repository. Prints one JSON
object; what it must say is in hostile.test.ts. The requests are the same in every run (SEED); only their timing differs.
"""

import asyncio
import base64
import collections
import gzip
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import uvloop

repository, package, count = Path(sys.argv[1]).resolve(), sys.argv[2], int(sys.argv[3])
schemathesis = sys.argv[4]
SEED = 20261125
CANARY = b"canary7f3a9c"
"""In every made-up value, name, path and header: nothing of it may come back in a refusal, or reach the log."""
MAX_BODY = 1 << 20
PENDING = 16
READ_TIMEOUT = 3
LANES, SLOW, WARM = 20, 200, 5_000
SETTINGS = {
    "MAX_BODY_BYTES": str(MAX_BODY),
    "MAX_PENDING": str(PENDING),
    "READ_TIMEOUT": str(READ_TIMEOUT),
    "TELEMETRY_LEVEL": "standard",
    "HOST": "127.0.0.1",
}
CONFIG = f"""
seed = {SEED}
[generation]
max-examples = 150
database = "none"
[phases.stateful]
enabled = false
[checks]
negative_data_rejection.expected-statuses = ["400", "404", "405", "408", "413", "415", "503"]
[[operations]]
include-path-regex = "/infer$"
checks.positive_data_acceptance.enabled = false
"""
"""As in the emitted repository's own test: JSON Schema cannot say that a shape's product is the number of values."""

chance = random.Random(SEED)
statuses: collections.Counter[str] = collections.Counter()
kinds: collections.Counter[str] = collections.Counter()
wrong: collections.Counter[str] = collections.Counter()
latencies: list[float] = []
shed = 0


class Target:
    """The service under attack, and requests that it takes."""

    def __init__(self, folder: Path) -> None:
        self.log, self.errors = folder / "log", folder / "errors"
        environment = {**os.environ, **SETTINGS}
        with self.log.open("wb") as log, self.errors.open("wb") as errors:
            command = [sys.executable, "-m", package, "--port", "0"]
            self.process = subprocess.Popen(command, cwd=repository, env=environment, stdout=log, stderr=errors)
        self.port = 0
        while not self.port:
            assert self.process.poll() is None, self.errors.read_text()
            found = re.search(rb'"event":"listening".*?"port":(\d+)', self.log.read_bytes())
            self.port = int(found[1]) if found else 0
            time.sleep(0.05)
        self.valid: list[tuple[bytes, bytes]] = []
        """Path and body."""
        self.binary: list[tuple[bytes, int]] = []
        """Body with binary tensors, and the length of its JSON."""
        self.paths: list[bytes] = []
        self.answers: dict[bytes, bytes] = {}

    def ready(self) -> bool:
        """Whether the model is loaded."""
        return b'"event":"ready"' in self.log.read_bytes()

    def memory(self, field: str) -> float:
        """A figure of the process in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{field}:\s*(\d+)", status)[1]) / 1024

    async def learn(self) -> None:
        """Make valid requests from what the service says of itself."""
        document = json.loads((await self.ask(b"GET", b"/openapi.json"))[1])
        self.paths = [path.encode() for path in document["paths"]]
        for path, operations in document["paths"].items():
            if "post" not in operations:
                continue
            example = operations["post"]["requestBody"]["content"]["application/json"]["example"]
            for copies in (1, 3):
                value = json.loads(json.dumps(example))
                if "records" in value:
                    value["records"] *= copies
                for tensor in value.get("inputs", []):
                    tensor["shape"][0] = copies
                    tensor["data"] *= copies
                self.valid.append((path.encode(), json.dumps(value).encode()))
        head = json.loads(next(body for path, body in self.valid if path.endswith(b"/infer")))
        parts = []
        for tensor in head["inputs"]:
            wide = {"FP64": 8, "INT64": 8, "FP32": 4, "BOOL": 1, "BYTES": 4}[tensor["datatype"]]
            parts.append(bytes(wide * len(tensor.pop("data"))))
            tensor["parameters"] = {"binary_data_size": len(parts[-1])}
        text = json.dumps(head).encode()
        self.binary = [(b"".join([text, *parts]), len(text))]
        self.infer = next(path for path, _ in self.valid if path.endswith(b"/infer"))

    async def ask(self, method: bytes, path: bytes, body: bytes = b"", *headers: bytes) -> tuple[int, bytes]:
        lane = Lane(self)
        try:
            return await lane.exchange(http(method, path, body, *headers), head=method == b"HEAD")
        finally:
            lane.close()


def http(method: bytes, path: bytes, body: bytes, *headers: bytes) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (method, path), b"Host: a", *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*lines, b"", body])


class Lane:
    """One connection after the other."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.writer: asyncio.StreamWriter | None = None

    async def exchange(self, request: bytes, *, head: bool = False, end: bool = False) -> tuple[int, bytes]:
        """Send a request; give the status and body of what comes back, 0 for a connection closed without a word."""
        fresh = self.writer is None
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.target.port, limit=1 << 25)
        try:
            self.writer.write(request)
            if end:
                self.writer.write_eof()
            text = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20)
            while text.startswith(b"HTTP/1.1 100"):
                text = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20)
            length = int(re.search(rb"content-length: (\d+)", text, re.IGNORECASE)[1])
            body = b"" if head else await asyncio.wait_for(self.reader.readexactly(length), 20)
        except (asyncio.IncompleteReadError, OSError):
            self.close()
            if not fresh and not end:  # an idle connection may be closed at any time: try on a new one
                return await self.exchange(request, head=head)
            return 0, b""
        status = int(text[9:12])
        if CANARY in text or (status >= 300 and CANARY in body):
            wrong[f"a {status} repeats what was sent"] += 1
        if status == 503 and b"retry-after: " not in text:
            wrong["a 503 has no Retry-After"] += 1
        if status >= 500 and status != 503:
            wrong[f"a {status}"] += 1
        if end or b"connection: close" in text:
            self.close()
        return status, body

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
            self.writer = None


# --- what is sent -----------------------------------------------------------------------------------------------------

WORDS = [
    b"NaN", b"-Infinity", b"Infinity", b"nan", b"1e400", b"-1e400", b"1e-400", b"9" * 400, b"-0", b"00", b"0x1F", b"1.", b".5",
    b"1e", b"18446744073709551616", b"-9223372036854775809", b"1.5", b"true", b"null", b"{}", b"[]", b"[[]]", b'""',
    b'"' + CANARY + b'"', b'"\\ud800"', b'"\\u0000"', b'"\xff\xfe"', b"[" * 60, b"9" * 5000, b"1e99999999999", b"-",
]  # fmt: skip
NAMES = [b"__class__", b"$ref", CANARY, "ä\U0001f600".encode(), b"", b"a" * 3000, b"../../etc/passwd", b"\\u0000", b"%s%n", b"{{7*7}}"]
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
    filler = chance.choice((body[start:end] * 2, chance.randbytes(end - start), b"", CANARY, b"\x00", b"\xef\xbb\xbf", b"\xed\xa0\x80"))
    return body[:start] + filler + body[end:]


def token(body: bytes) -> bytes:
    """One word of the JSON taken for another, or away."""
    found = [match.span() for match in TOKEN.finditer(body)]
    if not found:
        return body
    start, end = chance.choice(found)
    word = chance.choice((chance.choice(WORDS), b'"' + chance.choice(NAMES) + b'"', b"", body[start:end] + b"," + body[start:end]))
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
    odd = (None, True, -1, 0, 10**30, 2**63, 0.5, 1e308, canary, "", [canary], {canary: canary}, [[1], [2, 3]], [], {}, "1", [1] * 50)
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
    match = re.search(rb'"(?:data|records)": ?', body)
    return body[: match.end()] + nest + body[match.end() :] if match and chance.random() < 0.8 else nest


def envelope(body: bytes) -> bytes:
    """Another encoding, or something before and behind."""
    text = body.decode("utf-8", "replace")
    return chance.choice((
        b"\xef\xbb\xbf" + body, text.encode("utf-16"), text.encode("utf-32"), b" \n\t" * 50 + body, body + body, body + b"\x00", b"", b"null",
        b"[" + body + b"]", chance.randbytes(chance.randint(1, 300)),
    ))  # fmt: skip


DAMAGES = (flip, cut, splice, token, token, value, value, value, twice, deep, envelope)


def an_inference(target: Target) -> bytes:
    """Binary tensors, with a lie about their lengths."""
    body, length = chance.choice(target.binary)
    match chance.randrange(6):
        case 0:
            length = chance.choice((0, 1, length - 1, length + 1, len(body), len(body) + 1, 10**11, 10**30, -1))
        case 1:
            body = body[:length] + flip(body[length:])
        case 2:
            body = cut(body)
        case 3:
            head = re.sub(rb'("binary_data_size": )\d+', lambda m: m[1] + b"%d" % chance.choice((-1, 0, 3, 2**31, 2**63, 2**70)), body[:length])
            body, length = head + body[length:], len(head)
        case 4:
            head = a_body(body[:length])
            body, length = head + body[length:], len(head)
        case 5:
            body += b"\xff" * chance.randint(1, 40)
    said = chance.choice((b"%d", b"%d", b"%d", b" %d", b"+%d", b"%d.0", CANARY + b"%d")) % length
    return http(b"POST", target.infer, body, b"Inference-Header-Content-Length: " + said)


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


def a_path(target: Target) -> bytes:
    """Any method on any path, and paths of which there are none."""
    path = chance.choice(target.paths)
    match chance.randrange(6):
        case 0:
            path = flip(path).replace(b" ", b"").replace(b"\r", b"").replace(b"\n", b"") or b"/"
        case 1:
            path += chance.choice((b"?", b"?a=" + CANARY, b"#", b"/", b"/" + CANARY, b"%00", b"%", b"%zz", b"/..%2f..", b"%ff%fe", b"//"))
        case 2:
            path = b"/v2/models/" + CANARY + chance.choice((b"", b"/ready", b"/infer", b"/versions/1", b"/" + b"a" * 5000))
    method = chance.choice((b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"PROPFIND"))
    return http(method, path, chance.choice((b"", b"{}", CANARY)))


def a_head(target: Target) -> bytes:
    """Headers that a client would not send."""
    path, body = chance.choice(target.valid)
    line = chance.choice((
        b"X-Request-Id: " + CANARY + b" '\";<script>", b"X-Request-Id: " + CANARY * 20, b"X-Caller-Id: " + CANARY + b"\xff\xfe", b"Authorization: Bearer " + CANARY,
        b"Content-Type: text/" + CANARY, b"Cookie: " + CANARY * 300, b"Accept: " + CANARY, b"Expect: 100-continue", b"Expect: " + CANARY, b"Upgrade: websocket\r\nConnection: Upgrade",
        b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings", b"Connection: close", b"Inference-Header-Content-Length: " + CANARY, b"Content-Encoding: " + CANARY,
        b"traceparent: 00-" + CANARY * 3 + b"-01", b"X-Forwarded-For: " + CANARY, b"Host: " + CANARY, b"\r\n".join(b"x-%d: %b" % (number, CANARY) for number in range(200)),
    ))  # fmt: skip
    return http(b"POST", path, body, line)


def not_http(target: Target) -> bytes:
    """What is hardly HTTP, and what two readers of HTTP could understand differently. The connection is of no more use."""
    path, body = chance.choice(target.valid)
    chunked = b"POST %b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" % path
    piece = b"%x\r\n%b\r\n" % (len(body), body)
    return chance.choice((
        chance.randbytes(chance.randint(1, 2000)), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + chance.randbytes(200), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\r\n\r\n", b"G\x00T / HTTP/1.1\r\n\r\n", b"CONNECT %b:443 HTTP/1.1\r\n\r\n" % CANARY, b"OPTIONS * HTTP/1.1\r\n\r\n",
        b"GET http://%b/v2 HTTP/1.1\r\n\r\n" % CANARY, b"GET //// HTTP/1.1\r\n\r\n", b"GET /%b HTTP/1.1\r\n\r\n" % (CANARY * 8000), b"GET / HTTP/1.1\r\n%b\r\n" % (b"a: b\r\n" * 20_000),
        b"GET / HTTP/1.1\r\n%b: x\r\n\r\n" % (CANARY * 9000), b"GET / HTTP/1.1\r\n folded: %b\r\n\r\n" % CANARY, b"GET / HTTP/1.1\r\na b: c\r\n\r\n", b"GET / HTTP/1.1\r\na: \x00\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n", b"\r\n" * 2000 + b"GET /v2 HTTP/1.1\r\n\r\n", chunked + b"Content-Length: %d\r\n\r\n" % len(body) + piece + b"0\r\n\r\n",
        b"POST %b HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" % path + body, b"POST %b HTTP/1.1\r\nContent-Length: -1\r\n\r\n" % path,
        b"POST %b HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n" % path, b"POST %b HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n" % path + body,
        b"POST %b HTTP/1.1\r\nContent-Length: 0x10\r\n\r\n" % path, b"POST %b HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n" % path + piece, chunked + b"\r\nZZ\r\n" + body,
        chunked + b"\r\n-1\r\n" + body, chunked + b"\r\nffffffffffffffffff\r\n" + body, chunked + b"\r\n" + piece, chunked + b"\r\n" + piece * 3 + b"0\r\n%b: x\r\n\r\n" % CANARY,
        chunked + b"\r\n" + b"5;%b=1\r\nabcde\r\n" % (CANARY * 100) * 50 + b"0\r\n\r\n", chunked + b"\r\n0\r\n" + b"a: %b\r\n" % CANARY * 8000, chunked + b"\r\n1;" + CANARY * 20_000,
        b"POST %b HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (path, len(body)) + body[: len(body) // 2],
        b"GET /v2 HTTP/1.1\r\nHost: a\r\n\r\n" * 3000,
    ))  # fmt: skip


def too_large(target: Target) -> bytes:
    """More than MAX_BODY_BYTES, said or not."""
    path, body = chance.choice(target.valid)
    size = MAX_BODY + chance.choice((1, 1000, MAX_BODY))
    filler = chance.choice((b"[", b" ", CANARY, b"\x00")) * size
    if chance.random() < 0.5:
        return http(b"POST", path, (body + filler)[:size])
    chunk = filler[: 1 << 16]
    return b"POST %b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" % path + (b"%x\r\n%b\r\n" % (len(chunk), chunk)) * (size // len(chunk) + 1) + b"0\r\n\r\n"


def almost_too_large(target: Target) -> bytes:
    """As much as may be, of the kinds that take most memory when they are decoded."""
    path, body = chance.choice(target.valid)
    match = re.search(rb'"(?:data|records)": ?', body)
    unit = chance.choice((b"1,", b"[1],", b'"",', b"{},", b'"a",', b"[[]],", b"1.5e3,"))
    text = body[: match.end()] + b"[" + unit * ((MAX_BODY - 5000) // len(unit)) + b"1]" + body[match.end() :]
    if chance.random() < 0.5:
        text = text.replace(b'"shape": [1', b'"shape": [10000', 1)
    return http(b"POST", path, text[:MAX_BODY])


# --- how it is sent ---------------------------------------------------------------------------------------------------

PARTS = (("body", 680), ("binary", 120), ("compressed", 60), ("path", 60), ("head", 40), ("no HTTP", 20), ("cut off", 10), ("valid", 8), ("too large", 1), ("largest", 1))


async def attack(target: Target, lane: Lane) -> None:
    (kind,) = chance.choices([name for name, _ in PARTS], [weight for _, weight in PARTS])
    path, body = chance.choice(target.valid)
    kinds[kind] += 1
    end = False
    match kind:
        case "body":
            request = http(b"POST", path, a_body(body))
        case "binary":
            request = an_inference(target)
        case "compressed":
            request = a_compressed(path, body)
        case "path":
            request = a_path(target)
        case "head":
            request = a_head(target)
        case "no HTTP":
            request, end = not_http(target), True
        case "cut off":
            request, end = cut(http(b"POST", path, body)), True
        case "valid":
            request = http(b"POST", path, body)
        case "too large":
            request = too_large(target)
        case _:
            request = almost_too_large(target)
    status, answer = await lane.exchange(request, end=end)
    statuses[str(status)] += 1
    if status == 0 and not end:
        wrong[f"no answer: {kind}"] += 1
    if kind == "valid" and status != 503 and (status != 200 or answer != target.answers[body]):
        wrong["a valid request got another answer"] += 1


async def slow(target: Target, number: int) -> None:
    """A client that sends a byte now and then: of a head, of a body; or one that does not take its answer."""
    path, body = target.valid[number % len(target.valid)]
    request = http(b"POST", path, body)
    start = len(request) - len(body)
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    try:
        match number % 4:
            case 0:
                rest = request
            case 1:
                writer.write(request[:start])
                rest = request[start:]
            case 2:
                writer.write(b"\r\n")
                rest = b"\r\n" * 100
            case _:
                writer.transport.pause_reading()
                writer.write(http(b"GET", b"/openapi.json", b"") * 300)
                await asyncio.sleep(READ_TIMEOUT * 3)
                return
        for byte in rest:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.5)
    except OSError:
        pass
    finally:
        writer.transport.abort()


async def bystander(target: Target, seconds: list[float]) -> None:
    """A well-behaved client, while all that goes on."""
    global shed
    lane, path, body = Lane(target), *target.valid[0]
    while True:
        started = time.perf_counter()
        status, answer = await lane.exchange(http(b"POST", path, body))
        if status == 503:
            shed += 1
        elif (status, answer) == (200, target.answers[body]):
            seconds.append(time.perf_counter() - started)
        else:
            wrong[f"the bystander got a {status}"] += 1
        await asyncio.sleep(0.01)


async def crowd(target: Target) -> collections.Counter[int]:
    """More large requests at a time than may be pending."""
    path, body = target.valid[0]
    large = http(b"POST", path, body[:-1] + b" " * (MAX_BODY - len(body)) + body[-1:])
    lanes = [Lane(target) for _ in range(PENDING * 6)]
    answers = await asyncio.gather(*(lane.exchange(large) for lane in lanes))
    for lane in lanes:
        lane.close()
    return collections.Counter(status for status, _ in answers)


async def keep(start, number: int) -> None:
    while True:
        await start(number)


async def main(target: Target) -> dict[str, object]:
    while not target.ready():
        await asyncio.sleep(0.1)
    await target.learn()
    lane = Lane(target)
    for path, body in target.valid:
        status, target.answers[body] = await lane.exchange(http(b"POST", path, body))
        assert status == 200, (status, target.answers[body], body)
    for index in range(WARM):
        path, body = target.valid[index % len(target.valid)]
        await lane.exchange(http(b"POST", path, body))
    warm = target.memory("VmRSS")
    Path(f"/proc/{target.process.pid}/clear_refs").write_text("5")

    before = await requests(target)
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch, "schemathesis.toml")
        config.write_text(CONFIG)
        url = f"http://127.0.0.1:{target.port}/openapi.json"
        made_up = await asyncio.create_subprocess_exec(
            schemathesis, "--config-file", config, "run", url, cwd=scratch, env={**os.environ, "NO_COLOR": "1"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await made_up.communicate()
    by_schemathesis = await requests(target) - before

    helpers = [asyncio.create_task(keep(lambda number: slow(target, number), number)) for number in range(SLOW)]
    helpers.append(asyncio.create_task(bystander(target, latencies)))
    started = time.perf_counter()
    left = iter(range(count - by_schemathesis))

    async def work() -> None:
        lane = Lane(target)
        for _ in left:
            await attack(target, lane)
        lane.close()

    await asyncio.gather(*(work() for _ in range(LANES)))
    seconds = time.perf_counter() - started
    crowds = collections.Counter[int]()
    for _ in range(5):
        crowds += await crowd(target)
    for helper in helpers:
        helper.cancel()
    await asyncio.gather(*helpers, return_exceptions=True)
    await asyncio.sleep(READ_TIMEOUT + 1)

    lane = Lane(target)
    for index in range(1000):
        path, body = target.valid[index % len(target.valid)]
        if await lane.exchange(http(b"POST", path, body)) != (200, target.answers[body]):
            wrong["a valid request got another answer at the end"] += 1
    failures = re.search(rb"(?m)^failures_total (\S+)", (await target.ask(b"GET", b"/metrics"))[1])[1]
    peak, after = target.memory("VmHWM"), target.memory("VmRSS")
    target.process.send_signal(signal.SIGTERM)
    code = target.process.wait(30)
    said = target.log.read_bytes() + target.errors.read_bytes()
    return {
        "requests": by_schemathesis + sum(kinds.values()),
        "bySchemathesis": by_schemathesis,
        "schemathesis": [made_up.returncode, output.decode()[-4000:] if made_up.returncode else ""],
        "seconds": round(seconds, 1),
        "kinds": kinds,
        "statuses": dict(sorted(statuses.items())),
        "wrong": wrong,
        "failures": float(failures),
        "crowd": crowds,
        "bystander": {
            "answered": len(latencies), "shed": shed, "median_ms": round(statistics.median(latencies) * 1000, 2),
            "p99_ms": round(statistics.quantiles(latencies, n=100)[98] * 1000, 2), "max_ms": round(max(latencies) * 1000, 2),
        },
        "memory": {"warm": round(warm, 1), "peak": round(peak - warm, 1), "growth": round(after - warm, 1)},
        "exitCode": code,
        "tracebacks": said.count(b"Traceback"),
        "canariesInLog": said.count(CANARY),
        "stderr": target.errors.read_text(errors="replace")[:2000],
    }  # fmt: skip


async def requests(target: Target) -> int:
    """How many requests the service has answered."""
    text = (await target.ask(b"GET", b"/metrics"))[1]
    return sum(int(float(number)) for number in re.findall(rb"^http_requests_total\{.*\} (\S+)$", text, re.MULTILINE))


with tempfile.TemporaryDirectory() as folder:
    service = Target(Path(folder))
    try:
        print(json.dumps(uvloop.run(main(service))))
    finally:
        if service.process.poll() is None:
            service.process.kill()
