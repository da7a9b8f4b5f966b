"""How much sound a visitor takes in an hour: told when the hour is over, without an address."""

from __future__ import annotations

from stagedoor.record.listening_ratio import HOUR, Listening


def test_an_hour_is_told_when_the_next_begins() -> None:
    told: list[float] = []
    listening = Listening(told.append)
    for second in range(0, 3600, 60):
        listening.heard("192.0.2.1", 60, HOUR * 5 + second)
    listening.heard("192.0.2.2", 7200, HOUR * 5 + 10)
    assert told == []
    listening.heard("192.0.2.2", 36, HOUR * 6)
    assert sorted(told) == [1.0, 2.0]
    listening.heard("192.0.2.3", 1, HOUR * 9)
    assert sorted(told) == [0.01, 1.0, 2.0]


def test_visitors_are_kept_up_to_a_bound_and_nobody_is_lost() -> None:
    told: list[float] = []
    listening = Listening(told.append, most=3)
    for number in range(10):
        listening.heard(f"192.0.2.{number}", 3600, 10)
    assert told == [1.0] * 7
    assert len(listening._heard) == 3
    listening.heard("192.0.2.1", 1, HOUR + 1)
    assert told == [1.0] * 10


def test_whoever_goes_on_is_not_told_early() -> None:
    told: list[float] = []
    listening = Listening(told.append, most=2)
    for address in ("a", "b", "a", "c", "a", "d"):
        listening.heard(address, 1800, 10)
    assert told == [0.5, 0.5]
    listening.heard("x", 1, HOUR)
    assert max(told) == 1.5
