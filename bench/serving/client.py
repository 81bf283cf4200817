"""The client: wrk with one thread on the other core, posting in turn the bodies of a file."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from server import ServerError

CORE = 1
_SCRIPT = Path(__file__).with_name("client.lua")


def measure(url: str, bodies: Sequence[str], connections: int, seconds: float) -> dict[str, Any]:
    """Ask without a pause on each connection. Returns `per_second`, `p50_ms` and `p99_ms`.

    Raises:
        ServerError: an answer was no success, or there was none: such figures say nothing.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(f"{body}\n" for body in bodies))
        file.flush()
        wrk = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout=10s", "-s", str(_SCRIPT), url]
        run = subprocess.run(
            ["taskset", "-c", str(CORE), *wrk, "--", file.name], capture_output=True, text=True, check=False
        )
    lines = [line for line in run.stdout.splitlines() if line.startswith("{")]
    if run.returncode or not lines:
        raise ServerError(f"wrk failed: {run.stdout}{run.stderr}".strip())
    told = json.loads(lines[-1])
    if told["failed"] or not told["requests"]:
        raise ServerError(f"{told['failed']} of {told['requests']} requests failed at {connections} connections")
    return {"per_second": told["requests"] / told["seconds"], "p50_ms": told["p50_ms"], "p99_ms": told["p99_ms"]}
