"""Ends a served model while clients ask it without a pause, or lets it fail for some of them, and says what they got.

Usage: `python under-load.py REPOSITORY PACKAGE sigterm|faults DRAIN_SECONDS`, with the Python of the emitted
repository. The model is the sum of the columns a and b, and fails where a is negative; or any other, which gets one and
the same request.
"""

import asyncio
import collections
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uvloop

repository, package, part, drain = Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3], float(sys.argv[4])
CLIENTS, SECONDS = 64, 2.0
PRIVATE = "private7f3a9c"
"""The model's error says it, and nothing else may."""

outcomes: collections.Counter[str] = collections.Counter()
answered: set[str] = set()
unanswered: set[str] = set()
leaving = asyncio.Event()


class Client:
    """One that keeps its connection as long as the service does."""

    def __init__(self, port: int, number: int) -> None:
        self.port = port
        self.number = number
        self.sent = 0
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes] | None:
        """Send a request and read its answer; None if there is no connection, or no answer."""
        new = self.writer is None
        if new:
            try:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                outcomes["not accepted"] += 1
                return None
        self.sent += 1
        self.id = f"{self.number}-{self.sent}"
        head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nX-Request-Id: {self.id}\r\nContent-Length: {len(body)}\r\n\r\n"
        got = b""
        try:
            self.writer.write(head.encode() + body)
            got = await self.reader.readuntil(b"\r\n\r\n")
            content = await self.reader.readexactly(int(re.search(rb"content-length: (\d+)", got)[1]))
        except (OSError, asyncio.IncompleteReadError) as error:
            part_of_it = got or getattr(error, "partial", b"")
            if part_of_it:
                outcomes["cut off in an answer"] += 1
            else:  # a new connection may have been one that only the kernel had accepted
                outcomes["not accepted" if new else "closed before an answer"] += 1
            unanswered.add(self.id)
            self.leave()
            return None
        assert b"x-request-id: " + self.id.encode() in got, "another request's answer"
        answered.add(self.id)
        if b"connection: close" in got:
            self.leave()
        return int(got[9:12]), content

    def leave(self) -> None:
        if self.writer:
            self.writer.close()
            self.writer = None


async def until_the_end(client: Client, example: bytes, right: bytes | None) -> None:
    """Ask until no connection is accepted, or until the service is known to go and the old connection has ended."""
    while client.writer or not leaving.is_set():
        body, want = example, right
        if right is None:
            body = json.dumps({"records": [{"a": client.number, "b": client.sent}]}).encode()
        answer = await client.ask("POST", "/predict", body)
        if answer is None:
            if not drain:
                return
            continue
        status, content = answer
        if right is None:
            want = json.dumps([client.number + client.sent - 1.0]).encode()
            content = json.dumps(json.loads(content).get("predictions")).encode()
        outcomes["right" if (status, content) == (200, want) else f"wrong: {status} {content[:80]!r}"] += 1
    client.leave()


async def watch(port: int) -> None:
    """What a load balancer does: it sends no new connections where it is told so."""
    client = Client(port, 1000)
    while (answer := await client.ask("GET", "/v2/health/ready")) and answer[0] == 200:
        await asyncio.sleep(0.05)
    leaving.set()
    client.leave()


async def ended(port: int, process: subprocess.Popen[bytes], example: bytes, right: bytes | None) -> dict[str, object]:
    tasks = [
        asyncio.create_task(until_the_end(Client(port, number), example, right)) for number in range(1, CLIENTS + 1)
    ]
    if drain:
        tasks.append(asyncio.create_task(watch(port)))
    await asyncio.sleep(SECONDS)
    before = sum(outcomes.values())
    process.send_signal(signal.SIGTERM)
    started = time.perf_counter()
    await asyncio.gather(*tasks)
    code = await asyncio.to_thread(process.wait, 30)
    return {"before": before, "exitCode": code, "seconds": round(time.perf_counter() - started, 2)}


async def failing(port: int) -> dict[str, object]:
    """Every fifth request has a row that the model cannot bear; half of the others come with two rows."""
    until = time.perf_counter() + SECONDS * 2

    async def ask(client: Client) -> None:
        while time.perf_counter() < until:
            bad = (client.number + client.sent) % 5 == 0
            first = {"a": -1 if bad else client.number, "b": client.sent}
            records = [first, {"a": 1, "b": 2}] if client.sent % 2 else [first]
            status, content = await client.ask("POST", "/predict", json.dumps({"records": records}).encode()) or (
                0,
                b"",
            )
            if bad:
                outcomes[
                    "failed without details" if status == 500 and PRIVATE.encode() not in content else f"bad: {status}"
                ] += 1
                assert set(json.loads(content)) == {"error"}
            else:
                right = [row["a"] + row["b"] for row in records]
                outcomes[
                    "right" if status == 200 and json.loads(content)["predictions"] == right else f"wrong: {status}"
                ] += 1
        client.leave()

    await asyncio.gather(*(ask(Client(port, number)) for number in range(1, CLIENTS + 1)))
    counted = await Client(port, 1001).ask("GET", "/metrics")
    ready = await Client(port, 1002).ask("GET", "/v2/health/ready")
    failures = re.search(rb"(?m)^failures_total (\S+)", counted[1])[1]
    batches = re.search(rb"(?m)^prediction_duration_seconds_count (\S+)", counted[1])[1]
    return {"failures": float(failures), "predictions": float(batches), "ready": ready[0]}


async def main(folder: Path) -> dict[str, object]:
    log, errors = folder / "log", folder / "errors"
    environment = {**os.environ, "HOST": "127.0.0.1", "DRAIN_SECONDS": str(drain)}
    with log.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", package, "--port", "0"], cwd=repository, env=environment, stdout=out, stderr=err
        )
    try:
        while b'"event":"ready"' not in log.read_bytes():
            assert process.poll() is None, errors.read_text()
            await asyncio.sleep(0.05)
        port = int(re.search(rb'"port":(\d+)', log.read_bytes())[1])
        document = json.loads((await Client(port, 1003).ask("GET", "/openapi.json"))[1])
        example = json.dumps(
            document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["example"]
        ).encode()
        sums = {"a", "b"} == set(json.loads(example)["records"][0])
        right = None if sums else (await Client(port, 1004).ask("POST", "/predict", example))[1]
        seen = await (ended(port, process, example, right) if part == "sigterm" else failing(port))
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    lines = [json.loads(line) for line in log.read_bytes().splitlines()]
    read = {
        line["request_id"] for line in lines if line["event"] in ("prediction", "request") and line["status"] != 499
    }
    said = log.read_text() + errors.read_text()
    return {
        **seen,
        "outcomes": outcomes,
        "readButUnanswered": sorted(unanswered & read)[:5],
        "answeredButNotLogged": sorted(id for id in answered - read if not id.startswith("100"))[:5],
        "private": said.count(PRIVATE),
        "tracebacks": said.count("Traceback"),
        "lastEvent": lines[-1]["event"],
    }


with tempfile.TemporaryDirectory() as scratch:
    print(json.dumps(uvloop.run(main(Path(scratch)))))
