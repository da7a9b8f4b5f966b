"""Counts over sliding windows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.store.counters import Sliding


@given(st.floats(180, 600), st.floats(0.1, 2.0))
def test_an_even_stream_is_counted_within_one_part_in_ten(lasts: float, gap: float) -> None:
    counter, times = Sliding(), [1000.0 + number * gap for number in range(int(lasts / gap))]
    for at in times:
        counter.add(1, at, 60.0)
    exact = sum(times[-1] - at < 60.0 for at in times)
    assert abs(counter.count(times[-1], 60.0) - exact) <= max(3, exact * 0.1)


def test_after_a_pause_only_the_window_before_counts() -> None:
    """Amounts large enough for an error of one part in a thousand to show."""
    counter = Sliding()
    counter.add(1000, 30.0, 60.0)
    assert counter.count(30.0, 60.0) == 1000
    assert counter.count(60.0, 60.0) == 1000  # the next window begins: all of it is within a minute
    assert counter.count(75.0, 60.0) == 750
    assert counter.count(119.0, 60.0) == 16
    assert counter.count(120.0, 60.0) == 0
    counter.add(8, 130.0, 60.0)  # and it does not come back
    assert counter.count(130.0, 60.0) == 8


@pytest.mark.parametrize("skipped", [2, 3, 10, 1000])
def test_a_pause_of_more_than_a_window_leaves_nothing(skipped: int) -> None:
    counter = Sliding()
    counter.add(1000, 0.0, 60.0)
    assert counter.count(skipped * 60.0, 60.0) == 0
    counter = Sliding()
    counter.add(1000, 0.0, 60.0)
    counter.add(5, skipped * 60.0 + 30.0, 60.0)
    assert counter.count(skipped * 60.0 + 30.0, 60.0) == 5
    assert counter.count((skipped + 1) * 60.0 + 15.0, 60.0) == 3


def test_windows_in_a_row_hand_over_what_they_counted_and_no_more() -> None:
    counter = Sliding()
    for window, amount in enumerate((100, 300, 500)):
        counter.add(amount, window * 60.0, 60.0)
    assert counter.count(150.0, 60.0) == 500 + 150
    assert counter.count(180.0, 60.0) == 500
    assert counter.count(210.0, 60.0) == 250


def test_what_comes_late_counts_where_it_belongs() -> None:
    counter = Sliding()
    counter.add(100, 130.0, 60.0)
    counter.add(30, 110.0, 60.0)  # of the window before
    counter.add(500, 50.0, 60.0)  # of one that counts no more
    assert counter.count(150.0, 60.0) == 100 + 15
    assert counter.count(110.0, 60.0) == 100 + 4  # a moment ago, by another clock
