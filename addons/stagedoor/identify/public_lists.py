"""Public lists of crawlers, for agents that the catalogue takes for a browser or does not know.

Shelves of expressions are held against such a user agent, surest first; what each finds counts
unless something speaks for a person (the tables are in `robot_words.py`):

    listed   patterns of crawler-user-agents, without those that hit people    always counts
    BARE     nothing but a mail address or source code         not for players
    FORMS    the whole agent as robots write it               not for apps, old disguises, desks
    further  patterns of CrawlerDetect, likewise, as whole words     not for listeners, whole browsers
    SURE     signs that nobody but a robot shows              not for listeners, whole browsers
    SIGNS    by which robots give themselves away             none of all these
    WORDS    of their trade                                   none of all these

A client that is found so is a `robot`: pages yes, recordings as the stance says.

RE2 matches all of it in one pass and in linear time. It takes up to a millisecond for a kind of
user agent it has never seen and microseconds afterwards; the Matcher asks only for those it has to,
and keeps the answers in its own cache.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import re2

from stagedoor.identify.exclusions import FURTHER_LEFT_OUT, LEFT_OUT
from stagedoor.identify.robot_words import (
    APPS,
    BARE,
    DESKS,
    DEVICES,
    DISGUISES,
    FORMS,
    LISTENERS,
    PLAYERS,
    SIGNS,
    SURE,
    WHOLE,
    WORDS,
)
from stagedoor.model.facts import Client, Purpose

LOOKED_AT: frozenset[Purpose] = frozenset({"browser", "unknown"})
"""The purposes with which a client is looked at a second time."""

MAX_MEMORY = 32 << 20
"""Bytes for RE2's automaton at most; 2,500 patterns and 20,000 agents of all kinds take 4 MB."""

TAGS_LEFT_OUT = frozenset({"feed-reader", "http-library", "browser-automation"})
"""Kinds of patterns that are not taken: our own catalogue knows the scripts, readers are people."""


_UNLISTED = "Unlisted robot ("
"""How those begin who are called after a sign."""


class Second:
    """Looks at a user agent once more; `None` where nothing is wrong with it.

    `listed` are patterns as crawler-user-agents has them, `further` as CrawlerDetect has them.
    """

    def __init__(self, listed: Iterable[str] = (), further: Iterable[str] = ()) -> None:
        self.patterns = 0
        """How many of the lists' patterns are looked for."""
        self.refused: list[str] = []
        """Patterns that RE2 does not take."""
        self._set = re2.Set.SearchSet(_options())
        self._finds: list[_Find] = []  # in the order of the set
        guards = {text: re2.compile(text.encode(), _options()) for text in _GUARDS}
        for row in _rows(listed, further):
            try:
                self._set.Add(row.expression.encode("latin-1"))
            except (re2.error, UnicodeEncodeError):
                self.refused.append(row.label)
                continue
            self.patterns += bool(row.of)
            name = named(row.label) if row.of else f"{_UNLISTED}{row.label})"
            known = f'"{name}" of {row.of}' if row.of else f"what robots write: {row.label}"
            self._finds.append(_Find(name, known, tuple(guards[text] for text in row.unless)))
        self._set.Compile()

    def __call__(self, agent: str) -> Client | None:
        """The robot that `agent` (one character a byte) belongs to."""
        text = agent.encode("latin-1", "replace")
        for number in sorted(self._set.Match(text) or ()):
            find = self._finds[number]
            if not any(guard.search(text) for guard in find.unless):
                return Client(find.name, "", "robot", known=find.known)
        return None


@dataclass(frozen=True, slots=True)
class _Find:
    """Whom an expression stands for, by what, and what may not be found besides it."""

    name: str
    known: str
    unless: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """An expression to look for; `unless` are tables of what speaks for people, and `of` the list
    that it is a pattern of.
    """

    label: str
    expression: str
    unless: tuple[str, ...] = ()
    of: str = ""


_ALL = (LISTENERS, DISGUISES, DEVICES, DESKS, WHOLE)
_GUARDS = (PLAYERS, APPS, *_ALL)


def _rows(listed: Iterable[str], further: Iterable[str]) -> Iterator[_Row]:
    """All shelves, surest first; on the lists' shelves the longest patterns first."""
    for pattern in _longest_first(listed):
        if not left_out(pattern):
            yield _Row(pattern, pattern, of="crawler-user-agents")
    yield from (_Row(*sign, (PLAYERS,)) for sign in BARE)
    yield from (_Row(*sign, (APPS, DISGUISES, DESKS)) for sign in FORMS)
    for pattern in _longest_first(further):
        if not left_out(pattern, FURTHER_LEFT_OUT):
            yield _Row(pattern, as_words(pattern), (LISTENERS, WHOLE), of="CrawlerDetect")
    yield from (_Row(*sign, (LISTENERS, WHOLE)) for sign in SURE)
    yield from (_Row(*sign, _ALL) for sign in (*SIGNS, *WORDS))


def _longest_first(patterns: Iterable[str]) -> Sequence[str]:
    return sorted(set(patterns), key=lambda pattern: (-len(pattern), pattern))


def as_words(pattern: str) -> str:
    """CrawlerDetect's `pattern` in letters of either case, and not inside a longer word.

    `NYU` is in "TIANYU", and `Voil` in "Voila"; `larbin` is meant in "larbin2.6".
    """
    before = r"\b" if pattern[:1].isalnum() else ""
    after = "(?:[^a-z]|$)" if pattern[-1:].isalnum() else ""
    return rf"(?i){before}(?:{pattern}){after}"


def left_out(pattern: str, beginnings: tuple[str, ...] = LEFT_OUT) -> bool:
    """Whether people's clients would match `pattern`."""
    return pattern.lstrip("^(?:| )").startswith(beginnings)


def named(pattern: str) -> str:
    """A short name for what `pattern` finds: `[cC]ludo` → `Cludo`."""
    plain = re.sub(r"\[[^\]]*?([^\]])\]", r"\1", pattern)
    plain = re.sub(r"\\[a-zA-Z]|\([^)]*\)", " ", plain)
    plain = re.sub(r"[\\^$*?+|()]", "", plain).strip(" /.-:;")
    return plain[:60] or pattern[:60]


def _options() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    return options
