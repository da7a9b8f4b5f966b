"""Problems in what people wrote: what is wrong, where, and the fix.

Every message names the place and the fix: `path:line:column: what — fix`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

_SURE = 0.8
MANY = 100
"""Mistakes reported at once: a file with more repeats one mistake, or is the wrong file."""
_LONGEST = 400
"""Characters of a message (one that lists all purposes has 340); a fix may be three times as long.
Nobody reads a quoted megabyte."""
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What would break the line, steer a terminal, or turn the direction of what follows."""


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
    """One mistake: its place, what is wrong, and (where it can be said) the fix.

    Both may quote what stands in the file; they are made safe to print, and short.
    """

    location: Location
    message: str
    fix: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", _printable(self.message, _LONGEST))
        object.__setattr__(self, "fix", _printable(self.fix, 3 * _LONGEST))

    def __str__(self) -> str:
        return f"{self.location}: {self.message}" + (f" — {self.fix}" if self.fix else "")


class StagedoorError(Exception):
    """Base of everything this program raises on purpose."""


class ConfigError(StagedoorError):
    """Rules, stance or catalogue cannot be used. Carries every problem (of many, the first)."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(first_of(problems))
        super().__init__("\n".join(map(str, self.problems)))


def enough(problems: Sequence[Problem]) -> bool:
    """Whether there are so many already that looking for more helps nobody."""
    return len(problems) > MANY


def first_of(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, in the order of files and lines; of many the first, and that it is so."""
    found = sorted(set(problems))
    if len(found) <= MANY:
        return found
    last = found[MANY - 1].location
    return [*found[:MANY], Problem(last, "more follow, which are not reported", "fix these first")]


def _printable(text: str, longest: int) -> str:
    """`text` on one line, cut in its middle: quotes are long, what is said of them comes last."""
    if len(text) > longest:
        text = f"{text[: longest * 2 // 3]} … {text[-(longest // 3 - 3) :]}"
    return text if text.isprintable() else _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


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
