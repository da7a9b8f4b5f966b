"""The cases that profiles and rules for terms carry: what must hold, and where it is written. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from stagedoor.model.errors import Location, Problem
from stagedoor.platforms.clauses import ClauseRule, Language, TermsRules
from stagedoor.platforms.normal_text import plain, sentences
from stagedoor.platforms.profiles import PageKind, Profile, Profiles

_KINDS: Sequence[tuple[str, frozenset[PageKind]]] = (
    ("audio", frozenset({"audio"})),
    ("document", frozenset({"document"})),
    ("setting", frozenset({"setting"})),
    ("private", frozenset({"private"})),
    ("other", frozenset({"other", "document", "setting"})),
)
"""Fields of `cases:`, and what their addresses may be."""
_FIXES = {
    "audio": "add its path to audio:, or take it out of not_audio: and private:",
    "document": "add its path to paths: of a document",
    "setting": "add a setting with its path",
    "private": "add its path to private:",
    "other": "add its path to not_audio:, or make the pattern in audio: narrower",
}


def run_platform_cases(profiles: Profiles, rules: TermsRules) -> tuple[int, list[Problem]]:
    """How many cases all files have, and each that does not hold, with its place and its fix."""
    count = 0
    found: list[Problem] = []
    for profile in profiles.all:
        cases = profile.file.cases
        count += sum(len(getattr(cases, name)) for name, _ in _KINDS)
        found += _of_profile(profile)
    for language in rules.languages.values():
        for rule in language.rules:
            count += len(rule.cases.match) + len(rule.cases.differ)
            found += _of_rule(language, rule)
    return count, found


def _of_profile(profile: Profile) -> Iterator[Problem]:
    for name, kinds in _KINDS:
        for number, url in enumerate(getattr(profile.file.cases, name)):
            at = profile.source.at(("cases", name, number))
            parts = urlsplit(url)
            if parts.hostname not in profile.hosts:
                message = f"{profile.id}: {url} is on no host of this profile"
                yield Problem(at, message, "write a whole address, or add its host to hosts:")
                continue
            kind = profile.page(parts.hostname, parts.path or "/").kind
            if kind not in kinds:
                yield Problem(at, f'{profile.id}: {url} is "{kind}", not "{name}"', _FIXES[name])


def _of_rule(language: Language, rule: ClauseRule) -> Iterator[Problem]:
    for name, wanted in (("match", True), ("differ", False)):
        for number, text in enumerate(getattr(rule.cases, name)):
            if finds(language, rule, text) is not wanted:
                at = _case_place(language, rule, name, number)
                word = "does not find" if wanted else "finds"
                fix = (
                    "add its words to the groups that the rule asks for"
                    if wanted
                    else "name a group of words under without: or none:"
                )
                yield Problem(at, f"{language.code}, {rule.id}: {word} “{text}”", fix)


def finds(language: Language, rule: ClauseRule, text: str) -> bool:
    """Whether a rule finds something in a text of one or more sentences."""
    return any(rule in language.of_sentence(plain(s), plain(text)) for s in sentences(text))


def _case_place(language: Language, rule: ClauseRule, name: str, number: int) -> Location:
    return language.source.at(("clauses", language.numbers[rule.id], "cases", name, number))
