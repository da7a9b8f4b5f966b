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
from functools import cache

from babel import Locale
from babel.core import negotiate_locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from stagedoor.web.desk.languages.english import ENGLISH
from stagedoor.web.desk.languages.french import FRENCH
from stagedoor.web.desk.languages.german import GERMAN
from stagedoor.web.desk.languages.spanish import SPANISH

LANGUAGES: Mapping[str, Mapping[str, str]] = {
    "en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH,
}  # fmt: skip
DEFAULT = "en"
_language: ContextVar[str] = ContextVar("language of the desk", default=DEFAULT)
_MOST_WISHES = 20


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Everything inside is said in this language."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def speak(language: str) -> None:
    """Everything that this task says from now on is in this language."""
    _language.set(language)


def language() -> str:
    """The language of what is said now: `en`."""
    return _language.get()


def negotiated(accept: str) -> str:
    """The language for an Accept-Language header; English where none fits."""
    wishes = []
    for position, part in enumerate(accept.split(",")[:_MOST_WISHES]):
        name, _, parameter = part.partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter.strip() else 1.0
        except ValueError:
            continue
        if weight > 0 and name.strip():
            wishes.append((-weight, position, name.strip()))
    return negotiate_locale([wish[2] for wish in sorted(wishes)], [*LANGUAGES], sep="-") or DEFAULT


def say(key: str, **values: object) -> str:
    """A text, filled in."""
    return LANGUAGES[_language.get()][key].format(**values)


def many(key: str, count: int, **values: object) -> str:
    """A text about so many of something."""
    one = _locale(_language.get()).plural_form(count) == "one"
    return say(f"{key}.{'one' if one else 'many'}", n=number(count), **values)


def number(count: float) -> str:
    """A number as this language writes it: 1,234 or 1.234 or 1 234."""
    return str(format_decimal(count, locale=_locale(_language.get())))


def day(written: str) -> str:
    """Day and month of a date, `2026-11-29`: 11/29 or 29.11. or 29/11."""
    return str(format_skeleton("Md", date.fromisoformat(written), locale=_locale(_language.get())))


def calendar_day(at: float) -> str:
    """The day of a Unix time, in local time: July 9, 2026 or 9. Juli 2026."""
    local = date(*time.localtime(at)[:3])
    return str(format_date(local, "long", locale=_locale(_language.get())))


_UNITS = ("B", "kB", "MB", "GB", "TB")


def volume(count: int) -> str:
    """So many bytes: 514.4 kB or 514,4 kB."""
    amount, unit = float(count), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    written = format_decimal(
        amount, format="#,##0.0" if unit else "#,##0", locale=_locale(_language.get())
    )
    return f"{written}\N{NO-BREAK SPACE}{_UNITS[unit]}"


@cache
def _locale(name: str) -> Locale:
    return Locale(name)
