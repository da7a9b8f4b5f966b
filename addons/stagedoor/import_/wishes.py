"""Wishes: what is read from every kind of file, one for each client it names.

A reader makes wishes and says what cannot become one; `carrying` makes rules of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from stagedoor.model.errors import Location, Problem
from stagedoor.model.facts import Purpose


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression (RE2), searched for anywhere in a text."""

    pattern: str


@dataclass(frozen=True, slots=True)
class About:
    """What a list says about a crawler, for its entry in the catalogue."""

    purpose: Purpose = "robot"
    operator: str = ""
    docs: str = ""
    note: str = ""
    robots: Literal["obeys", "partly", "ignores", "unknown"] = "unknown"


@dataclass(frozen=True, slots=True)
class Named:
    """Any client with this word in its user agent.

    `otherwise` is looked for instead where the word alone would hit others, too.
    """

    token: str
    about: About = About()
    otherwise: str | Expression = ""


@dataclass(frozen=True, slots=True)
class Written:
    """Any client whose user agent is this text (`*` anything, any case), or matches this expression."""

    agent: str | Expression


@dataclass(frozen=True, slots=True)
class Robots:
    """Every crawler besides those named: `User-agent: *`."""

    besides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Anybody:
    """Any client: an address, a header or a path decides."""


Who = Named | Written | Robots | Anybody


@dataclass(frozen=True, slots=True)
class Wish:
    """Who is to be let in, noted or refused, and where.

    `paths` are globs, or one expression; none means the whole site. `sample` is a path it holds
    for. Wishes of one `group` that differ in `who` alone become one rule. `label` is what its
    author called it. Addresses are networks (`192.0.2.0/24`).
    """

    at: Location
    action: str
    """A word of the table of actions."""
    who: Who
    sample: str = "/music/a.mp3"
    paths: tuple[str, ...] | Expression = ()
    besides: tuple[str, ...] = ()
    """Globs it does not hold for."""
    addresses: tuple[str, ...] = ()
    headers: tuple[tuple[str, Expression | None], ...] = ()
    """None: the header is there, whatever it says."""
    group: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a reader made of a file. `left` cannot become a wish; `so` holds without a rule."""

    wishes: tuple[Wish, ...] = ()
    left: tuple[Problem, ...] = ()
    so: tuple[Problem, ...] = ()


Beside = Mapping[str, tuple[tuple[str, bytes], ...]]
"""What a file includes: its words for it → the files' names and bytes; missing where not found."""

Reader = Callable[[str, bytes, Beside], Found]
"""A file's name, its bytes, and what lies beside it → what it wishes."""


def lines_of(data: bytes) -> list[str]:
    """The lines of a text file in whatever encoding, without a byte order mark."""
    return data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
