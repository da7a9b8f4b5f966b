"""IETF AIPREF: `Content-Usage`, a response header and a rule of robots.txt.

draft-ietf-aipref-vocab-08 and draft-ietf-aipref-attach-05, working-group drafts. The value is an
RFC 9651 dictionary of the tokens `y` and `n`; a value that does not parse says nothing at all. In
robots.txt a path may stand before it: the longest that matches counts, all of equal length are
heard (and "no" wins, see `meaning.resolve`), and a path that may not be fetched has no preference.
There it is a rule (attach-05: `rule =/ content-usage`), so it ends a run of User-agent lines for
those who know it: see `Robots.aware`.

Two things its words do not say (vocab-08): `train-ai` is about generative models alone, and
`search=y` overrides the others within a search application, training for its ranking included.
"""

from __future__ import annotations

from collections.abc import Iterator

import http_sf

from stagedoor.signals.meaning import USES, Answer, Said, Statement, Use
from stagedoor.signals.robots import access as robots_txt
from stagedoor.signals.robots.lines import Robots
from stagedoor.signals.robots.usage_records import UsageWords
from stagedoor.signals.standard import (
    Fields,
    Header,
    Merge,
    Message,
    RobotsRecord,
    Standard,
    Switch,
)

LABELS: dict[str, Use] = {"train-ai": "train", "ai-use": "input", "search": "search"}
"""The vocabulary of vocab-08; earlier drafts' words (bots, all, genai …) are unknown."""
_ANSWERS: dict[str, Answer] = {"y": "yes", "n": "no"}
_MOST_OCTETS = 8192
"""Far more than any preference needs; a longer value is not parsed."""


def parse(value: str | bytes) -> Said:
    """The answers in a dictionary; nothing where it is malformed."""
    data = value.encode("latin-1", "replace") if isinstance(value, str) else value
    if len(data) > _MOST_OCTETS:
        return Said()
    try:
        members = http_sf.parse(data, tltype="dictionary")
    except http_sf.StructuredFieldError:
        return Said()
    assert isinstance(members, dict)
    return Said(
        **{
            use: _ANSWERS.get(str(member[0]))
            for label, use in LABELS.items()
            if isinstance(member := members.get(label), tuple)
            and isinstance(member[0], http_sf.Token)
        }
    )


WORDS = UsageWords(
    standard="content-usage",
    name="Content-Usage",
    labels=LABELS,
    answers={answer: letter for letter, answer in _ANSWERS.items()},
    parse=parse,
    aware=True,
)


def read_robots(robots: Robots, token: str, path: str | bytes = "/") -> tuple[Statement, ...]:
    """What a robots.txt says to one crawler about one path."""
    if not robots_txt.allowed(robots.aware or robots, token, path):
        return ()
    return WORDS.heard(robots, token, path)


def limits(statement: Statement) -> Iterator[str]:
    """What a preference does not say, where that matters to an artist (vocab-08)."""
    said = statement.said
    if said.train == "no":
        yield (
            "train-ai=n speaks of generative models alone: training of other models is left open. "
            "TDMRep reserves that, too."
        )
    if said.search == "yes" and "no" in (said.train, said.input):
        yield (
            "search=y counts for more than the other words within a search application: training "
            "for its ranking is allowed with it. Leaving search out says nothing about search."
        )


# -- the standard ----------------------------------------------------------------------------------


def _write_fields(message: Message) -> Fields:
    return ((WORDS.name, WORDS.write(message.said)),)


def _stricter(theirs: Fields, ours: Fields) -> Merge:
    """One value for both: what either refuses is refused."""
    site = parse(", ".join(value for _, value in theirs))
    wanted = parse(ours[0][1])
    answers = {
        use: "no"
        if "no" in (site.about(use), wanted.about(use))
        else site.about(use) or wanted.about(use)
        for use in USES
    }
    together = Said(**answers)
    if together == site:
        return Merge()
    return Merge(drop=True, add=((ours[0][0], WORDS.write(together)),))


STANDARD = Standard(
    name=WORDS.standard,
    title=WORDS.name,
    caption="AI Preferences of the IETF: an answer for each use",
    switch=Switch("content_usage", "the same in the words of the IETF (Content-Usage)"),
    header=Header(
        names=("content-usage",),
        read=WORDS.read_fields,
        write=_write_fields,
        stricter=_stricter,
        bare=WORDS.name,
        once=True,
    ),
    record=RobotsRecord(
        name="content-usage",
        write=lambda message, path: WORDS.write_robots(message.said, path),
        scope=WORDS.scope,
        read=read_robots,
        example="train-ai=n, ai-use=n, search=y",
        definitions=(
            "Content-Usage: y allows a use, n refuses it. train-ai: training generative models.",
            "ai-use: feeding what is fetched to one. search: search applications; within them a y",
            "to search counts for more than the other words. What no word names is not allowed by it.",
        ),
    ),
    refusal=WORDS.refusal,
    limits=limits,
)
