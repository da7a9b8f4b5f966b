"""Time on air and open live streams: by a clock of the tests' own."""

from __future__ import annotations

import tracemalloc

import pytest

from stagedoor.store.on_air import MOST, PAUSE, OnAir

HOME, NEIGHBOUR = "192.0.2.7", "192.0.2.8"
NETWORK = "192.0.2.0/24"
HOUR = 3600.0


def test_time_on_air_goes_on_through_a_short_pause() -> None:
    air = OnAir()
    air.sent(HOME, 0, 1)
    assert air.seconds(HOME, 2 * HOUR) == 2 * HOUR
    air.sent(HOME, 2 * HOUR, -1)
    assert air.seconds(HOME, 2 * HOUR + 60) == 2 * HOUR + 60
    air.sent(HOME, 2 * HOUR + PAUSE, 1)
    assert air.seconds(HOME, 3 * HOUR) == 3 * HOUR
    air.sent(HOME, 3 * HOUR, -1)
    assert air.seconds(HOME, 3 * HOUR + PAUSE + 1) == 0
    air.sent(HOME, 9 * HOUR, 1)
    assert air.seconds(HOME, 9 * HOUR + 5) == 5


def test_segments_of_a_live_playlist_count_as_well() -> None:
    air = OnAir()
    for at in range(0, int(HOUR), 6):
        air.sent(HOME, at)
    assert air.seconds(HOME, HOUR) == HOUR
    assert air.streams(HOME) == 0


def test_open_streams_of_a_household_and_its_network() -> None:
    air = OnAir()
    for household in (HOME, HOME, NEIGHBOUR, "2001:0db8:0001:0002"):
        air.sent(household, 0, 1)
    assert (air.streams(HOME), air.streams(NEIGHBOUR), air.streams_in(NETWORK)) == (2, 1, 3)
    assert air.streams_in("2001:0db8:0001/48") == 1
    air.sent(HOME, 10, -1)
    assert (air.streams(HOME), air.streams_in(NETWORK)) == (1, 2)
    assert air.streams("203.0.113.1") == 0


def test_ten_times_as_many_as_there_is_room_for() -> None:
    air = OnAir(1000)
    for number in range(10_000):
        household = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        air.sent(household, number * 0.01, 1)
    assert len(air) == 1000
    # Those that were forgotten end without a trace.
    for number in range(10_000):
        household = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        air.sent(household, 200, -1)
    assert all(air.streams_in(f"10.0.{n}.0/24") == 0 for n in range(256))


@pytest.mark.slow
def test_a_day_of_coming_and_going_grows_nothing() -> None:
    """A listener a second, each for ten minutes: six hundred at a time, whoever they are."""
    air = OnAir()

    def hours(first: int, last: int) -> None:
        for at in range(first * 3600, last * 3600):
            air.sent(f"10.{at >> 16 & 255}.{at >> 8 & 255}.{at & 255}", at, 1)
            past = at - 600
            if past >= 0:
                air.sent(f"10.{past >> 16 & 255}.{past >> 8 & 255}.{past & 255}", at, -1)

    hours(0, 3)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        hours(3, 24)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(air) <= 1300 < MOST
    assert after - before < 400_000
