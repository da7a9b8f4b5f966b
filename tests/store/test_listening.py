"""How much sound a visitor takes in an hour: reported when the hour is over, without an address."""

from __future__ import annotations

from stagedoor.store.listening import HOUR, Listening


def test_an_hour_is_reported_when_the_next_begins() -> None:
    listening = Listening()
    for second in range(0, 3600, 60):
        assert listening.sent("192.0.2.1", 60, HOUR * 5 + second) == ()
    assert listening.sent("192.0.2.2", 7200, HOUR * 5 + 10) == ()
    assert sorted(listening.sent("192.0.2.2", 36, HOUR * 6)) == [1.0, 2.0]
    assert listening.sent("192.0.2.3", 1, HOUR * 9) == (0.01,)


def test_visitors_are_kept_up_to_a_bound_and_nobody_is_lost() -> None:
    listening = Listening(most=3)
    found: list[float] = []
    for number in range(10):
        found += listening.sent(f"192.0.2.{number}", 3600, 10)
    assert found == [1.0] * 7
    assert len(listening) == 3
    assert listening.sent("192.0.2.1", 1, HOUR + 1) == (1.0,) * 3


def test_those_who_go_on_are_not_reported_early() -> None:
    listening = Listening(most=2)
    found: list[float] = []
    for address in ("a", "b", "a", "c", "a", "d"):
        found += listening.sent(address, 1800, 10)
    assert found == [0.5, 0.5]
    assert max(listening.sent("x", 1, HOUR)) == 1.5
