"""Bytes of a robots.txt → groups and records, as RFC 9309 has it, and nothing thrown away.

A group is one or more `User-agent` lines and the rules below them, up to the next `User-agent`
line. A record that is not known (Sitemap, Crawl-delay, Content-Signal, License …) is kept with its
line number and neither begins nor ends anything.

Content-Usage is a rule for those who know AIPREF (draft-ietf-aipref-attach-05: `rule =/
content-usage`) and an unknown record for all others. Between two `User-agent` lines it makes two
groups of one. Where the two readings differ a file has both; see `Robots.aware`.

What is read is hostile until proven otherwise: octets are never decoded for deciding, what lies
beyond `MOST_OCTETS` is not read (nor a line cut by that limit, which could mean something else),
and a line is looked at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

MOST_OCTETS = 500 * 1024
"""RFC 9309, section 2.5: the least that a parser must read; Google reads no more than that."""
BOM = b"\xef\xbb\xbf"

_RULES = frozenset({"allow", "disallow"})
_AWARE_RULES = _RULES | {"content-usage"}
_KNOWN = _RULES | {"user-agent"}
_TOKEN = re.compile(rb"\*(?!\S)|[A-Za-z0-9._-]+")
"""RFC 9309 has letters, `_` and `-` only; crawlers called AI2Bot or 360Spider are real."""


@dataclass(frozen=True, slots=True)
class Record:
    """`name: value` on line `number` (from 1); the name in small letters."""

    number: int
    name: str
    value: bytes
    line: bytes
    """As it stands in the file, without a comment."""

    @property
    def text(self) -> str:
        """The line, for people and for evidence."""
        return self.line.decode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class Group:
    """Whom it speaks to (tokens in small letters, `*` for everybody), and what it says."""

    agents: tuple[str, ...]
    records: tuple[Record, ...]
    first_line: int
    last_agent_line: int

    @property
    def rules(self) -> Iterator[Record]:
        """Its Allow and Disallow records."""
        return (record for record in self.records if record.name in _RULES)

    def called(self, name: str) -> Iterator[Record]:
        """Its records of one name."""
        return (record for record in self.records if record.name == name)


@dataclass(frozen=True, slots=True)
class Robots:
    """A robots.txt. `loose` are records before the first group; rules among them bind nobody."""

    groups: tuple[Group, ...] = ()
    loose: tuple[Record, ...] = ()
    truncated: bool = False
    nothing_allowed: bool = False
    """No file could be had: see `robots.reads_as`."""
    audiences: tuple[tuple[Group, ...], ...] = ((),)
    """Groups that speak to the same crawlers; the first for those whom none names."""
    by_agent: Mapping[str, int] = field(default_factory=dict, hash=False)
    """The number of a token's audience."""
    aware: Robots | None = None
    """The file as those read it who know AIPREF; None where they read the same."""
    compiled: dict[object, object] = field(default_factory=dict, compare=False, repr=False)
    """What was made of this file for those who asked; see `robots.compiled`."""

    def audience(self, token: str) -> int:
        """Which groups a crawler hears: those that name it, else those for `*` (section 2.2.1)."""
        return self.by_agent.get(token.lower(), 0)

    def speaking_to(self, token: str) -> tuple[Group, ...]:
        """The groups that a crawler hears."""
        return self.audiences[self.audience(token)]

    def names(self, token: str) -> bool:
        """Whether any group names this crawler."""
        return token.lower() in self.by_agent


def read(data: bytes) -> Robots:
    """The file in `data`; nothing in it is an error."""
    whole = len(data) <= MOST_OCTETS
    lines = data[: MOST_OCTETS + 1].removeprefix(BOM).splitlines()
    return grouped(enumerate(lines if whole else lines[:-1], 1), truncated=not whole)


def grouped(lines: Iterable[tuple[int, bytes]], *, truncated: bool = False) -> Robots:
    """The file in these numbered lines."""
    records = list(_records(lines))
    found, split = _grouped(records, _RULES, truncated=truncated)
    if not split:
        return found
    return replace(found, aware=_grouped(records, _AWARE_RULES, truncated=truncated)[0])


def _grouped(
    all_records: Iterable[Record], rules: frozenset[str], *, truncated: bool
) -> tuple[Robots, bool]:
    """The file, where these records end a run of User-agent lines; whether AIPREF ends another."""
    split = usage = False
    groups: list[Group] = []
    loose: list[Record] = []
    agents: dict[str, None] = {}
    records: list[Record] = []
    first_line, last_agent_line, has_rules = 0, 0, False

    def close() -> None:
        if first_line:
            groups.append(Group(tuple(agents), tuple(records), first_line, last_agent_line))

    for record in all_records:
        if record.name == "user-agent":
            split = split or (usage and not has_rules)
            if has_rules:
                close()
                agents, records, has_rules, first_line = {}, [], False, 0
            usage = False
            first_line = first_line or record.number
            last_agent_line = record.number
            if token := _TOKEN.match(record.value):
                agents[token.group().decode("ascii").lower()] = None
        elif first_line:
            records.append(record)
            has_rules = has_rules or record.name in rules
            usage = usage or record.name in _AWARE_RULES
        else:
            loose.append(record)
    close()
    audiences, by_agent = _audiences(groups)
    return Robots(tuple(groups), tuple(loose), truncated, False, audiences, by_agent), split


def _audiences(groups: Sequence[Group]) -> tuple[tuple[tuple[Group, ...], ...], dict[str, int]]:
    naming: dict[str, list[int]] = {"*": []}
    for number, group in enumerate(groups):
        for agent in group.agents:
            naming.setdefault(agent, []).append(number)
    numbers: dict[tuple[int, ...], int] = {tuple(naming["*"]): 0}
    by_agent = {
        agent: numbers.setdefault(tuple(named), len(numbers))
        for agent, named in naming.items()
        if named
    }
    return tuple(tuple(groups[n] for n in named) for named in numbers), by_agent


def _records(lines: Iterable[tuple[int, bytes]]) -> Iterator[Record]:
    for number, line in lines:
        text = line.partition(b"#")[0].strip()
        name, colon, value = text.partition(b":")
        if not colon:
            words = text.split(maxsplit=2)
            if len(words) != 2:
                continue
            name, value = words
        key = name.strip().decode("latin-1").lower()
        # Google reads `Disallow /x`, too; anything else without a colon is prose.
        if key and (colon or key in _KNOWN):
            yield Record(number, key, value.strip(), text)
