"""What can be wrong with what people wrote, and where.

Every message names the place and the mend: `path:line:column: what — mend`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

_SURE = 0.8


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file; line and column count from 1, 0 means the file as a whole."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake: its place, what is wrong, and (where it can be said) the mend."""

    location: Location
    message: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.location}: {self.message}" + (f" — {self.mend}" if self.mend else "")


class StagedoorError(Exception):
    """Base of everything this program raises on purpose."""


class ConfigError(StagedoorError):
    """Rules, stance or catalogue cannot be used. Carries every problem, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """`did you mean "…"?` for the closest known word, or an empty string when none is close."""
    lowered = {option.lower(): option for option in known}
    wanted = word.lower()
    for found in get_close_matches(wanted, lowered, n=3, cutoff=0.6):
        # People rarely miss the first letter: "agent" is no slip of the pen for "get".
        if found[:1] == wanted[:1] or SequenceMatcher(None, found, wanted).ratio() > _SURE:
            return f'did you mean "{lowered[found]}"?'
    return ""


def listed(words: Iterable[str], most: int = 30) -> str:
    """`a, b, c`, cut with an ellipsis so that a message stays a line that can be read."""
    shown = list(words)
    return ", ".join(shown[:most]) + (", …" if len(shown) > most else "")
