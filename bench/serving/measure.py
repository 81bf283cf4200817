"""Measures one server: starts it, sees that its answers are the model's own, takes every figure, stops it."""

import json
from pathlib import Path
from typing import Any

import bodies
import client
from launch import PORT, launch, sizes_file, slug
from server import Server, ServerError
from table import OURS

POINTS = {"c1": (1, 1), "c16": (1, 16), "c64": (1, 64), "rows64": (64, 16)}
"""What is measured: rows in a request, and connections that ask without a pause."""
WARM_UP_SECONDS = 1
"""Each point is run for so long before the first is measured."""
CLOSE = 1e-6
"""How far a probability may be from the model's own."""


def measure(cache: Path, model: str, name: str, seconds: float) -> dict[str, Any]:
    """Measure a server once: by point what client.measure returns, and `cold_seconds` and `megabytes`.

    Raises:
        ServerError: it does not start, a request fails, or an answer is not the model's.
    """
    expected = json.loads((cache / "models" / model / "expected.json").read_text(encoding="utf-8"))
    how = launch(cache, model, name)
    datatype = "FP32" if model == "onnx" else "FP64"
    single = [bodies.body(how.form, [row], datatype) for row in expected["rows"]]
    full = bodies.body(how.form, expected["rows"], datatype)
    log = cache / f"log-{model}-{slug(name)}.txt"
    server = Server(how.command, how.folder, how.variables, log, PORT)

    def ask(rows: int, connections: int, seconds: float) -> dict[str, Any]:
        url = f"http://127.0.0.1:{PORT}{how.path.format(rows=rows)}"
        return client.measure(url, single if rows == 1 else [full], connections, seconds)

    try:
        result: dict[str, Any] = {"cold_seconds": server.first_answer(how.path.format(rows=1), single[0])}
        if how.form != "echo":
            sizes = {1: 0, len(expected["rows"]): 0}
            for at, body in enumerate(single):
                sizes[1] = max(sizes[1], _check(server, how.path, how.form, body, expected, slice(at, at + 1)))
            sizes[len(single)] = _check(server, how.path, how.form, full, expected, slice(None))
            if name == OURS:
                sizes_file(cache, model).write_text(json.dumps(sizes), encoding="utf-8")
        for rows, connections in POINTS.values():
            ask(rows, connections, WARM_UP_SECONDS)
        for point, (rows, connections) in POINTS.items():
            result[point] = ask(rows, connections, seconds)
        result["megabytes"] = server.megabytes()
        return result
    finally:
        server.stop()


def _check(server: Server, path: str, form: str, body: str, expected: dict[str, Any], rows: slice) -> int:
    """See that the answer for some of the rows is what the model's own library gives. Returns its length in bytes."""
    status, answer = server.ask(path, body)
    if status != 200:
        raise ServerError(f"status {status}: {answer[:500]!r}")
    labels, probabilities = bodies.found(form, answer)
    right = expected["probabilities"][rows]
    # No probabilities at all are allowed: mlflow tells the labels of a scikit-learn model alone.
    same = not probabilities or (
        [len(row) for row in probabilities] == [len(row) for row in right]
        and all(
            abs(one - other) < CLOSE
            for pair in zip(probabilities, right, strict=True)
            for one, other in zip(*pair, strict=True)
        )
    )
    if [int(label) for label in labels] != expected["labels"][rows] or not same:
        raise ServerError(f"answered something else than the model does: {answer[:500]!r}")
    return len(answer)
