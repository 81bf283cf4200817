"""The forms in which servers are asked and answer, by name: a request's body from rows, and what an answer says."""

import json
from collections.abc import Callable
from typing import Any

Rows = list[list[float]]
Found = tuple[list[int], Rows]
"""Labels [N] and probabilities [N, 2]; those are empty where the server tells labels alone."""


def body(form: str, rows: Rows, datatype: str) -> str:
    """The body that asks for the rows; `datatype` is FP32 or FP64, where the form names it."""
    if form == "infer":
        flat = [value for row in rows for value in row]
        tensor = {"name": "features", "shape": [len(rows), len(rows[0])], "datatype": datatype, "data": flat}
        return _short({"inputs": [tensor]})
    return _short({"rows" if form == "echo" else form: rows})


def found(form: str, answer: bytes) -> Found:
    """What an answer says."""
    return _READERS[form](json.loads(answer))


def _short(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _infer(answer: Any) -> Found:
    data = {tensor["name"]: tensor["data"] for tensor in answer["outputs"]}
    labels = next(data[name] for name in ("label", "labels", "prediction") if name in data)
    flat = data["probabilities"]
    return labels, [flat[at : at + 2] for at in range(0, len(flat), 2)]


def _named(answer: Any) -> Found:
    if isinstance(answer, list):  # label and probabilities, side by side
        return [int(row[0]) for row in answer], [row[1:] for row in answer]
    return answer["labels"], answer["probabilities"]


def _predictions(answer: Any) -> Found:
    told = answer["predictions"]
    if isinstance(told, dict):
        return told.get("labels") or told["label"], told["probabilities"]
    return told, []


_READERS: dict[str, Callable[[Any], Found]] = {
    "infer": _infer,
    "rows": _named,
    "instances": _predictions,
    "inputs": _predictions,
}
