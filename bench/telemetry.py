"""What telemetry costs: CPU of the service for a request, with metrics, request ids and the log, and without them.

Usage: `python bench/telemetry.py REPOSITORY PACKAGE [ROUNDS] [SECONDS]`, with the Python of an emitted repository whose
model is trained, wrk on the PATH, and two cores. Prints a line for each round, then the median difference in µs.

The service without is a copy of the same package in which this file leaves these parts out. It counts nothing, has one
id for all requests and logs none; all else is the same. CPU time is the kernel's (/proc/PID/stat), user and system.
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
from contextlib import contextmanager
from pathlib import Path

LEFT_OUT = {
    'f"{self._instance}-{next(self._ids):x}".encode()': ('b"-"', 1),
    "start=datetime.now(UTC),": ("start=_NEVER,", 2),
    "started=perf_counter(),": ("started=0.0,", 2),
    "_UNKNOWN = Route": ("_NEVER = datetime.now(UTC)\n_UNKNOWN = Route", 1),
    "        self._counts.in_flight += 1\n": ("", 2),
    "        self._counts.in_flight -= 1\n": ("", 1),
    "        seconds = perf_counter() - request.started\n": ("", 1),
    "        self._metrics.observe(request.route.template, request.method, response.status, seconds)\n": ("", 1),
    "        self.log.request(request, response, seconds)\n": ("", 1),
}
"""In app.py: what stands in its place, and how many times it is there."""
CONNECTIONS = 16
LIMIT = 15.0  # µs


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
def serving(repository: Path, package: str, sources: Path, log: Path) -> Iterator[tuple[int, str]]:
    """The service from these sources: its process id and address."""
    environment = {**os.environ, "PYTHONPATH": str(sources), "TELEMETRY_LEVEL": "standard", "HOST": "127.0.0.1"}
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
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def microseconds(pid: int, url: str, script: Path, seconds: int) -> tuple[float, float]:
    """CPU of a request in µs, and requests a second."""

    def load(duration: int) -> int:
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{duration}s", "-s", str(script), url]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = re.search(r"(\d+) requests in", said)
        if found is None or "Non-2xx" in said or "Socket errors" in said:
            raise SystemExit(f"wrk got other answers than it should:\n{said}")
        return int(found[1])

    load(1)
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


def main(repository: Path, package: str, rounds: int = 5, seconds: int = 4) -> int:
    """Measure in turn. Returns 1 if telemetry costs more than it may."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        without(repository / "src" / package, folder / "bare" / package)
        sources = {"with": repository / "src", "without": folder / "bare"}
        seen: dict[str, list[float]] = {name: [] for name in sources}
        for number in range(rounds):
            for name, source in sources.items():
                with serving(repository, package, source, folder / "log") as (pid, url):
                    cost, rate = microseconds(pid, url, request(url, folder), seconds)
                seen[name].append(cost)
                print(f"round {number + 1}, {name:7}: {cost:6.1f} µs of CPU a request, {rate:7.0f} requests/s")
    difference = statistics.median(seen["with"]) - statistics.median(seen["without"])
    print(f"metrics, request ids and log: {difference:.1f} µs of CPU a request (at most {LIMIT:g})")
    return int(difference > LIMIT)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2], *map(int, sys.argv[3:])))
