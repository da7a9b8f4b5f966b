"""X-Robots-Tag and `<meta name="robots">`: noai, noimageai, noarchive, noindex.

`noai` and `noimageai` are DeviantArt's of 2022. `noimageai` is about pictures: it is written
beside `noai`, and says nothing about recordings when read alone. `noarchive` asks everybody for no
cached copy; two operators have said that they take it to mean more (`_NOARCHIVE`), so it is read
for these two alone.

A crawler's name and a colon scope what follows, up to the next name or the end of the line
(`BadBot: noindex, noai`). Where a proxy joins lines, a rule for everybody would slip behind somebody's
name; therefore each line that is written speaks to one crawler, and each line is read by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

from stagedoor.signals.meaning import USES, Answer, Said, Statement
from stagedoor.signals.standard import Fields, Header, Merge, Page, Standard, Switch

HEADER = "X-Robots-Tag"
_LIMIT = 65_536
"""Characters of one line that are read."""

_RULES: dict[str, Said] = {
    "noai": Said(train="no"),
    "noindex": Said(search="no"),
    "none": Said(search="no"),
}
_NOARCHIVE: dict[str, Said] = {
    "bingbot": Said(train="no", input="no"),  # not in its chat, not for training
    "amazonbot": Said(train="no"),
}
_LIFTED_BY_NOCACHE = frozenset({"bingbot"})
"""Bing: with both, nocache counts, and that leaves URL, title and snippet to chat and training."""

_VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
"""Rules with a colon of their own; what stands before it is no crawler's name."""
_AGENT = re.compile(r"\*|[A-Za-z][A-Za-z0-9._/-]*")
_META_AGENT = re.compile(r"(?:[a-z0-9_-]{0,40}bot(?:[_-][a-z]{1,20})?|slurp|teoma)")
"""Names of `<meta>` elements that are crawlers: any other may hold any text."""


def read(values: Iterable[str]) -> tuple[Statement, ...]:
    """What the X-Robots-Tag lines of a response say: one statement for each crawler spoken to."""
    rules = _Rules()
    for value in values:
        agent = "*"
        for piece in value[:_LIMIT].split(","):
            head, colon, tail = piece.partition(":")
            name = head.strip()
            if colon and name.lower() not in _VALUED and _AGENT.fullmatch(name):
                agent, rule = name, tail.strip()
            else:
                rule = piece.strip()
            rules.add(agent, rule)
    return rules.statements("header")


def read_meta(metas: Iterable[tuple[str, str]]) -> tuple[Statement, ...]:
    """What the `<meta>` elements (name, content) of a page say to robots in general or to one."""
    rules = _Rules()
    for name, content in metas:
        agent = "*" if name.strip().lower() == "robots" else name.strip()
        if agent == "*" or _META_AGENT.fullmatch(agent.lower()):
            for piece in content[:_LIMIT].split(","):
                rules.add(agent, piece.strip())
    return rules.statements("html")


class _Rules:
    """Rules gathered by crawler, whose name is compared without regard to case."""

    def __init__(self) -> None:
        self._by_agent: dict[str, tuple[str, list[str]]] = {}

    def add(self, agent: str, rule: str) -> None:
        if rule:
            self._by_agent.setdefault(agent.lower(), (agent, []))[1].append(rule)

    def statements(self, where: str) -> tuple[Statement, ...]:
        """Whatever says something. Rules for everybody and for one add up."""
        for_all = self._by_agent.get("*", ("*", []))[1]
        found = []
        for key in dict.fromkeys((*self._by_agent, *_NOARCHIVE)):
            agent, rules = self._by_agent.get(key, (key, []))
            named = agent if rules else "*"
            said = [_RULES[rule.lower()] for rule in rules if rule.lower() in _RULES]
            if key in _NOARCHIVE:
                effective = {rule.lower() for rule in (*for_all, *rules)}
                if "noarchive" in effective and not (
                    "nocache" in effective and key in _LIFTED_BY_NOCACHE
                ):
                    said.append(_NOARCHIVE[key])
                    rules = rules or for_all
            if said:
                text = _TEXTS[where](named, ", ".join(rules))
                found.append(Statement("robots-tag", where, _together(said), text, agent))
        return tuple(found)


def _together(said: Sequence[Said]) -> Said:
    answers: dict[str, Answer] = {
        use: "no" for use in USES if any(one.about(use) == "no" for one in said)
    }
    return Said(**answers)


def _header(agent: str, rules: str) -> str:
    return rules if agent == "*" else f"{agent}: {rules}"


def _meta(agent: str, rules: str) -> str:
    return f'<meta name="{"robots" if agent == "*" else agent}" content="{escape(rules)}">'


_TEXTS: Mapping[str, Callable[[str, str], str]] = {
    "header": lambda agent, rules: f"{HEADER}: {_header(agent, rules)}",
    "html": _meta,
}


def write(
    said: Said, *, agents: Sequence[str] = ("*",), noarchive: bool = False
) -> tuple[tuple[str, str], ...]:
    """Header fields, one for each of `agents`; none where training is not refused.

    `noarchive` also refuses cached copies to everybody, so it is written only when asked for, and
    only where neither training nor answers are wanted. `noindex` is never written.
    """
    rules = ", ".join(_rules(said, noarchive=noarchive))
    if not rules:
        return ()
    for agent in agents:
        if not _AGENT.fullmatch(agent):
            raise ValueError(f"{agent!r} cannot be a crawler's name in {HEADER}")
    return tuple((HEADER, _header(agent, rules)) for agent in agents)


def write_meta(said: Said, *, noarchive: bool = False) -> str:
    """A `<meta>` element for all robots; empty where training is not refused."""
    rules = ", ".join(_rules(said, noarchive=noarchive))
    return _meta("*", rules) if rules else ""


def _rules(said: Said, *, noarchive: bool) -> tuple[str, ...]:
    if said.train != "no":
        return ()
    archive = ("noarchive",) if noarchive and said.input == "no" else ()
    return ("noai", "noimageai", *archive)


# -- the standard ----------------------------------------------------------------------------------


def _read_fields(fields: Fields) -> tuple[Statement, ...]:
    return read([value for _, value in fields])


def _stricter(theirs: Fields, ours: Fields) -> Merge:
    """Rules add up: ours stand beside the site's, but for a noai that the site says itself."""
    says_noai = any(s.agent == "*" and s.said.train == "no" for s in _read_fields(theirs))
    return Merge() if says_noai else Merge(add=ours)


STANDARD = Standard(
    name="robots-tag",
    title="robots tags (noai)",
    caption="X-Robots-Tag and robots meta: noai, noimageai (DeviantArt), noindex, noarchive",
    switch=Switch("noai", 'and as "noai", where robots read headers and tags'),
    header=Header(
        names=(HEADER.lower(),),
        read=_read_fields,
        write=lambda message: write(message.said),
        stricter=_stricter,
        words=True,
        about_index=True,
    ),
    page=Page(
        read=lambda head, _url: read_meta(head.metas),
        write=lambda message: write_meta(message.said),
    ),
    refusal=lambda _use: "noai",
)
