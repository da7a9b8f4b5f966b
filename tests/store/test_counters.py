"""Counts over sliding windows."""

from __future__ import annotations

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
