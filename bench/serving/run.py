"""Measures the emitted service beside other model servers, and prints by how much it is ahead: see README.md."""

import argparse
import json
import platform
import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import table
from environments import resolve
from launch import FILES, names, prepare, requirements
from measure import POINTS, measure
from server import ServerError

CACHE = Path(__file__).parents[2] / "node_modules/.cache/ds-devops/bench"


class Results:
    """What was measured so far, in a file: by model and server a list, one entry a round, or why there is none."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}

    def forget(self) -> None:
        """Begin anew."""
        self.found = {}
        self._file.unlink(missing_ok=True)

    def add(self, model: str, name: str, result: dict[str, Any] | str) -> None:
        """Keep a round, or the reason why it failed, which counts for all rounds."""
        servers = self.found.setdefault(model, {})
        if isinstance(result, str):
            servers[name] = result
        elif not isinstance(servers.get(name), str):
            servers.setdefault(name, []).append(result)
        self.found["machine"] = f"{time.strftime('%Y-%m-%d')}, {_machine()}"
        self._file.write_text(json.dumps(self.found, indent=1))


def main() -> int:
    """Do what the arguments say. Returns 1 if a server could not be measured."""
    arguments = _arguments()
    if arguments.resolve:
        resolve(requirements())
        return 0
    cache = arguments.cache.resolve()
    results = Results(cache / "results.json")
    models = arguments.model or [*FILES]
    if not arguments.table:
        for program in ("wrk", "taskset", "node"):
            if not shutil.which(program):
                raise SystemExit(f"error: {program} is not on the PATH (Debian's packages wrk and util-linux; Node)")
        if not arguments.add:
            prepare(cache)
            results.forget()
        for _ in range(arguments.rounds):
            for model in models:
                for name in names(model):
                    if not arguments.only or name in arguments.only:
                        _once(cache, model, name, arguments.seconds, results)
    for model in models:
        print(table.render(model, results.found.get(model, {}), results.found.get("machine", "")), end="\n\n")
    return int(any(isinstance(found, str) for model in models for found in results.found.get(model, {}).values()))


def _once(cache: Path, model: str, name: str, seconds: float, results: Results) -> None:
    try:
        result = measure(cache, model, name, seconds)
    except ServerError as error:
        print(f"{model:8} {name:26} {error}", file=sys.stderr, flush=True)
        results.add(model, name, str(error).splitlines()[0])
        return
    told = "  ".join(f"{point} {result[point]['per_second']:,.0f}" for point in POINTS)
    print(f"{model:8} {name:26} {told}  {result['megabytes']:.0f} MB", flush=True)
    results.add(model, name, result)


def _machine() -> str:
    processors = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return f"{len(processors)} × {processors[0] if processors else platform.machine()}, Linux {platform.release()}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    say = parser.add_argument
    say("--cache", type=Path, default=CACHE, help="folder for environments, models and results")
    say("--model", choices=[*FILES], action="append", help="one table alone")
    say("--only", action="append", metavar="NAME", help="one server alone (repeatable), e.g. ours, MLServer")
    say("--rounds", type=int, default=3, help="how often each server is started and measured, in turn (3)")
    say("--seconds", type=int, default=5, help="length of each measurement (5)")
    say("--add", action="store_true", help="add rounds to the results that are there; the service is not emitted anew")
    say("--table", action="store_true", help="measure nothing, print the results that are there")
    say("--resolve", action="store_true", help="write versions.toml anew, with the newest versions, and stop")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
