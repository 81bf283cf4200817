"""Attacks a served model with made-up requests, and writes down how it took them.

Usage: `python hostile.py REPOSITORY PACKAGE COUNT SCHEMATHESIS`, with the Python of the emitted repository. Prints one
JSON object; what it must say is in hostile.test.ts. The requests are the same in every run; only their timing differs.
"""

import asyncio
import collections
import json
import math
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from hostile_requests import CANARY, MAX_BODY, SEED, Known, draw, http

repository, package, count = Path(sys.argv[1]).resolve(), sys.argv[2], int(sys.argv[3])
schemathesis = sys.argv[4]
PENDING = 16
READ_TIMEOUT = 3
LANES, SLOW, WARM = 20, 200, 5_000
SETTINGS = {
    "MAX_BODY_BYTES": str(MAX_BODY),
    "MAX_PENDING": str(PENDING),
    "MAX_ROWS": "1000",  # as many fit into MAX_BODY_BYTES: the schema promises no more than is taken
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
        self.known = Known([], [], [], b"")
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
        valid: list[tuple[bytes, bytes]] = []
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
                valid.append((path.encode(), json.dumps(value).encode()))
        head = json.loads(next(body for path, body in valid if path.endswith(b"/infer")))
        parts = []
        for tensor in head["inputs"]:
            wide = {"FP64": 8, "INT64": 8, "FP32": 4, "BOOL": 1, "BYTES": 4}[tensor["datatype"]]
            parts.append(bytes(wide * len(tensor.pop("data"))))
            tensor["parameters"] = {"binary_data_size": len(parts[-1])}
        text = json.dumps(head).encode()
        paths = [path.encode() for path in document["paths"]]
        infer = next(path for path, _ in valid if path.endswith(b"/infer"))
        self.known = Known(paths, valid, [(b"".join([text, *parts]), len(text))], infer)

    async def ask(self, method: bytes, path: bytes, body: bytes = b"", *headers: bytes) -> tuple[int, bytes]:
        lane = Lane(self)
        try:
            return await lane.exchange(http(method, path, body, *headers), head=method == b"HEAD")
        finally:
            lane.close()


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


async def attack(target: Target, lane: Lane) -> None:
    """Send one made-up request, and look at its answer."""
    drawn = draw(target.known)
    kinds[drawn.kind] += 1
    status, answer = await lane.exchange(drawn.request, end=drawn.end)
    statuses[str(status)] += 1
    if status == 0 and not drawn.end:
        wrong[f"no answer: {drawn.kind}"] += 1
    if drawn.body and status != 503 and (status != 200 or answer != target.answers[drawn.body]):
        wrong["a valid request got another answer"] += 1


async def slow(target: Target, number: int) -> None:
    """A client that sends a byte now and then: of a head, of a body; or one that does not take its answer."""
    path, body = target.known.valid[number % len(target.known.valid)]
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
    lane, path, body = Lane(target), *target.known.valid[0]
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
    path, body = target.known.valid[0]
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
    for path, body in target.known.valid:
        status, target.answers[body] = await lane.exchange(http(b"POST", path, body))
        assert status == 200, (status, target.answers[body], body)
    for index in range(WARM):
        path, body = target.known.valid[index % len(target.known.valid)]
        await lane.exchange(http(b"POST", path, body))
    warm = target.memory("VmRSS")
    Path(f"/proc/{target.process.pid}/clear_refs").write_text("5")

    before = await requests(target)
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch, "schemathesis.toml")
        config.write_text(CONFIG)
        url = f"http://127.0.0.1:{target.port}/openapi.json"
        made_up = await asyncio.create_subprocess_exec(
            schemathesis,
            "--config-file",
            config,
            "run",
            url,
            cwd=scratch,
            env={**os.environ, "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
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

    # What is kept stays, and what the allocator has not given back yet goes: the least of some looks tells them apart.
    lane, after = Lane(target), math.inf
    for _ in range(5):
        for index in range(200):
            path, body = target.known.valid[index % len(target.known.valid)]
            if await lane.exchange(http(b"POST", path, body)) != (200, target.answers[body]):
                wrong["a valid request got another answer at the end"] += 1
        after = min(after, target.memory("VmRSS"))
        await asyncio.sleep(0.5)
    failures = re.search(rb"(?m)^failures_total (\S+)", (await target.ask(b"GET", b"/metrics"))[1])[1]
    peak = target.memory("VmHWM")
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
            "answered": len(latencies),
            "shed": shed,
            "median_ms": round(statistics.median(latencies) * 1000, 2),
            "p99_ms": round(statistics.quantiles(latencies, n=100)[98] * 1000, 2),
            "max_ms": round(max(latencies) * 1000, 2),
        },
        "memory": {"warm": round(warm, 1), "peak": round(peak - warm, 1), "growth": round(after - warm, 1)},
        "exitCode": code,
        "tracebacks": said.count(b"Traceback"),
        "canariesInLog": said.count(CANARY),
        "stderr": target.errors.read_text(errors="replace")[:2000],
    }


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
