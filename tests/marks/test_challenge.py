"""Challenges: what is good, and what never is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solving import solve
from stagedoor.marks.challenge import (
    LIFE,
    MOST_BITS,
    PARTS,
    Challenge,
    make,
    part_bits,
    read,
)
from stagedoor.marks.keyring import Key, Keyring

NOW = 1_795_000_000.0
RING = Keyring((Key(0, b"k" * 32),))
OTHER = Keyring((Key(0, b"o" * 32),))
HOME, AWAY = "198.51.100.7", "203.0.113.9"


def made(bits: int = 6, wait: int = 5, at: float = NOW, household: str = HOME) -> Challenge:
    found = read(RING, make(RING, at, bits, wait, b"saltsalt", household), household, at)
    assert isinstance(found, Challenge)
    return found


def test_it_is_read_as_it_was_made() -> None:
    found = made(bits=12, wait=7)
    assert (found.bits, found.wait, found.at, len(found.text)) == (12, 7, int(NOW), 40)
    assert made(bits=99, wait=999).bits == MOST_BITS
    assert made(bits=99, wait=999).wait == 255
    assert made(bits=0).bits == 4


@pytest.mark.parametrize(("bits", "parts"), [(4, 1), (5, 2), (14, 11), (24, 21)])
def test_the_parts_come_to_the_whole(bits: int, parts: int) -> None:
    assert part_bits(bits) == parts


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=8, max_size=8), st.integers(4, 9))
def test_its_answer_is_good_and_no_part_of_another(salt: bytes, bits: int) -> None:
    found = read(RING, make(RING, NOW, bits, 5, salt, HOME), HOME, NOW)
    assert isinstance(found, Challenge)
    answer = solve(found)
    assert found.answered(answer)
    numbers = answer.split(".")
    for wrong in (
        ".".join(numbers[:-1]),
        answer + ".0",
        answer.replace(".", ","),
        f"-{answer}",
        "",
        f"{answer}\n",
    ):
        assert not found.answered(wrong)


def test_a_wrong_number_in_any_part_is_noticed() -> None:
    found = made(bits=15)  # twelve bits a part: the next number is none by chance
    numbers = solve(found).split(".")
    for part in range(PARTS):
        changed = [*numbers]
        changed[part] = str(int(changed[part]) + 1)
        assert not found.answered(".".join(changed))


def test_another_challenges_answer_is_none() -> None:
    assert not made(bits=15, wait=6).answered(solve(made(bits=15, wait=5)))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]{40}", fullmatch=True))
def test_nobody_makes_one_without_the_key(text: str) -> None:
    assert read(RING, text, HOME, NOW) == "forged"


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 39),
    st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
)
def test_one_that_was_altered_is_none(place: int, letter: str) -> None:
    text = made().text
    changed = text[:place] + letter + text[place + 1 :]
    found = read(RING, changed, HOME, NOW)
    assert isinstance(found, Challenge) if changed == text else found == "forged"


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40).filter(lambda text: text != HOME))
def test_one_of_another_household_is_none(household: str) -> None:
    assert read(RING, made().text, household, NOW) == "forged"


def test_one_of_another_guard_is_none() -> None:
    assert read(OTHER, made().text, HOME, NOW) == "forged"
    assert read(Keyring(()), made().text, HOME, NOW) == "forged"
    with pytest.raises(ValueError, match="no key"):
        make(Keyring(()), NOW, 14, 5, b"saltsalt", HOME)


@pytest.mark.parametrize(
    ("later", "good"), [(-61, False), (-60, True), (0, True), (LIFE, True), (LIFE + 1, False)]
)
def test_it_is_good_for_a_while(later: int, good: bool) -> None:
    found = read(RING, made().text, HOME, NOW + later)
    assert isinstance(found, Challenge) if good else found == "expired"


def test_its_visitor_waits_for_as_long_as_it_says() -> None:
    found = made(wait=5)
    assert [found.waited(NOW + later) for later in (0, 4.9, 5, 60)] == [False, False, True, True]
    assert read(RING, make(RING, NOW, 6, 5, b"saltsalt", AWAY), AWAY, NOW) != found


def test_what_is_signed_as_one_thing_is_good_for_no_other() -> None:
    assert RING.sign(NOW, "challenge", b"x") != RING.sign(NOW, "offer", b"x")
    assert Keyring(()).sign(NOW, "challenge", b"x") == b""
