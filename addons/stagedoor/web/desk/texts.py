"""Every text of the desk, in the language of the person who looks.

The texts are in `languages/`, one table each with the same keys. A key ending in `.one` is for what a
language counts as one (French: 0 as well), its twin in `.many` for all others; Babel knows the rules
and how numbers are written (CLDR). Braces are filled in; what is filled in is escaped where the text
goes into a page.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date

from stagedoor.model import locale_forms
from stagedoor.model.languages import DEFAULT, Language
from stagedoor.web.desk.languages.english import ENGLISH
from stagedoor.web.desk.languages.french import FRENCH
from stagedoor.web.desk.languages.german import GERMAN
from stagedoor.web.desk.languages.spanish import SPANISH

LANGUAGES: Mapping[Language, Mapping[str, str]] = {
    "en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH,
}  # fmt: skip
_language: ContextVar[Language] = ContextVar("language of the desk", default=DEFAULT)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Everything inside is said in this language."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def speak(language: Language) -> None:
    """Everything that this task says from now on is in this language."""
    _language.set(language)


def language() -> Language:
    """The language of what is said now: `en`."""
    return _language.get()


def say(key: str, **values: object) -> str:
    """A text, filled in."""
    return LANGUAGES[_language.get()][key].format(**values)


def many(key: str, count: int, **values: object) -> str:
    """A text about so many of something."""
    one = locale_forms.is_one(count, _language.get())
    return say(f"{key}.{'one' if one else 'many'}", n=number(count), **values)


def number(count: float) -> str:
    """A number as this language writes it: 1,234 or 1.234 or 1 234."""
    return locale_forms.number(count, _language.get())


def day(written: str) -> str:
    """Day and month of a date, `2026-11-29`: 11/29 or 29.11. or 29/11."""
    return locale_forms.short_day(date.fromisoformat(written), _language.get())


def calendar_day(at: float) -> str:
    """The day of a Unix time, in local time: July 9, 2026 or 9. Juli 2026."""
    return locale_forms.long_day(date(*time.localtime(at)[:3]), _language.get())


def volume(count: int) -> str:
    """So many bytes: 514.4 kB or 514,4 kB."""
    return locale_forms.volume(count, _language.get())
