"""Cloudflare's Content Signals: `Content-Signal: search=yes, ai-train=no` in a robots.txt group.

contentsignals.org, 2025-09-24. `yes` grants, `no` refuses, and what is not named is neither. A path
may stand before the signals; as for Content-Usage the longest that matches counts. Unlike
Content-Usage the signals also hold for paths that may not be fetched: they are about use.

The key `use` has a meaning since 2026-07-01 (Cloudflare's documentation): `immediate` is for the
moment alone, nothing is kept or used again; `reference` is for an index with excerpts and links;
`full` is for summaries and whole texts, too. It is read for what it refuses and what `full` grants,
and never written. Its default is not read into files that do not name it.
"""

from __future__ import annotations

from collections.abc import Mapping

from stagedoor.signals.meaning import Answer, Said, Use
from stagedoor.signals.robots.usage_records import UsageWords
from stagedoor.signals.standard import Header, RobotsRecord, Standard, Switch

SIGNALS: dict[str, Use] = {"search": "search", "ai-input": "input", "ai-train": "train"}
_ANSWERS: dict[str, Answer] = {"yes": "yes", "no": "no"}
_USE: Mapping[str, Mapping[Use, Answer]] = {
    "immediate": {"input": "no", "train": "no"},
    "reference": {"input": "no"},
    "full": {"input": "yes"},
}
_MOST_OCTETS = 8192

DEFINITIONS = (
    "Content-Signal, for what is fetched here: yes allows a use, no refuses it, and a use that is",
    "not named is neither allowed nor refused. search: an index that answers with links and short",
    "excerpts, without texts that AI writes. ai-input: feeding a page or recording to a model that",
    "answers somebody. ai-train: making or refining the weights of a model.",
)
"""The signals in our own words. They are part of the standard: a file without them refers to nothing."""


def parse(value: str | bytes) -> Said:
    """The answers in `search=yes,ai-train=no`; of two that disagree, `no`."""
    text = value if isinstance(value, str) else value.decode("latin-1")
    answers: dict[Use, Answer] = {}
    for member in text.split(",") if len(text) <= _MOST_OCTETS else ():
        key, _, word = (part.strip().lower() for part in member.partition("="))
        use, answer = SIGNALS.get(key), _ANSWERS.get(word)
        found = {use: answer} if use and answer else _USE.get(word, {}) if key == "use" else {}
        for one, meant in found.items():
            if answers.get(one) != "no":
                answers[one] = meant
    return Said(**answers)


WORDS = UsageWords(
    standard="content-signal",
    name="Content-Signal",
    labels=SIGNALS,
    answers={"yes": "yes", "no": "no"},
    parse=parse,
)

STANDARD = Standard(
    name=WORDS.standard,
    title=WORDS.name,
    caption="Content Signals of Cloudflare: an answer for each use",
    switch=Switch("content_signals", "and of Cloudflare (Content-Signal)"),
    header=Header(names=("content-signal",), read=WORDS.read_fields, bare=WORDS.name),
    record=RobotsRecord(
        name="content-signal",
        write=lambda message, path: WORDS.write_robots(message.said, path),
        scope=WORDS.scope,
        read=WORDS.heard,
        example="search=yes, ai-input=no, ai-train=no",
        definitions=DEFINITIONS,
    ),
    refusal=WORDS.refusal,
)
