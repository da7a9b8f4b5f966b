"""An Anubis policy → wishes.

A rule there is an action and what must all hold: expressions for agent, path and headers, and
networks (its expressions are Go's, which are RE2's). The first that holds and says ALLOW or DENY
ends the search, as it does here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from stagedoor.config.address_values import network
from stagedoor.config.yamltext import Document, Path, Source, Value, parse
from stagedoor.import_ import regexes
from stagedoor.import_.wishes import Anybody, Beside, Expression, Found, Named, Who, Wish, Written
from stagedoor.model.errors import Location, Problem
from stagedoor.resources.paths import normalise

_ACTIONS: Mapping[str, str] = {"ALLOW": "allow", "DENY": "block"}
_NO_COUNTERPART: Mapping[str, tuple[str, str]] = {
    "CHALLENGE": (
        "a challenge has no counterpart: players and podcast apps could not pass one",
        "write DENY if it is to be refused; else the stance decides",
    ),
    "WEIGH": (
        "a weight has no counterpart: each rule decides alone",
        "write DENY if it is to be refused; else the stance decides",
    ),
    "DEBUG_BENCHMARK": ("a benchmark is no rule", "take it out"),
}
_MATCHERS = ("user_agent_regex", "path_regex", "headers_regex", "remote_addresses")
_OTHER_MATCHERS: Mapping[str, str] = {
    "expression": "an expression in CEL is not read",
    "geoip": "countries are not known here",
    "asns": "networks are not known by their AS number here",
}
_BESIDE_RULES = frozenset({"name", "action", "challenge", "weight", *_MATCHERS, *_OTHER_MATCHERS})
MAX_DEEP = 8
"""Files that import files; Anubis's own go three deep."""


@dataclass(slots=True)
class _Reading:
    beside: Beside
    wishes: list[Wish] = field(default_factory=list)
    left: list[Problem] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)


def read(path: str, data: bytes, beside: Beside) -> Found:
    """What a policy wishes, and the policies it imports in their places."""
    reading = _Reading(beside)
    _file(path, data, reading)
    return Found(tuple(reading.wishes), tuple(reading.left))


def _file(path: str, data: bytes, reading: _Reading) -> None:
    document = parse(Source(path, data), reading.left)
    if document is None:
        return
    value = document.value
    bots = value.get("bots") if isinstance(value, dict) else value
    where: Path = ("bots",) if isinstance(value, dict) else ()
    if isinstance(value, dict):
        for key in value:
            if key == "thresholds":
                at = document.at((key,), key=True)
                reading.left.append(
                    Problem(at, "thresholds weigh, and nothing is weighed here", "leave them out")
                )
    if not isinstance(bots, list):
        at = document.at(where)
        reading.left.append(Problem(at, "this holds no list of rules", 'begin it with "bots:"'))
        return
    reading.seen.append(path)
    for number, item in enumerate(bots):
        _entry(item, document, (*where, number), reading)
    reading.seen.pop()


def _entry(item: Value, document: Document, path: Path, reading: _Reading) -> None:
    at = document.at(path)
    if not isinstance(item, dict):
        reading.left.append(Problem(at, "this is no rule", "write name, action and what must hold"))
    elif "import" in item:
        _imported(str(item["import"]), document.at((*path, "import")), reading)
    else:
        try:
            reading.wishes += _wishes(item, document, path)
        except _LeftError as error:
            reading.left.append(error.problem)


def _imported(word: str, at: Location, reading: _Reading) -> None:
    files = reading.beside.get(word)
    if word.startswith("(data)"):
        fix = "copy that file beside yours and name it by its path; much of it the stance says"
        reading.left.append(Problem(at, f"{word} lies in Anubis's own folder", fix))
    elif not files:
        reading.left.append(Problem(at, f"{word} was not found", "give its path from this file"))
    else:
        for path, data in files:
            if path in reading.seen or len(reading.seen) >= MAX_DEEP:
                reading.left.append(
                    Problem(at, f"{word} imports itself, or too deep", "take it out")
                )
            else:
                _file(path, data, reading)


class _LeftError(Exception):
    """A rule that cannot be carried over, and why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def _wishes(item: dict[str, Value], document: Document, path: Path) -> Iterator[Wish]:
    """The wishes of one rule: one for each name, where its expression is a choice of names."""
    at = document.at(path)
    name = str(item.get("name") or "")
    said = f'"{name}"' if name else "this rule"
    action = _action(item, document, path, said)
    for key, why in _OTHER_MATCHERS.items():
        if key in item:
            raise _LeftError(
                Problem(
                    document.at((*path, key), key=True), f"{said}: {why}", "write a rule for it"
                )
            )
    for key in item:
        if key not in _BESIDE_RULES:
            place = document.at((*path, key), key=True)
            raise _LeftError(Problem(place, f'{said}: "{key}" is not known here', "take it out"))
    if not any(item.get(key) for key in _MATCHERS):
        raise _LeftError(Problem(at, f"{said} says nothing of whom it is for", "name an agent"))
    headers = tuple(_headers(item.get("headers_regex"), document, (*path, "headers_regex"), said))
    addresses = _addresses(
        item.get("remote_addresses"), document, (*path, "remote_addresses"), said
    )
    paths, sample = _paths(item, document, path, said)
    for who in _who(item, document, path, said):
        yield Wish(
            at,
            action,
            who,
            sample=sample,
            paths=paths,
            addresses=addresses,
            headers=headers,
            group=str(at),
            label=name,
        )


def _action(item: dict[str, Value], document: Document, path: Path, said: str) -> str:
    word = str(item.get("action") or "").upper()
    if word in _ACTIONS:
        return _ACTIONS[word]
    what, fix = _NO_COUNTERPART.get(word, ("its action is none of Anubis's", "write ALLOW or DENY"))
    raise _LeftError(Problem(document.at((*path, "action")), f"{said}: {what}", fix))


def _expression(value: Value, document: Document, path: Path, said: str) -> str:
    pattern = str(value).strip() if isinstance(value, str | int | float) else ""
    wrong = regexes.fault(pattern) if pattern else "an expression is missing"
    if wrong:
        raise _LeftError(Problem(document.at(path), f"{said}: {wrong}", "write it without that"))
    return pattern


def _who(item: dict[str, Value], document: Document, path: Path, said: str) -> list[Who]:
    if not item.get("user_agent_regex"):
        return [Anybody()]
    pattern = _expression(item["user_agent_regex"], document, (*path, "user_agent_regex"), said)
    return agents(pattern)


def agents(pattern: str) -> list[Who]:
    """The names an expression for user agents consists of, or else the expression."""
    any_case = "(?i" in pattern
    return [
        Named(name, otherwise=f"*{name}*" if any_case else Expression(re.escape(name)))
        for name in regexes.names(pattern)
    ] or [Written(Expression(pattern))]


def _paths(
    item: dict[str, Value], document: Document, path: Path, said: str
) -> tuple[tuple[str, ...] | Expression, str]:
    if not item.get("path_regex"):
        return (), "/music/a.mp3"
    place = (*path, "path_regex")
    pattern = _expression(item["path_regex"], document, place, said)
    sample = _path_sample(pattern)
    if sample is None:
        fix = "write its rule by hand, with request.path"
        raise _LeftError(
            Problem(document.at(place), f"{said}: no path could be made to match it", fix)
        )
    glob = regexes.glob(pattern)
    return (glob,) if glob else Expression(pattern), sample


def _path_sample(pattern: str) -> str | None:
    """A path as requests have it that `pattern` is found in."""
    text = regexes.sample(pattern)
    for made in (text, f"/a{text}", f"/{text}", f"{text}a") if text is not None else ():
        if made.startswith("/") and normalise(made) == made and regexes.found(pattern, made):
            return made
    return None


def _headers(
    value: Value, document: Document, path: Path, said: str
) -> Iterator[tuple[str, Expression | None]]:
    for name, wanted in value.items() if isinstance(value, dict) else ():
        place = (*path, name)
        if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
            raise _LeftError(
                Problem(document.at(place), f'{said}: "{name}" is no header', "check it")
            )
        pattern = _expression(wanted, document, place, said)
        if pattern in {".*", "^.*$", ".+", "^.+$"}:  # there it means: the header is present
            yield name, None
            continue
        if regexes.found(pattern, ""):
            fix = "write one that needs at least a letter"
            why = f"{said}: its expression also holds where {name} is missing"
            raise _LeftError(Problem(document.at(place), why, fix))
        yield name, Expression(pattern)


def _addresses(value: Value, document: Document, path: Path, said: str) -> tuple[str, ...]:
    found = []
    for number, item in enumerate(value if isinstance(value, list) else [value] if value else []):
        try:
            found.append(str(network(str(item))))
        except ValueError as error:
            message, _, fix = str(error).partition(" — ")
            place = document.at((*path, number))
            raise _LeftError(Problem(place, f"{said}: {message}", fix)) from error
    return tuple(found)
