"""One run of a program through a guard, what came of it, and the two tables."""

from __future__ import annotations

import importlib.util
import json
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .grounds import Grounds, Visit
from .installed import found
from .recordings import CACHE

WIDTH = 132
FACTS: Mapping[str, tuple[str, str]] = {
    "ahead": ("household", "ahead"),
    "network": ("network", "ahead"),
    "whole": ("agent", "whole_recordings"),
    "begun": ("household", "begun_recordings"),
    "walk": ("household", "sequential_walk"),
    "episodes": ("household", "episodes"),
    "ranges": ("household", "whole_file_by_ranges"),
    "segments": ("household", "segments_without_playlist"),
    "ignored": ("household", "ignored"),
    "tripped": ("agent", "tripped"),
}
"""Column → scope and fact."""


@dataclass(frozen=True)
class Got:
    """What a program itself has to show: `ok` where it came to its end, `whole` recordings `of` so many.

    `begun` is how many recordings the guard must have seen it begin.
    """

    ok: bool = True
    whole: int = 0
    of: int = 100
    begun: int = 0
    said: str = ""


@dataclass(frozen=True)
class Run:
    """A program to let loose. `needs` are commands, `module:` of Python or `npm:` packages."""

    name: str
    act: Callable[[Visit], Got]
    needs: Sequence[str] = ()
    aim: int | None = None
    """Whole recordings that the project wants a taker to get at most."""

    @property
    def missing(self) -> list[str]:
        """What is needed and not here."""
        return [name for name in self.needs if not _is_here(name)]


def _is_here(name: str) -> bool:
    kind, _, rest = name.partition(":")
    if kind == "module":
        return importlib.util.find_spec(rest) is not None
    if kind == "npm":
        return (CACHE / "node_modules" / rest).exists()
    return found(name) is not None


@dataclass
class Outcome:
    """What came of one run at one front."""

    name: str
    front: str
    got: Got | None
    """None where it was not run."""
    facts: dict[str, float] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    aim: int | None = None
    missing: Sequence[str] = ()

    @property
    def disturbed(self) -> bool:
        """Whether a listener had less than it wanted."""
        if self.got is None:
            return False
        begun = max(self.facts.get("begun", 0), self.facts.get("episodes", 0))
        return bool(self.refused) or not self.got.ok or begun < self.got.begun


def let_loose(run: Run, grounds: Grounds) -> tuple[Outcome, Visit | None]:
    """Do it. Facts and refusals are added by `settle`, when the guard has stopped."""
    if run.missing:
        return Outcome(run.name, grounds.front, None, aim=run.aim, missing=run.missing), None
    visit, began = grounds.visit(), time.monotonic()
    try:
        got = run.act(visit)
    except Exception as error:  # noqa: BLE001 (one program that fails must not end all others)
        got = Got(ok=False, said=f"{type(error).__name__}: {error}")
    seconds = time.monotonic() - began
    return Outcome(run.name, grounds.front, got, seconds=seconds, aim=run.aim), visit


def settle(outcome: Outcome, grounds: Grounds, networks: Iterable[str]) -> None:
    """Add what the guard remembered and refused."""
    for network in networks:
        facts = grounds.facts(network)
        for column, (scope, fact) in FACTS.items():
            value = facts.get(scope, {}).get(fact, 0.0)
            outcome.facts[column] = max(outcome.facts.get(column, 0.0), value)
        for rule, count in grounds.refused(network).items():
            outcome.refused[rule] = outcome.refused.get(rule, 0) + count


@dataclass
class Audience:
    """All outcomes."""

    listeners: list[Outcome]
    takers: list[Outcome]
    at: str = field(default_factory=lambda: time.strftime("%Y-%m-%d", time.gmtime()))

    @property
    def disturbed(self) -> list[Outcome]:
        """Listeners that had less than they wanted."""
        return [one for one in self.listeners if one.disturbed]

    def write(self, path: Path) -> None:
        """Everything as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content: dict[str, Any] = {"at": self.at, "system": platform.platform()}
        for name in ("listeners", "takers"):
            content[name] = [asdict(one) for one in getattr(self, name)]
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")

    def print(self, console: Console) -> None:
        """The two tables."""
        console.width = WIDTH
        _print_listeners(console, self.listeners)
        _print_takers(console, self.takers)
        for one in self.listeners + self.takers:
            if one.got is None:
                needs = ", ".join(one.missing)
                console.print(f"not run: {one.name}, {one.front} (not here: {needs})", markup=False)
        for one in self.disturbed:
            said = one.got.said if one.got else ""
            console.print(f"disturbed: {one.name}, {one.front}: {one.refused} {said}", markup=False)


def _print_listeners(console: Console, outcomes: Sequence[Outcome]) -> None:
    table = Table(title="Listeners: how far each fact rose", title_justify="left", box=None)
    table.add_column("listener")
    table.add_column("front")
    table.add_column("disturbed")
    for column in FACTS:
        table.add_column(column, justify="right")
    for one in outcomes:
        if one.got is None:
            continue
        facts = [f"{one.facts.get(column, 0):,.0f}" for column in FACTS]
        table.add_row(escape(one.name), one.front, "YES" if one.disturbed else "no", *facts)
    console.print(table)


def _print_takers(console: Console, outcomes: Sequence[Outcome]) -> None:
    table = Table(title="Takers: recordings that each had whole", title_justify="left", box=None)
    for column in ("taker", "front", "had", "of", "aim", "s", "stopped by"):
        table.add_column(column)
    for one in outcomes:
        if one.got is None:
            continue
        rules = ", ".join(one.refused) or "nothing"
        if not one.got.ok:
            rules += f" ({one.got.said[:60]})"
        aim = "" if one.aim is None else f"≤ {one.aim}"
        over = one.aim is not None and one.got.whole > one.aim
        numbers = (f"{one.got.whole}{' !' if over else ''}", str(one.got.of), aim)
        table.add_row(escape(one.name), one.front, *numbers, f"{one.seconds:.0f}", escape(rules))
    console.print(table)
