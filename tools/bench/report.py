"""Figures in pairs, their ratios, the table people read and the JSON programs read."""

from __future__ import annotations

import json
import math
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

Unit = Literal["/s", "ms", "µs", "MB", "MB/s"]
_SCALE: Mapping[Unit, float] = {"/s": 1, "ms": 1e3, "µs": 1e6, "MB": 1e-6, "MB/s": 1e-6}
WIDTH = 80


@dataclass(slots=True)
class Figure:
    """One figure of both sides, measured in pairs. `wanted` is what the project asks of it."""

    name: str
    unit: Unit
    better: Literal["more", "less"]
    wanted: str = ""
    base: list[float] = field(default_factory=list)
    guard: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """Guard to base, pair by pair; none where one side was not, or could not be, measured."""
        pairs = zip(self.base, self.guard, strict=False)
        return [guard / base for base, guard in pairs if base > 0]

    def as_json(self) -> dict[str, Any]:
        """In base units: seconds, bytes, requests and bytes a second."""
        ratios = self.ratios
        summary = (
            {"median": median(ratios), "min": min(ratios), "max": max(ratios)} if ratios else None
        )
        return {
            "name": self.name,
            "better": self.better,
            "wanted": self.wanted,
            "base": self.base,
            "guard": self.guard,
            "ratio": summary,
        }


@dataclass(slots=True)
class Report:
    """Everything one run found out; `notes` are sentences below the table."""

    title: str
    sides: tuple[str, str]
    figures: Sequence[Figure]
    notes: list[str]
    facts: dict[str, Any] = field(default_factory=dict)

    def print(self, console: Console) -> None:
        """The table and the notes, at most 80 columns wide."""
        table = Table(title=self.title, title_justify="left", box=None, pad_edge=False, width=WIDTH)
        table.add_column("", ratio=1)
        for name in self.sides:
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("ratio", justify="right", style="bold", no_wrap=True)
        table.add_column("min – max", justify="right", no_wrap=True)
        for figure in self.figures:
            table.add_row(*map(escape, _row(figure)))
        console.print(table)
        for note in self.notes:
            console.print(note, soft_wrap=False, width=WIDTH, highlight=False, markup=False)

    def write(self, path: Path) -> None:
        """The same, and every single sample, as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "what": self.title,
            "sides": self.sides,
            **self.facts,
            "figures": [figure.as_json() for figure in self.figures],
            "notes": self.notes,
        }
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _row(figure: Figure) -> tuple[str, ...]:
    arrow = "↑" if figure.better == "more" else "↓"
    name = f"{arrow} {figure.name}" + (f"  [{figure.wanted}]" if figure.wanted else "")
    values = (_shown(figure.base, figure.unit), _shown(figure.guard, figure.unit))
    ratios = figure.ratios
    if not ratios:
        return (name, *values, "", "")
    spread = f"{_ratio(min(ratios))} – {_ratio(max(ratios))}" if len(ratios) > 1 else ""
    return (name, *values, f"{_ratio(median(ratios))} ×", spread)


def _shown(samples: Sequence[float], unit: Unit) -> str:
    if not samples:
        return "–"
    value = median(samples)
    if unit == "ms" and 0 < value < 1e-6:  # the loop, beside something that takes long
        unit = "µs"
    return f"{_digits(value * _SCALE[unit])} {unit}"


def _ratio(value: float) -> str:
    return f"{value:.2f}" if 0.1 <= value < 100 else _digits(value)


def _digits(value: float) -> str:
    """Three digits are more than such a measurement is worth."""
    if value == 0 or not math.isfinite(value):
        return f"{value:.0f}"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"


def surroundings() -> dict[str, Any]:
    """What else a reader of the figures needs to know."""
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cpus": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "load": list(os.getloadavg()),
        "python": platform.python_version(),
        "mitmproxy": version("mitmproxy"),
        "system": platform.platform(),
    }
