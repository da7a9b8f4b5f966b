"""Settled wishes → rules as they will be written: id, title, why, when, then."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stagedoor.import_.decisions import ROBOTS, Settled, example_address, example_headers
from stagedoor.import_.wishes import Anybody, Expression, Named, Robots, Wish
from stagedoor.import_.wishes import Written as WrittenAgent
from stagedoor.import_.yaml_writer import Written, entry
from stagedoor.model.actions import named
from stagedoor.model.facts import GUARDED_KINDS, KINDS

MAX_SLUG = 40
SHOWN_NAMES = 3
CASES_FOR = 3
"""How many of a rule's clients stand in its cases; all of them are tried."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The file that wishes come from: its name, a word for ids, the day of the import."""

    name: str
    word: str
    day: str


@dataclass(slots=True)
class Draft:
    """A rule in the making, and the wishes it carries."""

    id: str
    origin: Origin
    settled: list[Settled]
    cases: tuple[Mapping[str, Written], ...] = ()

    def lines(self) -> list[str]:
        """The rule as it stands in the file."""
        fields: dict[str, Written] = {
            "id": self.id,
            "title": _title(self.settled),
            "why": _why(self.origin, self.settled),
            "when": _when(self.settled),
            "then": self.settled[0].wish.action,
        }
        if self.cases:
            fields["cases"] = self.cases
        return entry(fields)


def drafts(settled: Sequence[Settled], origin: Origin) -> list[Draft]:
    """One rule for each group of clients to whom the same applies, in the order of the file."""
    groups: dict[object, list[Settled]] = {}
    for number, one in enumerate(settled):
        wish = one.wish
        key: object = number
        if isinstance(wish.who, Named | WrittenAgent):
            key = (type(wish.who), wish.group, wish.action, wish.paths, wish.besides, one.pages)
            key = (key, wish.addresses, wish.headers)
        groups.setdefault(key, []).append(one)
    taken: set[str] = set()
    return [Draft(_id(group, origin, taken), origin, group) for group in groups.values()]


def case(one: Settled, expect: str) -> Mapping[str, Written]:
    """A request that `one` is about."""
    found: dict[str, Written] = {"ua": one.agent, "get": one.wish.sample}
    address, headers = example_address(one.wish), example_headers(one.wish)
    if address:
        found["ip"] = address
    if headers:
        found["headers"] = headers
    return found | {"expect": expect}


def _id(group: Sequence[Settled], origin: Origin, taken: set[str]) -> str:
    """Permanent: it follows from the file and whom the rule is for, not from the line."""
    one = group[0]
    match one.wish.who:
        case Robots():
            subject = "robots"
        case Anybody():
            subject = one.wish.label or one.wish.sample
        case _:
            subject = one.wish.label or one.name or one.agent or "nameless"
    slug = _slug(subject)[:MAX_SLUG].strip("-") or "rule"
    base = f"imported-{origin.word}-{slug}"
    found, number = base, 1
    while found in taken:
        number += 1
        found = f"{base}-{number}"
    taken.add(found)
    return found


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def file_name(path: str) -> str:
    """`conf.d/bots.conf` → `bots.conf`."""
    return path.rpartition("/")[2]


def word_for(name: str) -> str:
    """A file's name as part of ids and of other files' names: `my robots.txt` → `my-robots`."""
    stem = name.rpartition(".")[0] or name
    return _slug(stem)[:MAX_SLUG].strip("-") or "file"


def _title(group: Sequence[Settled]) -> str:
    wish = group[0].wish
    many = False
    match wish.who:
        case Named():
            names = list(dict.fromkeys(one.said for one in group))
            many = len(names) > 1
            subject = _listed(names)
        case Robots():
            subject, many = "Robots that have no lines of their own", True
            if not wish.who.besides:
                subject = "Robots"
        case WrittenAgent():
            subject, many = f'Any client that "{wish.label}" describes', False
            if not wish.label:
                subject, many = _programs(group), True
        case _:
            subject = f'Whatever "{wish.label}" describes' if wish.label else "Everybody"
    verb = f"{'are' if many else 'is'} {named(wish.action).past}"
    return f"{subject} {verb}{_where(wish)}"


def _programs(group: Sequence[Settled]) -> str:
    agent = next((one.agent for one in group if one.agent), "")
    more = f" and {len(group) - 1} other kind{'s' * (len(group) > 2)}" if len(group) > 1 else ""
    return f'Programs such as "{agent}"{more}' if agent else "Programs without a name"


def _listed(names: Sequence[str]) -> str:
    if len(names) > SHOWN_NAMES:
        return f"{', '.join(names[:2])} and {len(names) - 2} others"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _where(wish: Wish) -> str:
    if isinstance(wish.paths, Expression):
        return " at some places"
    if not wish.paths:
        return ""
    if wish.paths == ("/**",):
        return " almost everywhere"
    shown = list(dict.fromkeys(path.removesuffix("**") or "/" for path in wish.paths))
    if len(shown) > 2:
        return f" at {shown[0]} and {len(shown) - 1} other places"
    return f" at {' and '.join(shown)}"


def _why(origin: Origin, group: Sequence[Settled]) -> str:
    lines: dict[str, set[int]] = {}
    for one in group:
        lines.setdefault(file_name(one.wish.at.path), set()).add(one.wish.at.line)
    places = " and ".join(f"{_numbers(sorted(found))} of {file}" for file, found in lines.items())
    verb = "says" if sum(map(len, lines.values())) == 1 else "say"
    return f"So {verb} {places} (imported on {origin.day})."


def _numbers(lines: Sequence[int]) -> str:
    if len(lines) == 1:
        return f"line {lines[0]}"
    if len(lines) == 2:
        return f"lines {lines[0]} and {lines[1]}"
    return f"lines {min(lines)} to {max(lines)}"


def _one_or_list(values: Iterable[str]) -> Written:
    found = tuple(dict.fromkeys(values))
    return found[0] if len(found) == 1 else found


def _when(group: Sequence[Settled]) -> Mapping[str, Written]:
    wish = group[0].wish
    found: dict[str, Written] = {}
    unless: list[dict[str, Written]] = []
    match wish.who:
        case Named():
            found["client.name"] = _one_or_list(one.name for one in group)
        case WrittenAgent():
            every = tuple(s.wish.who.agent for s in group if isinstance(s.wish.who, WrittenAgent))
            found["request.agent"] = every[0] if len(every) == 1 else every
        case Robots():
            found["client.purpose"] = ROBOTS
            if group[0].besides:
                unless.append({"client.name": _one_or_list(group[0].besides)})
    if wish.paths:
        paths = wish.paths
        found["request.path"] = paths if isinstance(paths, Expression) else _one_or_list(paths)
    if wish.addresses:
        found["request.address"] = _one_or_list(wish.addresses)
    for name, wanted in wish.headers:
        found[f"request.header.{name}"] = {"present": "yes"} if wanted is None else wanted
    if wish.besides:
        unless.append({"request.path": _one_or_list(wish.besides)})
    if group[0].pages:
        unless.append({"resource": tuple(kind for kind in KINDS if kind in GUARDED_KINDS)})
    if unless:
        found["not"] = unless[0] if len(unless) == 1 else {"any": unless}
    return found
