"""The registry of measurements, and how their results are shown and written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    """`ratio` is ours divided by the direct way, so smaller is better; `detail` says what was measured."""

    name: str
    ratio: float
    detail: str


Measurement = Callable[[], list[Result]]
MEASUREMENTS: dict[str, Measurement] = {}


def measures(*names: str) -> Callable[[Measurement], Measurement]:
    """Register a function as the one that measures `names` together."""

    def register(function: Measurement) -> Measurement:
        for name in names:
            MEASUREMENTS[name] = function
        return function

    return register


def chosen(only: str | None) -> list[Measurement]:
    """The measurements whose name is `only` or begins with it and a dot; all without it. Each function once."""
    names = [name for name in MEASUREMENTS if only is None or name == only or name.startswith(f"{only}.")]
    if not names:
        raise SystemExit(f"There is no measurement {only!r}. There are: {', '.join(MEASUREMENTS)}")
    return list(dict.fromkeys(MEASUREMENTS[name] for name in names))


def show(results: list[Result]) -> None:
    width = max(len(result.name) for result in results)
    print(f"{'measurement':<{width}}  {'ratio':>6}  detail")
    for result in results:
        print(f"{result.name:<{width}}  {result.ratio:>6.2f}  {result.detail}")


def write_json(results: list[Result], file: Path) -> None:
    """One object a line: name, ratio, detail."""
    lines = [
        json.dumps({"name": result.name, "ratio": round(result.ratio, 4), "detail": result.detail})
        for result in results
    ]
    file.write_text("\n".join(lines) + "\n")
