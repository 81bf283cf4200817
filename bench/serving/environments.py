"""Virtual environments of the servers, each by itself, at the versions of versions.toml; kept from run to run."""

import hashlib
import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
VERSIONS = HERE / "versions.toml"
PYTHON = "3.11"


def uv() -> str:
    """The uv of the machine, else the one that the checkout's tests have installed."""
    own = HERE.parents[1] / "node_modules/.cache/ds-devops/uv/bin/uv"
    found = shutil.which("uv") or (str(own) if own.exists() else None)
    if not found:
        raise SystemExit("error: uv is not on the PATH; install it, e.g. by `python3 -m pip install uv`")
    return found


def environment(cache: Path, name: str) -> Path:
    """The folder with the programs of an environment, made if it is not there as versions.toml has it."""
    pins = tomllib.loads(VERSIONS.read_text(encoding="utf-8"))[name]
    digest = hashlib.sha256(json.dumps(pins).encode()).hexdigest()
    folder = cache / "environments" / name.lower().replace(" ", "-")
    mark = folder / "made-of"
    if not mark.exists() or mark.read_text() != digest:
        print(f"installing {name} …", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        _run("venv", "--quiet", "--python", PYTHON, str(folder))
        _run(
            "pip",
            "install",
            "--quiet",
            "--compile-bytecode",
            "--python",
            str(folder / "bin/python"),
            "--no-deps",
            *pins,
        )
        mark.write_text(digest)
    return folder / "bin"


def resolve(wanted: dict[str, Sequence[str]]) -> None:
    """Write versions.toml anew, with the newest versions that fit together."""
    text = "# Written by `python3 run.py --resolve`: each environment with all that is in it.\n"
    for name, requirements in wanted.items():
        command = [uv(), "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--python-version", PYTHON, "-"]
        done = subprocess.run(command, input="\n".join(requirements), capture_output=True, text=True, check=True)
        pins = [line for line in done.stdout.splitlines() if line and not line.startswith("#")]
        text += f"\n{json.dumps(name)} = [\n" + "".join(f"  {json.dumps(pin)},\n" for pin in pins) + "]\n"
    VERSIONS.write_text(text, encoding="utf-8")


def _run(*arguments: str) -> None:
    subprocess.run([uv(), *arguments], check=True, env={**os.environ, "VIRTUAL_ENV": ""})
