"""What telemetry costs: CPU of the service for a request at each level, and without any.

Usage: `python bench/telemetry.py REPOSITORY PACKAGE [ROUNDS] [SECONDS]`, with the Python of an emitted repository whose
model is trained, wrk on the PATH, and two cores. Prints a line for each run, then medians, and medians of the differences
within the rounds, in µs. All services are there from the beginning, and are asked in turn, forwards and backwards.

At each level one request in a hundred is traced, and its spans are really sent. The service without is a copy of the
same package in which this file leaves telemetry out: it counts nothing, has one id for all requests and logs none; all
else is the same. CPU time is the kernel's (/proc/PID/task/*/schedstat), of all threads, user and system.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

LEFT_OUT = {
    'f"{self._instance}-{next(self._ids):x}".encode()': ('b"-"', 1),
    "start=datetime.now(UTC),": ("start=_NEVER,", 2),
    "started=perf_counter(),": ("started=0.0,", 2),
    "_UNKNOWN = Route": ("_NEVER = datetime.now(UTC)\n_UNKNOWN = Route", 1),
    "        self._counts.in_flight += 1\n": ("", 2),
    "        self._counts.in_flight -= 1\n": ("", 1),
    "        seconds = perf_counter() - request.started\n": ("", 1),
    "        self._metrics.observe(request.route.template, request.method, response.status, seconds)\n": ("", 1),
    "        told = self.log.request(request, response, seconds)\n": ("        told = False\n", 1),
}
"""In app.py: what stands in its place, and how many times it is there."""
CONNECTIONS = 16
LEVELS = ("minimal", "standard", "debug")
LIMIT = 15.0  # µs that standard may cost more than minimal


def without(source: Path, target: Path) -> None:
    """Copy the package and leave its telemetry out."""
    shutil.copytree(source, target)
    app = target / "app.py"
    text = app.read_text()
    for part, (other, times) in LEFT_OUT.items():
        if text.count(part) != times:
            raise SystemExit(f"app.py has changed: {part.strip()!r} is there {text.count(part)} times, not {times}")
        text = text.replace(part, other)
    app.write_text(text)


@contextmanager
def serving(
    repository: Path, package: str, sources: Path, log: Path, settings: dict[str, str]
) -> Iterator[tuple[int, str]]:
    """The service from these sources: its process id and address."""
    environment = {**os.environ, "PYTHONPATH": str(sources), "HOST": "127.0.0.1", **settings}
    with log.open("wb") as stream:
        command = [sys.executable, "-m", package, "--port", "0"]
        process = subprocess.Popen(command, cwd=repository, env=environment, stdout=stream)
    try:
        while b'"event":"ready"' not in log.read_bytes():
            if process.poll() is not None:
                raise SystemExit("the service does not start")
            time.sleep(0.05)
        port = re.search(rb'"port":(\d+)', log.read_bytes())
        assert port
        yield process.pid, f"http://127.0.0.1:{int(port[1])}"
    finally:
        process.terminate()
        process.wait()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def microseconds(pid: int, url: str, script: Path, seconds: int) -> tuple[float, float]:
    """CPU of a request in µs, and requests a second."""

    def load(duration: int) -> int:
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{duration}s", "-s", str(script), url]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = re.search(r"(\d+) requests in", said)
        if found is None or "Non-2xx" in said or "Socket errors" in said:
            raise SystemExit(f"wrk got other answers than it should:\n{said}")
        return int(found[1])

    before = cpu_seconds(pid)
    requests = load(seconds)
    return (cpu_seconds(pid) - before) / requests * 1e6, requests / seconds


def request(url: str, folder: Path) -> Path:
    """One row to predict, as wrk takes it."""
    with urllib.request.urlopen(f"{url}/openapi.json") as answer:
        paths = json.load(answer)["paths"]
    path = next(path for path in paths if path.endswith("/infer") and "/versions/" not in path)
    body = json.dumps(paths[path]["post"]["requestBody"]["content"]["application/json"]["example"])
    script = folder / "request.lua"
    script.write_text(
        f'wrk.method = "POST"\nwrk.path = "{path}"\nwrk.body = [==[{body}]==]\n'
        'wrk.headers["Content-Type"] = "application/json"\n'
    )
    return script


class Receiver(BaseHTTPRequestHandler):
    """Takes traces and forgets them."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.traces += 1  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def main(repository: Path, package: str, rounds: int = 10, seconds: int = 2) -> int:
    """Measure in turn. Returns 1 if telemetry costs more than it may."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.traces = 0  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    traced = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{server.server_port}"}
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        folder, services = Path(scratch), {}
        without(repository / "src" / package, folder / "bare" / package)
        for name in ("without", *LEVELS):
            sources = folder / "bare" if name == "without" else repository / "src"
            settings = {"TELEMETRY_LEVEL": "standard"} if name == "without" else {"TELEMETRY_LEVEL": name, **traced}
            services[name] = stack.enter_context(serving(repository, package, sources, folder / f"{name}.log", settings))
        script = request(services["without"][1], folder)
        for pid, url in services.values():
            microseconds(pid, url, script, 1)
        seen: dict[str, list[float]] = {name: [] for name in services}
        for number in range(rounds):
            for name in [*services] if number % 2 else [*reversed(services)]:
                cost, rate = microseconds(*services[name], script, seconds)
                seen[name].append(cost)
                print(f"round {number + 1}, {name:8}: {cost:6.1f} µs of CPU a request, {rate:7.0f} requests/s", flush=True)
    costs = {
        f"{more} more than {less}": statistics.median(a - b for a, b in zip(seen[more], seen[less], strict=True))
        for less, more in (("without", "minimal"), ("minimal", "standard"), ("standard", "debug"), ("without", "standard"))
    }
    for name, values in seen.items():
        print(f"{name:8}: {statistics.median(values):5.1f} µs of CPU a request, median of {rounds}")
    for what, cost in costs.items():
        print(f"{what}: {cost:.1f} µs, median of {rounds} pairs")
    if not server.traces:  # type: ignore[attr-defined]
        raise SystemExit("no traces were sent")
    return int(costs["standard more than minimal"] > LIMIT)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2], *map(int, sys.argv[3:])))
