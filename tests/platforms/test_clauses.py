"""The shipped rules for terms: their cases, and clauses like those that were found too late."""

from __future__ import annotations

import pytest

from making import document
from platformrules import of, rules
from stagedoor.model.errors import Problem
from stagedoor.platforms.clauses import read_terms_rules

FEBRUARY_2024 = (
    "By putting sound on our platform you expressly consent that it may serve to inform, train, "
    "build or feed artificial intelligence or other machine intelligence, as a part of running and "
    "offering our services. In the absence of a separate agreement that says otherwise, this holds "
    "for everything that you upload."
)
"""Words of our own, shaped like the clause that one platform added in February 2024."""


def classes(text: str) -> set[str]:
    return {clause.class_ for clause in rules().clauses(of([text]))}


def test_every_language_has_rules_for_every_class() -> None:
    assert set(rules().languages) == {"en", "de", "fr", "es"}
    for language in rules().languages.values():
        assert {rule.class_ for rule in language.rules} == {
            "grants-platform", "grants-third-parties", "forbids", "opt-out", "opt-in",
            "separate-agreements", "licence", "mentions",
        }  # fmt: skip


def test_the_clause_of_february_2024_is_found() -> None:
    assert {"grants-platform", "separate-agreements"} <= classes(FEBRUARY_2024)
    assert "forbids" not in classes(FEBRUARY_2024)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("We do not train generative models on your voice without your explicit, opt-in consent.", {"forbids", "opt-in"}),
        ("You agree that we may use content, including but not limited to sound, to train AI.", {"grants-platform"}),
        ("Mit dem Hochladen räumen Sie uns eine Lizenz ein, auch zum Training von KI.", {"grants-platform", "licence"}),
        ("Nos partenaires peuvent utiliser vos titres pour entraîner des modèles d'IA.", {"grants-third-parties"}),
        ("Queda prohibido usar este contenido para entrenar inteligencia artificial.", {"forbids"}),
        ("Trains run every ten minutes, and you may not smoke in them.", set()),
        ("J'ai entraîné mon oreille et je ne le regrette pas.", set()),
    ],
)  # fmt: skip
def test_sentences_that_no_rule_has_as_its_case(text: str, wanted: set[str]) -> None:
    assert classes(text) == wanted


def test_a_list_belongs_to_the_sentence_above_it() -> None:
    found = rules().clauses(
        of(
            [
                "You agree that we may use what you upload in order to:",
                "show it to others;",
                "train AI.",
            ]
        )
    )
    assert [(clause.class_, clause.text) for clause in found] == [("grants-platform", "train AI.")]


def test_a_rule_that_names_words_that_are_not_there_is_a_mistake_with_its_place() -> None:
    problems: list[Problem] = []
    file = document(
        """
        language: xx
        reviewed: 2026-11-29
        source: test
        common: [a, b, c, d, e, f, g, h]
        months: [a, b, c, d, e, f, g, h, i, j, k, l]
        updated: [u]
        words: {training: [train]}
        clauses:
          - {id: one, class: forbids, part: [trainin], cases: {match: [train]}}
        """
    )
    found = read_terms_rules([file], problems)
    assert len(problems) == 1
    assert 'there are no words called "trainin"' in str(problems[0])
    assert 'did you mean "training"?' in str(problems[0])
    assert "xx" not in found.languages


XX = """
language: xx
reviewed: 2026-11-29
source: test
common: [a, b, c, d, e, f, g, h]
months: [a, b, c, d, e, f, g, h, i, j, k, l]
updated: [u]
words: {training: [%s]}
clauses:
  - {id: one, class: forbids, part: [training], cases: {match: [train]}}
  %s
"""


@pytest.mark.parametrize(
    ("word", "more", "wanted"),
    [
        ("'*'", "", "would be found everywhere"),
        ("''", "", "would be found everywhere"),
        ("", "", "training has 0 entries, and must have at least 1 — add what is missing"),
        (
            "train",
            "- {id: one, class: forbids, part: [training], cases: {match: [train]}}",
            'the id "one" is there twice',
        ),
        ("train", "- {id: two, class: forbid, part: [training], cases: {match: [x]}}", "forbids"),
        ("train", "- {id: two, class: forbids, cases: {match: [x]}}", "asks for nothing"),
    ],
)
def test_a_mistake_in_rules_for_terms_is_reported(word: str, more: str, wanted: str) -> None:
    problems: list[Problem] = []
    read_terms_rules([document(XX % (word, more), "terms/xx.yaml")], problems)
    assert len(problems) == 1
    assert wanted in str(problems[0])
    assert problems[0].location.line


def test_a_language_in_two_files_is_a_mistake() -> None:
    problems: list[Problem] = []
    files = [document(XX % ("train", ""), f"terms/{name}.yaml") for name in ("xx", "yy")]
    read_terms_rules(files, problems)
    assert [p.message for p in problems] == ['the language "xx" is there twice']
