"""IETF AIPREF: `Content-Usage`, a response header and a rule of robots.txt.

draft-ietf-aipref-vocab-08 and draft-ietf-aipref-attach-05, working-group drafts. The value is an
RFC 9651 dictionary of the tokens `y` and `n`; a value that does not parse says nothing at all. In
robots.txt a path may stand before it: the longest that matches counts, all of equal length are
heard (and "no" wins, see `meaning.resolve`), and a path that may not be fetched has no preference.
"""

from __future__ import annotations

import http_sf

from stagedoor.signals.meaning import USES, Answer, Said, Statement, Use
from stagedoor.signals.robots import access as robots_txt
from stagedoor.signals.robots.lines import Record, Robots
from stagedoor.signals.robots.usage_records import Scope, Spoken, scopes, spoken, text_of
from stagedoor.signals.standard import (
    Fields,
    Header,
    Merge,
    Message,
    RobotsRecord,
    Standard,
    Switch,
)

NAME = "Content-Usage"
LABELS: dict[str, Use] = {"train-ai": "train", "ai-use": "input", "search": "search"}
"""The vocabulary of vocab-08; earlier drafts' words (bots, all, genai …) are unknown."""
_ANSWERS: dict[str, Answer] = {"y": "yes", "n": "no"}
_LETTER = {answer: letter for letter, answer in _ANSWERS.items()}
_MOST_OCTETS = 8192
"""Far more than any preference needs; a longer value is not parsed."""


def read(value: str | bytes, where: str = "header", agent: str = "*") -> tuple[Statement, ...]:
    """What a Content-Usage field says; several field lines are joined with commas before."""
    return (Statement("content-usage", where, parse(value), text_of(value), agent),)


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


def read_robots(robots: Robots, token: str, path: str | bytes = "/") -> tuple[Statement, ...]:
    """What a robots.txt says to one crawler about one path."""
    if not robots_txt.allowed(robots, token, path):
        return ()
    return spoken(robots, token, path, Spoken("content-usage", preference))


def preference(record: Record) -> Scope | None:
    """One record as path and answers; None where it is no Content-Usage."""
    return scopes(record, "content-usage", parse)


def write(said: Said) -> str:
    """The header's value, and what stands in robots.txt; empty where nothing is said."""
    return ", ".join(
        f"{label}={_LETTER[answer]}"
        for label, use in LABELS.items()
        if (answer := said.about(use)) is not None
    )


def write_robots(said: Said, path: str = "") -> str:
    """The line of robots.txt, without its end; empty where nothing is said."""
    value = write(said)
    return " ".join(filter(None, (f"{NAME}:", path, value))) if value else ""


# -- the standard ----------------------------------------------------------------------------------


def _read_fields(fields: Fields) -> tuple[Statement, ...]:
    return read(", ".join(value for _, value in fields)) if fields else ()


def _write_fields(message: Message) -> Fields:
    return ((NAME, write(message.said)),)


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
    return Merge(drop=True, add=((ours[0][0], write(together)),))


def _refusal(use: Use) -> str:
    return next(f"{label}=n" for label, named in LABELS.items() if named == use)


STANDARD = Standard(
    name="content-usage",
    title=NAME,
    caption="AI Preferences of the IETF: an answer for each use",
    switch=Switch("content_usage", "the same in the words of the IETF (Content-Usage)"),
    header=Header(
        names=("content-usage",),
        read=_read_fields,
        write=_write_fields,
        stricter=_stricter,
        bare=NAME,
        once=True,
    ),
    record=RobotsRecord(
        name="content-usage",
        write=lambda message, path: write_robots(message.said, path),
        scope=preference,
        read=read_robots,
        example="train-ai=n, ai-use=n, search=y",
    ),
    refusal=_refusal,
)
