"""The letter says the same in four languages, and concludes nothing from a claim."""

from __future__ import annotations

import string
from dataclasses import replace
from typing import get_args

import pytest

from letters import ABOUT
from stagedoor.evidence.complaint import Complaint
from stagedoor.evidence.letter import Letter, Sentence, letter
from stagedoor.evidence.letter_texts import TEXTS
from stagedoor.model.languages import LANGUAGES, Language
from stagedoor.model.locale_forms import number


def written(language: Language, about: Complaint = ABOUT) -> Letter:
    return letter(about, language, TEXTS[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_there_with_the_same_gaps(language: Language) -> None:
    def gaps(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    assert set(TEXTS[language]) == set(get_args(Sentence))
    for name, text in TEXTS[language].items():
        assert gaps(text) == gaps(TEXTS["en"][name]), name
        assert text.strip() == text != ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figures_are_in_every_language(language: Language) -> None:
    found = written(language)
    rows = [row for section in found.sections if section.table for row in section.table.rows]
    assert any(row[:2] == ("GPTBot", "3") and number(1_234, language) in row for row in rows)
    assert any("/music/a.mp3" in row for row in rows)
    assert len(found.asked) == 4
    assert "OpenAI" in found.subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_proof_it_is_a_question(language: Language) -> None:
    found = written(language, replace(ABOUT, proven=(), steps=()))
    assert found.subject == TEXTS[language]["question"].format("OpenAI")
    assert len(found.asked) == 2
    assert "1.5" not in " ".join(found.paragraphs)
    headings = [section.heading for section in found.sections]
    assert TEXTS[language]["figures"] not in headings
    assert TEXTS[language]["claimed"] in headings


def test_an_address_that_is_not_known_is_said_to_be_so() -> None:
    assert dict(written("en").facts)["To"] == "OpenAI, address not known"
    known = replace(ABOUT, address="a@b.example", address_source="its page, 2026-11-29")
    assert dict(written("en", known).facts)["To"] == (
        "OpenAI, a@b.example (address from: its page, 2026-11-29)"
    )


def test_numbers_and_days_are_written_as_the_language_does() -> None:
    days = {
        language: dict(written(language).facts)[TEXTS[language]["date"]] for language in LANGUAGES
    }
    assert days["en"].count("-") == 2
    assert days["de"].count(".") == 2
    assert len(set(days.values())) == len(LANGUAGES)
    cells = {
        language: {
            cell for section in written(language).sections if section.table
            for row in section.table.rows for cell in row
        }
        for language in ("en", "de")
    }  # fmt: skip
    assert "1,234" in cells["en"]
    assert "1.234" in cells["de"]


def test_a_reservation_has_its_name_in_law() -> None:
    assert "Nutzungsvorbehalt" in TEXTS["de"]["subject"]  # UrhG, section 44b
    assert "réserve de droits" in TEXTS["fr"]["subject"]  # CPI, article L. 122-5-3
    assert "reserva de derechos" in TEXTS["es"]["subject"]  # RDL 24/2021, article 67
