"""What the shipped rules say is there in every language, and what an artist wrote stays as it is."""

from __future__ import annotations

import pytest

from shippedpolicy import shipped_policy
from stagedoor.fronts.trap_pages import TAKEN
from stagedoor.model.languages import LANGUAGES
from stagedoor.rules.plan import SIGNAL
from stagedoor.rules.translations import TRANSLATIONS, in_language, source

OTHERS = [language for language in LANGUAGES if language != "en"]


def said() -> set[str]:
    """Everything that the shipped rules, and the guard itself, may say."""
    verdicts = [rule.verdict for rule in shipped_policy().rules] + [SIGNAL, TAKEN]
    return {source(text).rstrip(".") for one in verdicts for text in (one.title, one.why) if text}


@pytest.mark.parametrize("language", OTHERS)
def test_every_rule_has_its_words_and_no_words_are_left_over(language: str) -> None:
    table = TRANSLATIONS[language]  # type: ignore[index]
    assert set(table) == said()
    for english, text in table.items():
        assert text.strip(), english
        assert text.count("{}") == english.count("{}"), english
        assert text != english
        assert not text.endswith("."), english


def test_the_words_of_the_stance_are_kept() -> None:
    assert in_language("The artist does not allow it (ai.train is no).", "de") == (
        "Das ist hier nicht erlaubt (ai.train: no)."
    )
    assert in_language(
        "It was sent far more sound than a household can have heard (listening.ahead).", "es"
    ) == ("Se ha enviado mucho más audio del que puede haber escuchado un hogar (listening.ahead).")


def test_english_is_as_the_rules_say_it() -> None:
    for rule in shipped_policy().rules:
        assert in_language(rule.title, "en") == rule.title


@pytest.mark.parametrize(
    "text", ["", "Keine Roboter!", "Search engines are refused, mostly", "{}", "({})"]
)
def test_what_the_artist_wrote_is_not_changed(text: str) -> None:
    assert {in_language(text, language) for language in LANGUAGES} == {text}
