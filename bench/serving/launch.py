"""What has to be there before a server is measured, and how it is started; peers.toml tells that of the peers."""

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments import environment, uv
from server import ServerError
from table import BATCHING, ECHO, OURS

HERE = Path(__file__).parent
PEERS: dict[str, dict[str, Any]] = tomllib.loads((HERE / "peers.toml").read_text(encoding="utf-8"))
FILES = {"onnx": ("model.onnx", "model.onnx"), "sklearn": ("model.skops", "model.joblib")}
"""The file of each table's model for the service, and for the peers."""
PORT = 18080
_MODEL_TOOLS = ("scikit-learn", "skl2onnx", "onnx", "onnxruntime", "protobuf<7", "skops", "joblib", "numpy")


@dataclass(frozen=True)
class Launch:
    """How a server is started and asked; `path` takes the number of `rows`."""

    command: list[str]
    folder: Path
    variables: dict[str, str]
    path: str
    form: str


def names(model: str) -> list[str]:
    """All servers of a model's table, ours first; the echo needs no model and stands in the first table alone."""
    found = [OURS]
    for name, peer in PEERS.items():
        if name == ECHO and model != "onnx":
            continue
        found += [name, name + BATCHING] if "batching" in peer else [name]
    return found


def requirements() -> dict[str, Sequence[str]]:
    """What each environment is to hold."""
    return {"model": _MODEL_TOOLS} | {name: peer["requires"] for name, peer in PEERS.items() if "requires" in peer}


def prepare(cache: Path) -> None:
    """Make the models, if they are not there, and emit the service for each with this checkout, as it is now."""
    models = cache / "models"
    if not (models / "sklearn/expected.json").exists():
        subprocess.run([environment(cache, "model") / "python", HERE / "model.py", models], check=True)
    for model, (file, _) in FILES.items():
        folder = cache / f"service-{model}"
        shutil.rmtree(folder, ignore_errors=True)
        flags = ["--model", str(models / model / file), "--level", "0", "--yes", "--skip-install"]
        emit = ["node", "generators/cli.ts", str(folder), *flags]
        subprocess.run(emit, cwd=HERE.parents[1], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([uv(), "sync", "--quiet", "--no-default-groups", "--compile-bytecode"], cwd=folder, check=True)
    # The one type in this model that skops does not trust by itself; we know where the model comes from.
    (cache / "service-sklearn/model/trusted_types.txt").write_text("sklearn.tree._tree.Tree\n")


def launch(cache: Path, model: str, name: str) -> Launch:
    """How a server is started; its folder and its own form of the model are made.

    Raises:
        ServerError: what it needs is not there.
    """
    if name == OURS:
        return _ours(cache / f"service-{model}")
    plain = name.removesuffix(BATCHING)
    peer = PEERS[plain]
    own = cache / "work" / f"{model}-{slug(name)}"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    programs = environment(cache, peer.get("share", plain))
    variables = {
        "BENCH_MODEL": str(cache / "models" / model / FILES[model][1]),
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": str(HERE / "peers"),
        **peer.get("variables", {}),
        **(peer["batching"] if name != plain else {}),
    }
    if name == ECHO:
        sizes = sizes_file(cache, model)
        if not sizes.exists():
            raise ServerError(f"measure {OURS} first: the echo answers with as many bytes")
        variables["ECHO_BYTES"] = sizes.read_text()

    def fill(command: Sequence[str]) -> list[str]:
        return [part.format(bin=programs, port=PORT, folder=own) for part in command]

    if "before" in peer:
        done = subprocess.run(
            fill(peer["before"]), cwd=HERE / "peers", env=variables, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ServerError(f"what is run before it failed: {done.stderr[-500:]}")
    return Launch(fill(peer["command"]), HERE / "peers", variables, peer["ask"]["path"], peer["ask"]["form"])


def sizes_file(cache: Path, model: str) -> Path:
    """Where the lengths of our answers are kept, by the number of rows."""
    return cache / f"sizes-{model}.json"


def slug(name: str) -> str:
    """A server's name as that of a file."""
    return re.sub(r"\W+", "-", name.lower())


def _ours(folder: Path) -> Launch:
    """As `poe serve` starts it: metrics, request ids and the log of every request are on."""
    package = next(folder.glob("src/*/__main__.py")).parent.name
    manifest = json.loads((folder / "model/manifest.json").read_text(encoding="utf-8"))
    command = [str(folder / ".venv/bin/python"), "-m", package, "--port", str(PORT)]
    return Launch(command, folder, {"TELEMETRY_LEVEL": "standard"}, f"/v2/models/{manifest['name']}/infer", "infer")
