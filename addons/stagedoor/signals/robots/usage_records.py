"""Records of robots.txt that say something about use, for a path: what Content-Usage and
Content-Signal share. Each is a list of labels with an answer, in robots.txt and in a header field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from stagedoor.signals.meaning import Answer, Said, Statement, Use
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
class UsageWords:
    """One standard's way of saying it: the name of its field and record, and its words.

    `labels` give each of its words the use it is about, `answers` each answer its spelling. `parse`
    reads a value. `aware`: it is read by those who know AIPREF, see `Robots.aware`.
    """

    standard: str
    name: str
    labels: Mapping[str, Use]
    answers: Mapping[Answer, str]
    parse: Callable[[str | bytes], Said]
    aware: bool = False

    # -- read --------------------------------------------------------------------------------------

    def read(
        self, value: str | bytes, where: str = "header", agent: str = "*"
    ) -> tuple[Statement, ...]:
        """What a value says; several field lines are joined with commas before."""
        return (Statement(self.standard, where, self.parse(value), text_of(value), agent),)

    def read_fields(self, fields: Iterable[tuple[str, str]]) -> tuple[Statement, ...]:
        """What the header fields (name, value) of one response say."""
        values = [value for _, value in fields]
        return self.read(", ".join(values)) if values else ()

    def scope(self, record: Record) -> Scope | None:
        """One record as path and answers; None where it is another's.

        `/press/ train-ai=y` has two parts; a value that begins otherwise is for the whole site.
        """
        if record.name != self.name.lower():
            return None
        if not record.value.startswith(b"/"):
            return Scope(b"", self.parse(record.value), record)
        path, *rest = record.value.split(maxsplit=1)
        return Scope(pattern(path), self.parse(rest[0]) if rest else Said(), record)

    def heard(self, robots: Robots, token: str, path: str | bytes) -> tuple[Statement, ...]:
        """What the longest matching records say to one crawler, in the order of the file."""
        if self.aware:
            robots = robots.aware or robots

        def make(groups: tuple[Group, ...]) -> Longest[Scope]:
            return Longest(
                (scope.path, scope)
                for group in groups
                for record in group.records
                if (scope := self.scope(record)) is not None
            )

        table = compiled(robots, token, self.standard, make)
        agent = token if robots.names(token) else "*"
        return tuple(
            Statement(self.standard, PATH, scope.said, scope.record.text, agent)
            for scope in sorted(table.match(requested(path)), key=lambda scope: scope.record.number)
        )

    # -- written -----------------------------------------------------------------------------------

    def write(self, said: Said) -> str:
        """The value; empty where nothing is said."""
        return ", ".join(
            f"{label}={self.answers[answer]}"
            for label, use in self.labels.items()
            if (answer := said.about(use)) is not None
        )

    def write_robots(self, said: Said, path: str = "") -> str:
        """The line of robots.txt, without its end; empty where nothing is said."""
        value = self.write(said)
        return " ".join(filter(None, (f"{self.name}:", path, value))) if value else ""

    def refusal(self, use: Use) -> str:
        """How it says no to one use."""
        label = next(label for label, named in self.labels.items() if named == use)
        return f"{label}={self.answers['no']}"


def text_of(value: str | bytes) -> str:
    """A value's very words, for evidence."""
    return value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")
