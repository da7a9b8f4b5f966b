"""What is remembered of clients, and that it is bounded."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.model.facts import Behaviour, Rate
from stagedoor.store.memory import MOST_RECORDINGS, Memory, Sliding, household

HOME = "198.51.100.7"
THIRTY = Rate(30, 60.0)


def test_nobody_is_known_at_first() -> None:
    assert Memory(10).recall(HOME, 5.0) == Behaviour()


def test_requests_recordings_and_bytes_are_counted() -> None:
    memory = Memory(10)
    for number in range(6):
        found = memory.seen(HOME, 100.0 + number, f"/music/{number % 3}.mp3")
    memory.took(HOME, 5_000_000, 106.0)
    assert found == Behaviour(requests=6, recordings=3, audio=0, known=5.0)
    assert memory.recall(HOME, 107.0).audio == 5_000_000
    assert memory.recall("192.0.2.1", 107.0) == Behaviour()


def test_a_client_is_known_from_the_first_thing_that_is_noted_of_it() -> None:
    memory = Memory(10)
    memory.seen("192.0.2.1", 10.0)
    memory.took("192.0.2.2", 5, 20.0)
    memory.wait("192.0.2.3", "r", THIRTY, 30.0)
    assert [memory.recall(f"192.0.2.{n}", 40.0).known for n in (1, 2, 3)] == [30.0, 20.0, 10.0]
    assert memory.recall("192.0.2.1", 40.0).recordings == 0  # a page is none


def test_a_minute_and_an_hour_later_it_is_forgotten() -> None:
    memory = Memory(10)
    memory.seen(HOME, 0.0, "/a.mp3")
    memory.took(HOME, 1000, 0.0)
    assert memory.recall(HOME, 121.0).requests == 0
    assert memory.recall(HOME, 3599.0).recordings == 1
    assert memory.recall(HOME, 3601.0).recordings == 0
    assert memory.recall(HOME, 7201.0).audio == 0
    assert memory.recall(HOME, 7201.0).known == 7201.0


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


def test_a_rate_lets_so_many_through_at_once_and_then_one_by_one() -> None:
    memory = Memory(10)
    assert [memory.wait(HOME, "r", THIRTY, 0.0) for _ in range(30)] == [0.0] * 30
    assert memory.wait(HOME, "r", THIRTY, 0.0) == 2.0
    assert memory.wait(HOME, "r", THIRTY, 0.5) == 1.5  # what is refused does not count
    assert memory.wait(HOME, "r", THIRTY, 2.0) == 0.0
    assert memory.wait(HOME, "r", THIRTY, 2.0) == 2.0
    assert memory.wait(HOME, "r", THIRTY, 1000.0) == 0.0


def test_rates_are_counted_for_each_rule_and_each_client() -> None:
    memory = Memory(10)
    for _ in range(31):
        memory.wait(HOME, "r", THIRTY, 0.0)
    assert memory.wait(HOME, "other", THIRTY, 0.0) == 0.0
    assert memory.wait("192.0.2.1", "r", THIRTY, 0.0) == 0.0


@given(
    st.integers(1, 50),
    st.floats(0.5, 600),
    st.lists(st.floats(0, 30), min_size=1, max_size=300),
)
def test_nobody_gets_more_than_the_rate_and_waiting_always_helps(
    requests: int, seconds: float, gaps: list[float]
) -> None:
    memory, at, passed = Memory(2), 0.0, []
    rate = Rate(requests, seconds)
    for gap in gaps:
        at += gap
        wait = memory.wait(HOME, "r", rate, at)
        assert 0.0 <= wait <= seconds
        if wait == 0.0:
            passed.append(at)
        else:
            assert copy.deepcopy(memory).wait(HOME, "r", rate, at + wait) == 0.0
    for start in passed:
        # Within one period, a full rate and what has become free in the meantime.
        assert sum(start <= time < start + seconds for time in passed) <= 2 * requests


def test_clients_are_bounded_and_the_latest_are_kept() -> None:
    memory = Memory(100)
    for number in range(1000):
        memory.seen(f"10.0.{number // 256}.{number % 256}", float(number), "/a.mp3")
        memory.seen(HOME, float(number))
    assert len(memory) == 100
    assert memory.recall(HOME, 1000.0).known == 1000.0


def test_recordings_are_bounded_for_one_client_and_for_all() -> None:
    memory = Memory(1000)
    for number in range(5000):
        found = memory.seen(HOME, 0.0, f"/{number}.mp3")
    assert found.recordings == MOST_RECORDINGS
    for client in range(100):
        for number in range(200):
            memory.seen(f"10.0.0.{client}", 1.0, f"/{number}.mp3")
    assert memory._recordings <= 4000
    assert memory._recordings == sum(len(c.recordings) for c in memory._clients.values())


def test_a_household_is_an_address_or_a_network_of_64_bits() -> None:
    assert household("198.51.100.7") == "198.51.100.7"
    assert household("2001:db8::1") == household("2001:db8:0:0:ffff::2")
    assert household("2001:db8::1") != household("2001:db8:0:1::1")
    assert household("::ffff:198.51.100.7") == "198.51.100.7"
    assert household("fe80::1%eth0") == household("fe80::2")
    assert household("what:is:this") == "what:is:this"
    assert household("") == ""
