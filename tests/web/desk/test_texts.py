"""Every text is used, every text that is used is there, and every language has all of them."""

from __future__ import annotations

import re
import string
from collections import Counter

import pytest

from making import ROOT
from stagedoor.model.languages import Language
from stagedoor.web.desk.texts import (
    LANGUAGES,
    day,
    many,
    number,
    say,
    speaking,
    volume,
)

FOLDER = ROOT / "addons" / "stagedoor" / "web" / "desk"
assert FOLDER.is_dir()
SOURCE = "\n".join(
    path.read_text("utf-8") for path in FOLDER.glob("*.py") if path.name != "texts.py"
)
TEXTS = LANGUAGES["en"]


def braces(text: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_what_is_said_is_there() -> None:
    said = set(re.findall(r'say\(\s*"([^"{]+)"', SOURCE))
    assert said - set(TEXTS) == set()
    counted = {key for name in re.findall(r'many\(\s*"([^"]+)"', SOURCE)
               for key in (f"{name}.one", f"{name}.many")}  # fmt: skip
    assert counted - set(TEXTS) == set()


def test_what_is_there_is_said() -> None:
    words = set(re.findall(r'[f]?"([^"\n]*)"', SOURCE))
    ends = {key.removesuffix(".one").removesuffix(".many") for key in TEXTS}
    unused = {
        key for key in ends if key not in words and key.rpartition(".")[2] not in words
        and not re.search(rf'f"{re.escape(key.rpartition(".")[0])}\.\{{', SOURCE)
    }  # fmt: skip
    assert unused == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_text_with_the_same_values(language: Language) -> None:
    texts = LANGUAGES[language]
    assert list(texts) == list(TEXTS), "in the same order, so that they can be read side by side"
    assert texts["lang"] == language
    for key, text in texts.items():
        assert text.strip(), key
        assert set(braces(text)) - {"n"} == set(braces(TEXTS[key])) - {"n"}, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_twins_take_the_same_values(language: Language) -> None:
    texts = LANGUAGES[language]
    for key in texts:
        if key.endswith(".one"):
            one, two = braces(texts[key]), braces(texts[key.removesuffix("one") + "many"])
            assert set(one) - {"n"} == set(two) - {"n"}, key


def test_french_counts_nothing_as_one_so_its_texts_carry_the_number() -> None:
    carried = {
        key.removesuffix(".many")
        for key, text in LANGUAGES["fr"].items()
        if key.endswith(".many") and "{n}" in text
    }
    assert [key for key in carried if "{n}" not in LANGUAGES["fr"][f"{key}.one"]] == []
    with speaking("fr"):
        assert many("day.requests", 0) == "0 requête"
        assert many("day.requests", 2) == "2 requêtes"
    with speaking("de"):
        assert many("day.requests", 0) == "0 Anfragen"


def test_numbers_days_and_sizes_are_written_as_the_language_does() -> None:
    found = {}
    for language in LANGUAGES:
        with speaking(language):
            found[language] = (number(1234567), day("2026-11-29"), volume(514_400), volume(7))
    narrow, hard = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"
    assert found == {
        "en": ("1,234,567", "11/29", f"514.4{hard}kB", f"7{hard}B"),
        "de": ("1.234.567", "29.11.", f"514,4{hard}kB", f"7{hard}B"),
        "fr": (f"1{narrow}234{narrow}567", "29/11", f"514,4{hard}kB", f"7{hard}B"),
        "es": ("1.234.567", "29/11", f"514,4{hard}kB", f"7{hard}B"),
    }


def test_a_language_ends_with_its_block() -> None:
    with speaking("es"):
        assert say("today") == "Hoy"
    assert say("today") == "Today"
