"""One server: started on one core, asked until it answers, weighed with all its processes, stopped."""

import http.client
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

TAG = "BENCH_SERVER"
"""Variable that marks each process of a server, also one that left its parent."""
CORE = 0


class ServerError(Exception):
    """A server did not start, or did not answer as it should; the message says what was seen."""


class Server:
    """A running server."""

    def __init__(
        self, command: Sequence[str], folder: Path, variables: Mapping[str, str], log: Path, port: int
    ) -> None:
        self._tag = uuid.uuid4().hex
        self._log = log
        self._port = port
        self._started = time.perf_counter()
        with log.open("wb") as stream:
            self._process = subprocess.Popen(
                ["taskset", "-c", str(CORE), *command],
                cwd=folder,
                env={**os.environ, **variables, TAG: self._tag},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def first_answer(self, path: str, body: str, patience: float = 120.0) -> float:
        """Ask until it answers with 200. Returns the seconds since the start."""
        while True:
            try:
                status, _ = self.ask(path, body)
            except (OSError, http.client.HTTPException):
                status = 0
            seconds = time.perf_counter() - self._started
            if status == 200:
                return seconds
            if self._process.poll() is not None or seconds > patience:
                end = self._log.read_text(errors="replace")[-2000:]
                raise ServerError(
                    f"no prediction after {seconds:.0f} s (last status {status}); its log ends in:\n{end}"
                )
            time.sleep(0.005)

    def ask(self, path: str, body: str) -> tuple[int, bytes]:
        """Ask once, on a connection of its own. Returns the status and the answer's body."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def megabytes(self) -> float:
        """Resident memory of all its processes, in 10^6 bytes; what several of them share counts once.

        Pages of files count even where other programs of the machine have them too: a server alone would pay for them.
        """
        kilobytes = 0
        files: dict[tuple[str, str, str], int] = {}
        for process in self._processes():
            for line in (process / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss_Anon:"):
                    kilobytes += int(line.split()[1])
            place, resident = None, 0
            for line in (process / "smaps").read_text().splitlines():
                words = line.split()
                if not words[0].endswith(":"):  # address, rights, offset, device, inode, path
                    place = (words[3], words[4], words[2]) if words[4] != "0" else None
                elif place and words[0] == "Rss:":
                    resident = int(words[1])
                elif place and words[0] == "Anonymous:":
                    files[place] = max(files.get(place, 0), resident - int(words[1]))
        return (kilobytes + sum(files.values())) * 1024 / 1e6

    def stop(self) -> None:
        """End all its processes: by SIGTERM to the first, and by SIGKILL to what is left after ten seconds."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        until = time.monotonic() + 10
        while self._processes() and time.monotonic() < until:
            self._process.poll()
            time.sleep(0.05)
        for process in self._processes():
            os.kill(int(process.name), signal.SIGKILL)
        self._process.wait()

    def _processes(self) -> list[Path]:
        mark = f"{TAG}={self._tag}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append(process)
            except OSError:  # ended meanwhile, or another user's
                continue
        return found
