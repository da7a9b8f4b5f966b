"""Clauses that speak of AI, found by the rules in `rules/terms/*.yaml`, one file a language. Pure.

A rule names groups of words. It looks at one sentence, and, for a negation, at the part of it that
speaks of training: "we do not sell your data, but train AI with it" forbids nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from stagedoor.config.schema import ListOf, Model, check
from stagedoor.config.yamltext import Document
from stagedoor.model.errors import Problem, did_you_mean, listed
from stagedoor.platforms.normal_text import Calendar, Version, plain, sentences

ClauseClass = Literal[
    "grants-platform",
    "grants-third-parties",
    "forbids",
    "opt-out",
    "opt-in",
    "separate-agreements",
    "licence",
    "mentions",
]
CLASSES: tuple[ClauseClass, ...] = get_args(ClauseClass)
TITLES: Mapping[ClauseClass, str] = {
    "grants-platform": "lets the platform train AI",
    "grants-third-parties": "lets third parties train AI",
    "forbids": "forbids training, or promises not to",
    "opt-out": "says that you can opt out",
    "opt-in": "asks for your consent first",
    "separate-agreements": "makes an exception for separate agreements",
    "licence": "grants a licence to what you upload",
    "mentions": "speaks of AI",
}
_HEADING = 8
"""Words of a line without a full stop that counts for the paragraphs below it."""
WEIGHTY: frozenset[ClauseClass] = frozenset(CLASSES) - {"licence", "mentions"}


def titles_of(clauses: Iterable[Clause]) -> list[str]:
    """What the weighty ones do, for people: `lets the platform train AI`."""
    found = {clause.class_ for clause in clauses}
    return [TITLES[name] for name in CLASSES if name in found & WEIGHTY]


class ClauseCases(Model):
    """Sentences that the rule must find, and others that it must not."""

    match: ListOf[str] = Field(min_length=1)
    differ: ListOf[str] = ()


class ClauseRule(Model):
    """One rule; everything named here is a group of `words`.

    all      each must be in the sentence
    near     one of them must be in the sentence, or in its paragraph
    part     all of these must be in one part of the sentence (see `splits`); what is not the
             first of them may also be in the heading above, as those of `all` may
    without  none of these may be in that part
    none     none of these may be in the sentence
    """

    id: str = Field(min_length=1)
    class_: ClauseClass = Field(alias="class")
    all_of: ListOf[str] = Field(default=(), alias="all")
    near: ListOf[str] = ()
    part: ListOf[str] = ()
    without: ListOf[str] = ()
    none: ListOf[str] = ()
    cases: ClauseCases

    @property
    def groups(self) -> tuple[str, ...]:
        return (*self.all_of, *self.near, *self.part, *self.without, *self.none)

    @model_validator(mode="after")
    def _asks_for_something(self) -> ClauseRule:
        if not self.all_of and not self.part:
            raise ValueError(f'"{self.id}" asks for nothing — write all: or part:')
        return self


class TermsFile(Model):
    """One language. Words are in small letters; `*` stands for any ending."""

    language: str = Field(min_length=2)
    reviewed: Annotated[date, Field(strict=False)]
    source: str
    common: ListOf[str] = Field(min_length=8)
    """Frequent words, by which the language is recognised."""
    months: ListOf[str] = Field(min_length=12, max_length=12)
    weekdays: ListOf[str] = ()
    updated: ListOf[str] = Field(min_length=1)
    """What stands before the date of the last update."""
    ignore: ListOf[str] = ()
    """Phrases that are taken out before words are looked for ("including but not limited to")."""
    splits: ListOf[str] = ()
    """Words at which a new part of a sentence begins ("but", "unless")."""
    words: dict[str, Annotated[ListOf[str], Field(min_length=1)]]
    clauses: ListOf[ClauseRule]

    @field_validator("common", "months", "weekdays", "updated", "ignore", "splits")
    @classmethod
    def _say_something(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        return _filled(words)

    @field_validator("words")
    @classmethod
    def _groups_say_something(cls, words: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {name: _filled(group) for name, group in words.items()}


def _filled(words: tuple[str, ...]) -> tuple[str, ...]:
    for word in words:
        if not plain(word).strip("* "):
            raise ValueError(f'"{word}" would be found everywhere — write a word')
    return words


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence that a rule has found. `block` is the number of its paragraph, from 0."""

    class_: ClauseClass
    rule: str
    text: str
    block: int


@dataclass(frozen=True)
class Language:
    """One language's rules, ready to be used."""

    code: str
    rules: tuple[ClauseRule, ...]
    source: Document = field(repr=False)
    numbers: Mapping[str, int] = field(repr=False)
    """Of each rule, by its id: its place in the file, from 0."""
    _groups: Mapping[str, re.Pattern[str]] = field(repr=False)
    _ignore: re.Pattern[str] | None = field(repr=False)
    _splits: re.Pattern[str] = field(repr=False)

    def of_sentence(self, sentence: str, paragraph: str, heading: str = "") -> list[ClauseRule]:
        """The rules that find something; all texts as plain() leaves them."""
        clean = self._ignore.sub(" ", sentence) if self._ignore else sentence
        here = self._in(clean)
        if not here:
            return []
        above = self._in(heading) if heading else frozenset()
        around = self._in(paragraph) | here | above
        parts = [here & self._in(part) for part in self._splits.split(clean)]
        alone = [rule for rule in self.rules if _holds(rule, here, around, parts, frozenset())]
        if not above or any(rule.class_ in WEIGHTY for rule in alone):
            return alone
        return [
            rule for rule in self.rules
            if rule in alone
            or (rule.class_ in WEIGHTY and _holds(rule, here, around, parts, above))
        ]  # fmt: skip

    def _in(self, text: str) -> frozenset[str]:
        return frozenset(name for name, pattern in self._groups.items() if pattern.search(text))


def _holds(
    rule: ClauseRule,
    here: frozenset[str],
    around: frozenset[str],
    parts: Sequence[frozenset[str]],
    above: frozenset[str],
) -> bool:
    """`above`: what the heading says. What a rule is about must be in the sentence itself."""
    asked = frozenset(rule.all_of)
    return (
        asked <= here | above
        and (not asked or bool(rule.part) or not asked.isdisjoint(here))
        and (here | above).isdisjoint(rule.none)
        and (not rule.near or not around.isdisjoint(rule.near))
        and any(
            part.issuperset(rule.part[:1])
            and (part | above).issuperset(rule.part)
            and (part | above).isdisjoint(rule.without)
            for part in parts
        )
    )


@dataclass(frozen=True)
class TermsRules:
    """All languages."""

    languages: Mapping[str, Language]
    calendar: Calendar
    common: Mapping[str, frozenset[str]]

    def clauses(self, version: Version) -> tuple[Clause, ...]:
        """Every clause in a text. Of a language that has no rules, all are tried."""
        one = self.languages.get(version.language)
        return tuple(_found((one,) if one else self.languages.values(), version.blocks))


def _found(languages: Iterable[Language], blocks: Sequence[str]) -> Iterator[Clause]:
    tried = tuple(languages)
    lead = heading = ""
    for number, block in enumerate(blocks):
        paragraph = plain(block)
        if _is_heading(block, paragraph):
            heading, lead = paragraph, ""
        # "You agree that it may be used to:" goes on in the list below it.
        around = f"{lead} {paragraph}" if lead else paragraph
        for sentence in sentences(block):
            said = plain(sentence)
            context = f"{lead} {said}" if lead else said
            seen: set[ClauseClass] = set()
            for rule in (r for lang in tried for r in lang.of_sentence(context, around, heading)):
                if rule.class_ not in seen and (rule.class_ != "mentions" or not seen):
                    seen.add(rule.class_)
                    yield Clause(rule.class_, rule.id, sentence, number)
        if paragraph.endswith(":"):
            lead = paragraph.rstrip(": ")
        elif (lead and len(paragraph.split()) > 40) or (paragraph.endswith(".") and lead):
            lead = ""


def _is_heading(block: str, paragraph: str) -> bool:
    return len(paragraph.split()) <= _HEADING and not block.rstrip().endswith(
        (".", ";", ":", ",", "!")
    )


def read_terms_rules(documents: Sequence[Document], problems: list[Problem]) -> TermsRules:
    """The rules in `documents`; every mistake is added to `problems`."""
    languages: dict[str, Language] = {}
    common: dict[str, frozenset[str]] = {}
    months: dict[str, int] = {}
    updated: list[str] = []
    weekdays: list[str] = []
    for document in documents:
        file = check(TermsFile, document, problems) if document.value is not None else None
        if file is None:
            continue
        if file.language in common:
            at = document.at(("language",))
            fix = "put all rules of a language into one file"
            problems.append(Problem(at, f'the language "{file.language}" is there twice', fix))
            continue
        ids = [rule.id for rule in file.clauses]
        for number, rule in enumerate(file.clauses):
            if rule.id in ids[:number]:
                at = document.at(("clauses", number, "id"))
                problems.append(Problem(at, f'the id "{rule.id}" is there twice', "choose another"))
            for group in rule.groups:
                if group not in file.words:
                    at = document.at(("clauses", number))
                    fix = did_you_mean(group, list(file.words)) or f"known: {listed(file.words)}"
                    problems.append(Problem(at, f'there are no words called "{group}"', fix))
        known = all(group in file.words for rule in file.clauses for group in rule.groups)
        if known and file.clauses:  # else those of all languages are tried
            languages[file.language] = _language(file, document)
        common[file.language] = frozenset(map(plain, file.common))
        months |= {plain(name): number for number, name in enumerate(file.months, 1)}
        updated += map(plain, file.updated)
        weekdays += map(plain, file.weekdays)
    return TermsRules(languages, Calendar(months, updated, weekdays), common)


def _language(file: TermsFile, document: Document) -> Language:
    return Language(
        file.language,
        # A bare mention counts only where nothing else does, so those rules come last.
        tuple(sorted(file.clauses, key=lambda rule: rule.class_ == "mentions")),
        document,
        {rule.id: number for number, rule in enumerate(file.clauses)},
        {name: _words(words) for name, words in file.words.items()},
        _words(file.ignore) if file.ignore else None,
        re.compile("|".join([r";|:(?=\s)", *(rf"\b{re.escape(plain(w))}\b" for w in file.splits)])),
    )


def _words(words: Sequence[str]) -> re.Pattern[str]:
    """Any of these, as whole words; `*` stands for letters, a blank for white space and hyphens."""
    each = (
        re.escape(plain(word)).replace(r"\*", r"\w*").replace(r"\ ", r"[\s-]+") for word in words
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(each)})(?!\w)")
