"""What the shipped rules say, in other languages: a table for each, from the English text.

A text is found by its English words, so a title that an artist wrote is shown as it was written, also
in the place of a shipped one. Words of the stance in brackets (`ai.train is no`) are `{}` here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from stagedoor.model.languages import Language
from stagedoor.rules.translations.french_rules import FRENCH
from stagedoor.rules.translations.german_rules import GERMAN
from stagedoor.rules.translations.spanish_rules import SPANISH

TRANSLATIONS: Mapping[Language, Mapping[str, str]] = {"de": GERMAN, "fr": FRENCH, "es": SPANISH}
_STANCE = re.compile(r"\(([a-z_]+\.[a-z_]+)(?: is (yes|log|no))?\)")


def source(text: str) -> str:
    """The English text as the tables have it: the words of the stance are left out."""
    return _STANCE.sub("({})", text)


@lru_cache(maxsize=2048)
def in_language(text: str, language: Language) -> str:
    """A title, or a reason, in this language; one that no shipped rule has is not changed."""
    found = TRANSLATIONS.get(language, {}).get(source(text).rstrip("."))
    if found is None:
        return text
    end = "." if text.endswith(".") else ""
    for word, value in _STANCE.findall(text):
        found = found.replace("{}", f"{word}: {value}" if value else word, 1)
    return found + end
