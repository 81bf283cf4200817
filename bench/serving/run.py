"""Measures the emitted service beside other model servers, and prints by how much it is ahead: see README.md."""

import argparse
import json
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bodies
import client
import table
from environments import environment, resolve, uv
from server import Failure, Server

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
OURS = "ours"
ECHO = "bare echo"
BATCHING = " with batching"
MODELS = {"onnx": "model.onnx", "sklearn": "model.joblib"}
"""The file that the peers serve, by the name of the table."""
MODEL_TOOLS = ["scikit-learn", "skl2onnx", "onnx", "onnxruntime", "protobuf<7", "skops", "joblib", "numpy"]
POINTS = {"c1": (1, 1), "c16": (1, 16), "c64": (1, 64), "rows64": (64, 16)}
"""What is measured: rows in a request, and connections."""
PORT = 18080
CLOSE = 1e-6
"""How far a probability may be from the model's own: the float32's that the ONNX model answers are written in full."""


class Bench:
    """The servers, their models and what was measured so far, all below one folder."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self.peers: dict[str, dict[str, Any]] = tomllib.loads((HERE / "peers.toml").read_text(encoding="utf-8"))
        self._results = cache / "results.json"

    def wanted(self) -> dict[str, Sequence[str]]:
        """What each environment needs."""
        peers = {name: peer["requires"] for name, peer in self.peers.items() if "requires" in peer}
        return {"model": MODEL_TOOLS, **peers}

    def names(self, model: str) -> list[str]:
        """All servers of a table: ours, the peers, and those with batching where the model gains by it."""
        names = [OURS]
        for name, peer in self.peers.items():
            if name == ECHO and model != "onnx":
                continue
            names.append(name)
            if "batching" in peer:
                names.append(name + BATCHING)
        return names

    def prepare(self) -> None:
        """Make the models, and emit the service for each with this checkout."""
        models = self._cache / "models"
        if not (models / "sklearn/expected.json").exists():
            python = environment(self._cache, "model") / "python"
            subprocess.run([python, HERE / "model.py", models], check=True)
        for model, file in (("onnx", "model.onnx"), ("sklearn", "model.skops")):
            folder = self._cache / f"service-{model}"
            shutil.rmtree(folder, ignore_errors=True)
            arguments = [str(folder), "--model", str(models / model / file), "--level", "0", "--yes", "--skip-install"]
            cli = ["node", "generators/cli.ts", *arguments]
            subprocess.run(cli, cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)
            sync = [uv(), "sync", "--quiet", "--no-default-groups", "--compile-bytecode"]
            subprocess.run(sync, cwd=folder, check=True)

    def measure(self, model: str, name: str, seconds: float, keep: bool = True) -> dict[str, Any]:
        """Start a server, see that its answers are right, measure every point, stop it."""
        expected = json.loads((self._cache / "models" / model / "expected.json").read_text())
        command, folder, variables, path, form = self._start(model, name)
        datatype = "FP32" if model == "onnx" else "FP64"
        single = [bodies.body(form, [row], datatype) for row in expected["rows"]]
        full = bodies.body(form, expected["rows"], datatype)
        log = self._cache / f"log-{model}-{_slug(name)}.txt"
        server = Server(command, folder, variables, log, PORT)
        try:
            result: dict[str, Any] = {"cold_seconds": server.first_answer(path.format(rows=1), single[0])}
            if form != "echo":
                sizes = self._check(server, path, form, single, full, expected)
                if name == OURS:
                    (self._cache / f"sizes-{model}.json").write_text(json.dumps(sizes))
            for rows, connections in POINTS.values():
                self._point(path, rows, single, full, connections, 1)
            for point, (rows, connections) in POINTS.items():
                result[point] = self._point(path, rows, single, full, connections, seconds)
            result["megabytes"] = server.megabytes()
        finally:
            server.stop()
        if keep:
            self._keep(model, name, result)
        return result

    def _point(self, path: str, rows: int, single: list[str], full: str, connections: int, seconds: float) -> Any:
        asked = single if rows == 1 else [full]
        return client.measure(f"http://127.0.0.1:{PORT}{path.format(rows=rows)}", asked, connections, seconds)

    def _check(
        self, server: Server, path: str, form: str, single: list[str], full: str, expected: dict[str, Any]
    ) -> dict[int, int]:
        """See that a server answers what the model does, row by row and all at once. Returns its answers' sizes."""
        sizes: dict[int, int] = {}
        for body, rows in [(body, slice(at, at + 1)) for at, body in enumerate(single)] + [(full, slice(None))]:
            status, answer = server.ask(path, body)
            if status != 200:
                raise Failure(f"status {status}: {answer[:500]!r}")
            labels, probabilities = bodies.found(form, answer)
            wanted = expected["probabilities"][rows]
            same = len(probabilities) in (0, len(wanted)) and all(
                abs(a - b) < CLOSE for row, right in zip(probabilities, wanted) for a, b in zip(row, right, strict=True)
            )
            if [int(label) for label in labels] != expected["labels"][rows] or not same:
                raise Failure(f"wrong answer: {answer[:500]!r}")
            sizes[len(wanted)] = len(answer)
        return sizes

    def _start(self, model: str, name: str) -> tuple[list[str], Path, dict[str, str], str, str]:
        """Command, folder, variables, path and form of a server; what has to be there before is made."""
        if name == OURS:
            folder = self._cache / f"service-{model}"
            package = next(folder.glob("src/*/__main__.py")).parent.name
            manifest = json.loads((folder / "model/manifest.json").read_text())
            command = [str(folder / ".venv/bin/python"), "-m", package, "--port", str(PORT)]
            return command, folder, {"TELEMETRY_LEVEL": "standard"}, f"/v2/models/{manifest['name']}/infer", "infer"
        plain = name.removesuffix(BATCHING)
        peer = self.peers[plain]
        folder = self._cache / "work" / f"{model}-{_slug(name)}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        fill = {"bin": environment(self._cache, peer.get("share", plain)), "port": PORT, "folder": folder}
        variables = {"BENCH_MODEL": str(self._cache / "models" / model / MODELS[model]), "PYTHONPATH": str(HERE / "peers")}
        variables |= peer.get("variables", {}) | (peer["batching"] if name != plain else {})
        if name == ECHO:
            sizes = self._cache / f"sizes-{model}.json"
            if not sizes.exists():
                raise Failure(f"measure {OURS} first: the echo answers with as many bytes")
            variables["ECHO_BYTES"] = sizes.read_text()
        variables["PATH"] = f"{fill['bin']}:/usr/local/bin:/usr/bin:/bin"
        if "before" in peer:
            before = [part.format(**fill) for part in peer["before"]]
            subprocess.run(before, cwd=HERE / "peers", env=variables, check=True, stdout=subprocess.DEVNULL)
        command = [part.format(**fill) for part in peer["command"]]
        return command, HERE / "peers", variables, peer["ask"]["path"], peer["ask"]["form"]

    def results(self) -> dict[str, Any]:
        """What was measured so far: by model and server, a list with one entry a round, or the reason why there is none."""
        return json.loads(self._results.read_text()) if self._results.exists() else {}

    def forget(self) -> None:
        """Begin anew."""
        self._results.unlink(missing_ok=True)

    def _keep(self, model: str, name: str, result: dict[str, Any] | str) -> None:
        results = self.results()
        servers = results.setdefault(model, {})
        if isinstance(result, str):
            servers[name] = result
        else:
            rounds = servers.get(name)
            servers[name] = [*(rounds if isinstance(rounds, list) else []), result]
        self._results.write_text(json.dumps(results, indent=1))

    def fail(self, model: str, name: str, reason: str) -> None:
        """Write down why a server could not be measured."""
        self._keep(model, name, reason)


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower())


def main() -> int:
    """Do what the arguments say. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=CHECKOUT / "node_modules/.cache/ds-devops/bench", help="folder for environments, models and results")
    parser.add_argument("--model", choices=[*MODELS], action="append", help="the table: onnx, sklearn (both)")
    parser.add_argument("--only", action="append", metavar="NAME", help="measure this server alone (repeatable)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each server is started and measured (3)")
    parser.add_argument("--seconds", type=float, default=5, help="length of each measurement (5)")
    parser.add_argument("--add", action="store_true", help="add rounds to the results that are there, of the same service")
    parser.add_argument("--table", action="store_true", help="measure nothing, print the results that are there")
    parser.add_argument("--resolve", action="store_true", help="write versions.toml anew, with the newest versions")
    arguments = parser.parse_args()
    bench = Bench(arguments.cache.resolve())
    if arguments.resolve:
        resolve(bench.wanted())
        return 0
    models = arguments.model or [*MODELS]
    failed = False
    if not arguments.table:
        for program in ("wrk", "taskset", "node"):
            if not shutil.which(program):
                raise SystemExit(f"error: {program} is not on the PATH (Debian's packages: wrk, util-linux)")
        if not arguments.add:
            bench.prepare()
            bench.forget()
        for _ in range(arguments.rounds):
            for model in models:
                for name in bench.names(model):
                    if arguments.only and name not in arguments.only:
                        continue
                    try:
                        result = bench.measure(model, name, arguments.seconds)
                    except (Failure, subprocess.CalledProcessError) as error:
                        failed = True
                        print(f"{model:8} {name:28} {error}", file=sys.stderr, flush=True)
                        bench.fail(model, name, str(error).splitlines()[0])
                        continue
                    told = "  ".join(f"{point} {result[point]['per_second']:,.0f}" for point in POINTS)
                    print(f"{model:8} {name:28} {told}", flush=True)
    print(f"{platform.machine()}, Python {platform.python_version()}")
    for model in models:
        print(table.render(model, bench.results().get(model, {})))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
