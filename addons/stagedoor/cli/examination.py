"""One thing that `stagedoor setup` or `stagedoor doctor` has looked at, as a line for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["good", "warning", "bad", "unknown"]
_MARKS: Mapping[Outcome, str] = {"good": "✓", "warning": "!", "bad": "✗", "unknown": "–"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and what to do about it; `unknown`: it could not be looked at."""

    outcome: Outcome
    text: str
    fix: str = ""

    @property
    def failed(self) -> bool:
        """Whether something has to be done."""
        return self.outcome == "bad"

    def __str__(self) -> str:
        fix = f" — {self.fix}" if self.fix else ""
        return f"{_MARKS[self.outcome]} {self.text}{fix}"


def good(text: str) -> Finding:
    """It is as it should be."""
    return Finding("good", text)


def warning(text: str, fix: str = "") -> Finding:
    """It works, and should be another way."""
    return Finding("warning", text, fix)


def bad(text: str, fix: str) -> Finding:
    """It does not work, or undoes the guard's work."""
    return Finding("bad", text, fix)


def unknown(text: str, fix: str = "") -> Finding:
    """It could not be looked at."""
    return Finding("unknown", text, fix)
