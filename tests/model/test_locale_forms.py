"""Numbers, days and durations as each language writes them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.model import locale_forms
from stagedoor.model.languages import LANGUAGES, Language
from stagedoor.model.locale_forms import (
    from_now,
    is_one,
    lasting,
    long_day,
    number,
    short_day,
    utc_day,
    utc_hour,
    utc_second,
    volume,
)

NARROW, HARD = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"
OCTOBER = 1_790_856_000_000
"""2026-10-01 12:00:00 UTC."""


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", ("1,234,567", f"514.4{HARD}kB", "11/29", "July 9, 2026", "Oct 1, 2026, 12:00:00", "Oct 1 12:00")),
        ("de", ("1.234.567", f"514,4{HARD}kB", "29.11.", "9. Juli 2026", "01.10.2026, 12:00:00", "1. Okt. 12:00")),
        ("fr", (f"1{NARROW}234{NARROW}567", f"514,4{HARD}kB", "29/11", "9 juillet 2026",
                "1 oct. 2026, 12:00:00", "1 oct. 12:00")),
        ("es", ("1.234.567", f"514,4{HARD}kB", "29/11", "9 de julio de 2026", "1 oct 2026, 12:00:00", "1 oct 12:00")),
    ],
)  # fmt: skip
def test_numbers_and_days(language: Language, written: tuple[str, ...]) -> None:
    assert written == (
        number(1_234_567, language),
        volume(514_400, language),
        short_day(date(2026, 11, 29), language),
        long_day(date(2026, 7, 9), language),
        utc_second(OCTOBER, language),
        utc_hour(OCTOBER, language),
    )
    assert utc_second(OCTOBER, language).startswith(utc_day(OCTOBER, language))


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (5_250_000, "5.2 MB"),
        (4 * 10**15, "4,000.0 TB"),
    ],
)
def test_sizes(count: int, shown: str) -> None:
    assert volume(count, "en") == shown.replace(" ", HARD)


def test_french_counts_nothing_as_one() -> None:
    assert [is_one(0, language) for language in LANGUAGES] == [False, False, True, False]
    assert all(is_one(1, language) and not is_one(2, language) for language in LANGUAGES)


@pytest.mark.parametrize(
    ("milliseconds", "english", "german"),
    [
        (0, "< 1 second", "< 1 Sekunde"),
        (-5, "< 1 second", "< 1 Sekunde"),
        (61_000, "1 minute 1 second", "1 Minute 1 Sekunde"),
        (90_061_000, "1 day 1 hour", "1 Tag 1 Stunde"),
        (7_200_000, "2 hours", "2 Stunden"),
    ],
)
def test_durations(milliseconds: int, english: str, german: str) -> None:
    assert (lasting(milliseconds, "en"), lasting(milliseconds, "de")) == (english, german)


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (1, "in 1 second", "in 1 Sekunde"),
        (119, "in 119 seconds", "in 119 Sekunden"),
        (121, "in 3 minutes", "in 3 Minuten"),
        (3_600, "in 60 minutes", "in 60 Minuten"),
        (2 * 86_400, "in 2 days", "in 2 Tagen"),
    ],
)
def test_when_it_will_be(seconds: int, english: str, german: str) -> None:
    assert (from_now(seconds, "en"), from_now(seconds, "de")) == (english, german)


@given(st.integers(1, 366 * 86_400), st.sampled_from(LANGUAGES))
def test_nobody_is_asked_back_too_early(seconds: int, language: Language) -> None:
    said = from_now(seconds, language)
    count = next(int(word) for word in said.split() if word.isdigit())
    unit = next(length for length, named in _NAMES.items() if any(name in said for name in named))
    assert seconds <= count * unit <= 2 * seconds


_NAMES = {
    30 * 86_400: ("month", "Monat", "mois", "mes"),
    7 * 86_400: ("week", "Woche", "semaine", "semana"),
    86_400: ("day", "Tag", "jour", "día"),
    3_600: ("hour", "Stunde", "heure", "hora"),
    60: ("minut", "Minut"),
    1: ("second", "Sekunde", "segundo"),
}


def test_babel_is_asked_once_for_a_language() -> None:
    assert locale_forms.locale("de") is locale_forms.locale("de")
