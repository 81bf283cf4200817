"""The tables: medians over the rounds, how far the service is ahead of each server, and what was aimed at."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

OURS = "ours"
ECHO = "bare echo"
BATCHING = " with batching"
Round = dict[str, Any]

AIMS: dict[str, dict[str, float]] = {
    "onnx": {
        "MLServer": 9,
        "BentoML": 20,
        "Ray Serve": 8,
        "KServe": 10,
        "KServe by V2": 10,
        "LitServe": 12,
        "mlflow models serve": 12,
        "FastAPI": 2,
        ECHO: 0.5,
    },
    "sklearn": dict.fromkeys(
        ("MLServer", "BentoML", "Ray Serve", "KServe", "KServe by V2", "LitServe", "mlflow models serve", "FastAPI"), 4
    ),
}
"""Requests per second at 16 connections, in times those of the other, at least; with or without batching of its own."""
FULL_AIM = 3
"""The same for requests of 64 rows, against every server but:"""
FULL_AIMS: dict[str, float] = {"FastAPI": 2, ECHO: 0}
COLD_AIM = 1.0
"""Seconds from the start of the process to its first answer, at most."""


@dataclass(frozen=True)
class Column:
    """One figure of each server."""

    title: str
    value: Callable[[Round], float]
    format: str
    more: bool = False
    """Whether more is better."""


COLUMNS = (
    Column("1", lambda found: found["c1"]["per_second"], ",.0f", True),
    Column("16", lambda found: found["c16"]["per_second"], ",.0f", True),
    Column("64", lambda found: found["c64"]["per_second"], ",.0f", True),
    Column("64 rows", lambda found: found["rows64"]["per_second"], ",.0f", True),
    Column("p50 at 1, ms", lambda found: found["c1"]["p50_ms"], ".3f"),
    Column("p99 at 1, ms", lambda found: found["c1"]["p99_ms"], ".3f"),
    Column("p99 at 64, ms", lambda found: found["c64"]["p99_ms"], ".2f"),
    Column("MB", lambda found: found["megabytes"], ".0f"),
    Column("cold s", lambda found: found["cold_seconds"], ".2f"),
)
AT_1, AT_16, AT_64, FULL, P50_AT_1, P99_AT_1, P99_AT_64, MEMORY, COLD = range(len(COLUMNS))


def render(model: str, servers: dict[str, list[Round] | str], machine: str) -> str:
    """All that was measured with one model, in Markdown; a server has its rounds, or the reason why it has none."""
    figures = {
        name: [median(column.value(found) for found in rounds) for column in COLUMNS]
        for name, rounds in servers.items()
        if not isinstance(rounds, str)
    }
    rounds = {len(found) for found in servers.values() if not isinstance(found, str)}
    lines = [
        f"## {model}",
        "",
        f"Requests per second at 1, 16 and 64 connections (with 64 rows at 16); medians; rounds: {_range(rounds)}.",
        f"{machine}.",
        "",
    ]
    lines += [_row("server", *(column.title for column in COLUMNS)), _row(*["---"] * (len(COLUMNS) + 1))]
    for name, found in servers.items():
        if isinstance(found, str):
            lines.append(_row(name, f"not measured: {found}", *[""] * (len(COLUMNS) - 1)))
            continue
        lines.append(
            _row(name, *(format(value, column.format) for value, column in zip(figures[name], COLUMNS, strict=True)))
        )
    if OURS not in figures:
        return "\n".join(lines)
    ours = figures.pop(OURS)
    lines += ["", "How many times better ours is (more than 1: ours is ahead):", ""]
    lines += [_row("than", *(column.title for column in COLUMNS)), _row(*["---"] * (len(COLUMNS) + 1))]
    for name, theirs in figures.items():
        lines.append(_row(name, *(f"{_ahead(*pair):.2f}" for pair in zip(COLUMNS, ours, theirs, strict=True))))
    lines += ["", *_aims(model, ours, figures)]
    return "\n".join(lines)


def _aims(model: str, ours: list[float], figures: dict[str, list[float]]) -> list[str]:
    """One line for each aim: met or missed."""
    lines = []

    def say(met: bool, text: str) -> None:
        lines.append(f"- {'met' if met else '**missed**'}: {text}")

    for name, theirs in figures.items():
        plain = name.removesuffix(BATCHING)
        times = ours[AT_16] / theirs[AT_16]
        aim = AIMS[model][plain]
        say(times >= aim, f"{times:.2f} × {name} at 16 connections, aim {aim}")
        full_aim = FULL_AIMS.get(plain, FULL_AIM)
        if model == "onnx" and full_aim:
            times = ours[FULL] / theirs[FULL]
            say(times >= full_aim, f"{times:.2f} × {name} with 64 rows, aim {full_aim}")
    peers = {name: theirs for name, theirs in figures.items() if name != ECHO}
    for column in (P99_AT_1, P99_AT_64, MEMORY):
        better = [name for name, theirs in peers.items() if theirs[column] <= ours[column]]
        say(
            not better, f"{COLUMNS[column].title} below every peer's" + (f", but {', '.join(better)}" if better else "")
        )
    say(ours[COLD] < COLD_AIM, f"cold start {ours[COLD]:.2f} s, aim {COLD_AIM:g}")
    return lines


def _ahead(column: Column, ours: float, theirs: float) -> float:
    return ours / theirs if column.more else theirs / ours


def _range(counts: set[int]) -> str:
    return f"{min(counts, default=0)}" if len(counts) < 2 else f"{min(counts)} to {max(counts)}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
