"""Marks that were signed are read back; all others name nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.marks.keyring import Key, Keyring
from stagedoor.marks.mark import (
    EPOCH,
    FORM,
    HOUR,
    LETTERS,
    MARK_KINDS,
    Mark,
    hour_of,
    of_serial,
)

NOW = EPOCH + 1000 * HOUR + 17
OURS = Keyring([Key(EPOCH, b"o" * 32)])
ELSEWHERE = Keyring([Key(EPOCH, b"e" * 32)])

kinds = st.sampled_from(MARK_KINDS)
times = st.integers(EPOCH, EPOCH + (1 << 20) * HOUR - 1)
numbers = st.integers(0, (1 << 32) - 1)


@given(kinds, times, numbers)
def test_a_mark_is_read_back(kind: str, at: int, number: int) -> None:
    text = OURS.issue(kind, at, number)  # type: ignore[arg-type]
    assert FORM.fullmatch(text)
    mark = OURS.read(text)
    assert mark == Mark(kind, hour_of(at), number)  # type: ignore[arg-type]
    assert mark is not None
    assert mark == of_serial(mark.serial) == OURS.read(text.upper())
    assert text.startswith(mark.serial)
    assert 0 <= at - mark.at < HOUR
    assert ELSEWHERE.read(text) is None


@given(kinds, numbers, st.integers(0, 19), st.sampled_from(LETTERS))
def test_a_mark_with_one_other_letter_names_nobody(
    kind: str, number: int, place: int, letter: str
) -> None:
    text = OURS.issue(kind, NOW, number)  # type: ignore[arg-type]
    altered = text[:place] + letter + text[place + 1 :]
    assert (OURS.read(altered) is not None) == (altered == text)


@given(st.text(max_size=30) | st.text(alphabet=LETTERS, min_size=20, max_size=20))
def test_a_forged_mark_names_nobody(text: str) -> None:
    assert OURS.read(text) is None


def test_only_letters_of_ascii_are_letters() -> None:
    text = OURS.issue("page", NOW, 5)
    kelvin = text.replace("k", "\u212a")
    assert kelvin == text or OURS.read(kelvin) is None
    assert OURS.read(text + "\n") is None
    assert of_serial("1" * 11) is None
    assert of_serial("7" * 11) is None  # a kind there is not


def test_each_mark_is_read_by_the_key_of_its_hour() -> None:
    later = NOW + 100 * HOUR
    old, new = Key(EPOCH, b"1" * 32), Key(later, b"2" * 32)
    before, rotated = Keyring([old]), Keyring([new, old])
    first = before.issue("feed", NOW, 1)
    assert rotated.read(first) == before.read(first)
    second = rotated.issue("feed", later, 1)
    assert rotated.read(second) is not None
    assert before.read(second) is None
    assert rotated.issue("feed", later - HOUR, 1) == before.issue("feed", later - HOUR, 1)


def test_without_a_key_nothing_is_signed_or_read() -> None:
    nothing, later = Keyring([]), Keyring([Key(NOW + HOUR, b"k" * 32)])
    assert not nothing
    assert OURS
    for ring in (nothing, later):
        assert ring.read(OURS.issue("page", NOW, 1)) is None
        with pytest.raises(ValueError, match="no key"):
            ring.issue("page", NOW, 1)


def test_a_number_is_the_same_for_the_same_parts_alone() -> None:
    number = OURS.number(NOW, "192.0.2.1", "agent")
    assert number == OURS.number(NOW + 5, "192.0.2.1", "agent")
    assert 0 <= number < 1 << 32
    others = {
        OURS.number(NOW, "192.0.2.1a", "gent"),
        OURS.number(NOW, "192.0.2.1"),
        ELSEWHERE.number(NOW, "192.0.2.1", "agent"),
    }
    assert len(others - {number}) == 3


def test_times_outside_the_range_are_at_its_ends() -> None:
    assert hour_of(0) == 0
    assert hour_of(1e12) == (1 << 20) - 1
