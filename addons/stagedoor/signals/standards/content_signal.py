"""Cloudflare's Content Signals: `Content-Signal: search=yes, ai-train=no` in a robots.txt group.

contentsignals.org, 2025-09-24. `yes` grants, `no` refuses, and what is not named is neither. A path
may stand before the signals; as for Content-Usage the longest that matches counts. Unlike
Content-Usage the signals also hold for paths that may not be fetched: they are about use. The key
`use`, seen in live files, has no published meaning that could be relied on and is left alone.
"""

from __future__ import annotations

from stagedoor.signals.meaning import Answer, Said, Statement, Use
from stagedoor.signals.robots.lines import Record, Robots
from stagedoor.signals.robots.usage_records import Scope, Spoken, scopes, spoken, text_of
from stagedoor.signals.standard import Fields, Header, RobotsRecord, Standard, Switch

NAME = "Content-Signal"
SIGNALS: dict[str, Use] = {"search": "search", "ai-input": "input", "ai-train": "train"}
_ANSWERS: dict[str, Answer] = {"yes": "yes", "no": "no"}
_MOST_OCTETS = 8192


def read(value: str | bytes, where: str = "header", agent: str = "*") -> tuple[Statement, ...]:
    """What a value says; some servers send it as a response header, too."""
    return (Statement("content-signal", where, parse(value), text_of(value), agent),)


def parse(value: str | bytes) -> Said:
    """The answers in `search=yes,ai-train=no`; of two that disagree, `no`."""
    text = value if isinstance(value, str) else value.decode("latin-1")
    answers: dict[str, Answer] = {}
    for member in text.split(",") if len(text) <= _MOST_OCTETS else ():
        key, _, word = (part.strip().lower() for part in member.partition("="))
        use, answer = SIGNALS.get(key), _ANSWERS.get(word)
        if use and answer and answers.get(use) != "no":
            answers[use] = answer
    return Said(**answers)


def read_robots(robots: Robots, token: str, path: str | bytes = "/") -> tuple[Statement, ...]:
    """What a robots.txt says to one crawler about one path."""
    return spoken(robots, token, path, Spoken("content-signal", signal))


def signal(record: Record) -> Scope | None:
    """One record as path and answers; None where it is no Content-Signal."""
    return scopes(record, "content-signal", parse)


def write(said: Said) -> str:
    """The value; empty where nothing is said."""
    return ", ".join(
        f"{name}={answer}"
        for name, use in SIGNALS.items()
        if (answer := said.about(use)) is not None
    )


def write_robots(said: Said, path: str = "") -> str:
    """The line of robots.txt, without its end; empty where nothing is said."""
    value = write(said)
    return " ".join(filter(None, (f"{NAME}:", path, value))) if value else ""


# -- the standard ----------------------------------------------------------------------------------


def _read_fields(fields: Fields) -> tuple[Statement, ...]:
    return read(", ".join(value for _, value in fields)) if fields else ()


def _refusal(use: Use) -> str:
    return next(f"{name}=no" for name, named in SIGNALS.items() if named == use)


STANDARD = Standard(
    name="content-signal",
    title=NAME,
    caption="Content Signals of Cloudflare: an answer for each use",
    switch=Switch("content_signals", "and of Cloudflare (Content-Signal)"),
    header=Header(names=("content-signal",), read=_read_fields, bare=NAME),
    record=RobotsRecord(
        name="content-signal",
        write=lambda message, path: write_robots(message.said, path),
        scope=signal,
        read=read_robots,
        example="search=yes, ai-input=no, ai-train=no",
    ),
    refusal=_refusal,
)
