"""Records of robots.txt that say something about use, for a path: what Content-Usage and
Content-Signal share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stagedoor.signals.meaning import Said, Statement
from stagedoor.signals.robots.access import PATH, compiled
from stagedoor.signals.robots.lines import Group, Record, Robots
from stagedoor.signals.robots.path_rules import Longest, pattern, requested


@dataclass(frozen=True, slots=True)
class Scope:
    """What a record says, and for which paths: a pattern, empty for the whole site."""

    path: bytes
    said: Said
    record: Record


@dataclass(frozen=True, slots=True)
class Spoken:
    """One standard's way of speaking in robots.txt."""

    standard: str
    scope: Callable[[Record], Scope | None]


def scopes(record: Record, name: str, parse: Callable[[bytes], Said]) -> Scope | None:
    """`/press/ train-ai=y` in its two parts; a value that begins otherwise is for the whole site."""
    if record.name != name:
        return None
    if not record.value.startswith(b"/"):
        return Scope(b"", parse(record.value), record)
    path, *rest = record.value.split(maxsplit=1)
    return Scope(pattern(path), parse(rest[0]) if rest else Said(), record)


def spoken(robots: Robots, token: str, path: str | bytes, how: Spoken) -> tuple[Statement, ...]:
    """What the longest matching records say to one crawler, in the order of the file."""

    def make(groups: tuple[Group, ...]) -> Longest[Scope]:
        return Longest(
            (scope.path, scope)
            for group in groups
            for record in group.records
            if (scope := how.scope(record)) is not None
        )

    table = compiled(robots, token, how.standard, make)
    agent = token if robots.names(token) else "*"
    return tuple(
        Statement(how.standard, PATH, scope.said, scope.record.text, agent)
        for scope in sorted(table.match(requested(path)), key=lambda scope: scope.record.number)
    )


def text_of(value: str | bytes) -> str:
    """A value's very words, for evidence."""
    return value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")
