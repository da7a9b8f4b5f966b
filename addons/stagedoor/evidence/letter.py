"""A complaint as a letter: blocks of text and tables, which a page and a PDF are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from stagedoor.evidence.complaint import Complaint, Figures
from stagedoor.evidence.wording import Wording
from stagedoor.model.languages import Language

Sentence = Literal[
    "to", "from", "date", "site", "period", "unknown", "no-address", "source", "subject", "question", "opening",
    "proven", "nothing-proven", "measure", "ask", "ask-confirm", "ask-use", "ask-stop", "ask-read",
    "figures", "claimed", "claimed-note", "timeline", "timeline-more", "texts", "record",
    "record-note", "advice", "crawler", "notices", "first-notice", "takings", "after", "recordings",
    "bytes", "refusals", "time", "what", "path", "times", "notice", "taking", "where", "force",
    "still", "hash",
]  # fmt: skip
_ASKED: tuple[Sentence, ...] = ("ask-confirm", "ask-use", "ask-stop", "ask-read")


@dataclass(frozen=True, slots=True)
class Table:
    """Heads and rows of text. `facts`: the first row is turned into lines of a name and a value."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, paragraphs, and a table where there is one."""

    heading: str
    paragraphs: Sequence[str] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """What is printed, from top to bottom."""

    language: Language
    facts: Sequence[tuple[str, str]]
    """To, from, date: names and values."""
    subject: str
    paragraphs: Sequence[str]
    asked: Sequence[str]
    """The points to answer; the last paragraph introduces them."""
    sections: Sequence[Section] = field(default_factory=tuple)


def letter(about: Complaint, language: Language, texts: Mapping[Sentence, str]) -> Letter:
    """The letter of `about` in the language of `texts`."""
    proven, wording = about.rests_on_proof, Wording(language)
    paragraphs = [
        texts["opening"],
        texts["proven" if proven else "nothing-proven"].format(*[about.operator] * 2),
        *([texts["measure"].format(about.operator)] if proven else []),
        texts["ask"],
    ]
    sections = [
        *(
            [Section(texts["figures"], (), _figures(about.proven, texts, wording))]
            if about.proven
            else []
        ),
        *([_timeline(about, texts, wording)] if about.steps else []),
        *([_claimed(about, texts, wording)] if about.claimed else []),
        Section(texts["texts"], (), _published(about, texts, wording)),
        Section(texts["record"], (texts["record-note"], texts["advice"])),
    ]
    return Letter(
        language=language,
        facts=_facts(about, texts, wording),
        subject=texts["subject" if proven else "question"].format(about.operator),
        paragraphs=paragraphs,
        asked=[texts[of] for of in _ASKED if proven or of in {"ask-confirm", "ask-read"}],
        sections=sections,
    )


def _facts(
    about: Complaint, texts: Mapping[Sentence, str], wording: Wording
) -> Sequence[tuple[str, str]]:
    """The address is shown as it is known: with its source, or as not known."""
    known = f"{about.address} ({texts['source'].format(about.address_source)})"
    writer = ", ".join(filter(None, (about.artist, about.reply_to))) or texts["unknown"]
    return (
        (texts["to"], f"{about.operator}, {known if about.address else texts['no-address']}"),
        (texts["from"], writer),
        (texts["site"], about.site or texts["unknown"]),
        (texts["period"], f"{wording.at(about.since)} – {wording.at(about.until)} UTC"),
        (texts["date"], wording.day(about.made)),
    )


def _figures(rows: Sequence[Figures], texts: Mapping[Sentence, str], wording: Wording) -> Table:
    names: tuple[Sentence, ...] = (
        "crawler", "notices", "first-notice", "takings", "after", "recordings", "bytes", "refusals",
    )  # fmt: skip
    return Table(
        [texts[name] for name in names],
        [
            (
                one.crawler, wording.number(one.notices), _moment(one.first_notice, wording), wording.number(one.takings),
                wording.number(one.after), wording.number(one.recordings), wording.size(one.bytes), wording.number(one.refusals),
            )
            for one in rows
        ],
    )  # fmt: skip


def _claimed(about: Complaint, texts: Mapping[Sentence, str], wording: Wording) -> Section:
    return Section(
        texts["claimed"], (texts["claimed-note"],), _figures(about.claimed, texts, wording)
    )


def _timeline(about: Complaint, texts: Mapping[Sentence, str], wording: Wording) -> Section:
    rows = [
        (
            wording.at(one.at),
            one.crawler,
            texts[one.happening],
            one.path,
            wording.number(one.times),
            wording.size(one.bytes) if one.bytes else "",
        )
        for one in about.steps
    ]
    heads: tuple[Sentence, ...] = ("time", "crawler", "what", "path", "times", "bytes")
    more = (
        (texts["timeline-more"].format(wording.number(about.more_steps)),)
        if about.more_steps
        else ()
    )
    return Section(texts["timeline"], more, Table([texts[name] for name in heads], rows))


def _published(about: Complaint, texts: Mapping[Sentence, str], wording: Wording) -> Table:
    heads: tuple[Sentence, ...] = ("where", "force", "hash")
    return Table(
        [texts[name] for name in heads],
        [
            (
                f"{one.where} ({one.standard})",
                f"{wording.at(one.since)} – {texts['still'] if one.until is None else wording.at(one.until)}",
                one.text,
            )
            for one in about.texts
        ],
    )


def _moment(at: int | None, wording: Wording) -> str:
    return "–" if at is None else wording.at(at)
