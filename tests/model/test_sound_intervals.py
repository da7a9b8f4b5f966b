"""Intervals of bytes: the same twice counts once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.model import sound_intervals
from stagedoor.model.sound_intervals import MOST, NOTHING, added, size

PARTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=MOST)


@given(PARTS)
def test_new_bytes_are_those_of_a_set(parts: list[tuple[int, int]]) -> None:
    intervals, seen = NOTHING, set[int]()
    for start, end in parts:
        new = set(range(start, end)) - seen
        intervals, count = added(intervals, start, end)
        seen |= new
        assert count == len(new)
        assert size(intervals) == len(seen)
        assert list(intervals) == sorted(set(intervals))


def test_reading_on_stays_one_interval() -> None:
    intervals = NOTHING
    for start in range(0, 1000, 10):
        intervals, new = added(intervals, start, start + 10)
        assert new == 10
    assert intervals == (0, 1000)
    assert added(intervals, 300, 700) == (intervals, 0)


def test_ten_thousand_pieces_stay_few_and_nothing_counts_twice() -> None:
    intervals, total = NOTHING, 0
    for start in range(0, 1_000_000, 100):
        intervals, new = added(intervals, start, start + 50)
        total += new
    assert len(intervals) <= 2 * MOST
    for start in range(0, 1_000_000, 100):
        intervals, new = added(intervals, start, start + 50)
        total += new
    assert total <= 1_000_000
    assert sound_intervals.size(intervals) <= 1_000_000


@pytest.mark.parametrize(
    ("before", "start", "end", "after", "new"),
    [
        (NOTHING, 10, 20, (10, 20), 10),
        ((10, 20), 20, 30, (10, 30), 10),  # reads on
        ((10, 20), 12, 18, (10, 20), 0),  # again
        ((10, 20), 15, 25, (10, 25), 5),
        ((10, 20), 40, 50, (10, 20, 40, 50), 10),
        ((10, 20, 40, 50), 0, 60, (0, 60), 40),  # all of it, and the gaps
        ((10, 20), 30, 30, (10, 20), 0),
        ((10, 20), 30, 25, (10, 20), 0),  # ends before it begins
    ],
)
def test_intervals_by_hand(
    before: tuple[int, ...], start: int, end: int, after: tuple[int, ...], new: int
) -> None:
    assert added(before, start, end) == (after, new)
