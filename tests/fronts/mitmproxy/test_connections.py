"""Who makes room for whom."""

from __future__ import annotations

import logging

import pytest

from stagedoor.fronts.mitmproxy.connections import Bounds, Connections, Key, household


class Door:
    """Connections with a clock of the test's own."""

    def __init__(self, **bounds: float) -> None:
        self.now = 1000.0
        self.reasons: list[str] = []
        self.cut: list[Key] = []
        self.connections = Connections(
            closed=self.reasons.append,
            exempt=lambda address: address == "10.0.0.1",
            clock=lambda: self.now,
            bounds=Bounds(**bounds),  # type: ignore[arg-type]
            following=True,
        )

    def come(self, name: str, address: str = "", descriptor: int = 10) -> bool:
        return self.connections.admit(
            name, address or name, descriptor, lambda: self.cut.append(name)
        )

    def ask(self, name: str) -> None:
        self.connections.busy(name)

    def rest(self, name: str) -> None:
        self.connections.rests(name)

    @property
    def gone(self) -> list[str]:
        return [str(name) for name in self.cut]


def test_a_household_is_an_address_or_a_64() -> None:
    assert household("192.0.2.1") == "192.0.2.1"
    assert household("::ffff:192.0.2.1") == "192.0.2.1"
    assert household("2001:db8:1:2:3::4") == household("2001:db8:1:2::") == "2001:0db8:0001:0002"
    assert household("2001:db8:1:3::4") != household("2001:db8:1:2::")
    assert household("fe80::1%eth0") == "fe80:0000:0000:0000"


def test_in_a_household_the_oldest_that_is_not_served_makes_room() -> None:
    door = Door(per_household=3)
    for name in "abc":
        assert door.come(name, "192.0.2.1")
    door.ask("a")
    assert door.come("d", "192.0.2.1")
    assert door.gone == ["b"]
    assert door.come("elsewhere", "192.0.2.2")
    assert door.gone == ["b"]
    for name in "acd":
        door.ask(name)
    assert not door.come("e", "192.0.2.1")  # all are being served: nobody is cut off
    assert door.gone == ["b"]
    door.rest("c")
    assert door.come("e", "192.0.2.1")
    assert door.gone == ["b", "c"]
    assert door.reasons == ["household"] * 3


def test_a_trusted_proxy_brings_many_households() -> None:
    door = Door(per_household=2)
    assert all(door.come(name, "10.0.0.1") for name in "abcdef")
    assert door.gone == []


def test_in_all_an_old_silent_one_makes_room_before_one_at_rest_and_that_before_a_new_one() -> None:
    door = Door(in_all=3)
    for name in "abc":
        door.come(name)
    door.ask("a")
    door.rest("a")
    door.now += 5
    assert door.come("d")
    assert door.gone == ["b"]
    assert door.come("e")
    assert door.gone == ["b", "c"]
    assert door.come("f")  # d and e have only just come
    assert door.gone == ["b", "c", "a"]
    assert door.come("g")
    assert door.gone == ["b", "c", "a", "d"]
    assert len(door.connections) == 3


def test_descriptors_are_kept_for_site_and_desk() -> None:
    door = Door(descriptors=100)
    assert door.come("a", descriptor=99)
    assert door.come("b", descriptor=100)
    assert door.gone == ["a"]
    door.ask("b")
    assert not door.come("c", descriptor=101)
    assert door.reasons == ["descriptors"] * 2


def test_a_head_has_15_seconds_and_rest_has_an_end() -> None:
    door = Door(head=15, idle=75)
    door.come("silent")
    door.come("served")
    door.ask("served")
    door.come("resting")
    door.ask("resting")
    door.rest("resting")
    door.now += 14
    door.connections.sweep()
    assert door.gone == []
    door.now += 2
    door.connections.sweep()
    assert door.gone == ["silent"]
    door.now += 60
    door.connections.begun("resting")  # the next head begins: it has 15 seconds of its own
    door.connections.sweep()
    assert door.gone == ["silent"]
    door.now += 16
    door.connections.sweep()
    assert door.gone == ["silent", "resting"]
    assert door.reasons == ["head", "head"]
    door.now += 10_000
    door.connections.sweep()
    assert door.gone == ["silent", "resting"]  # served for as long as it takes


def test_rest_ends_after_a_while() -> None:
    door = Door(idle=75)
    door.come("a")
    door.ask("a")
    door.rest("a")
    door.now += 76
    door.connections.sweep()
    assert (door.gone, door.reasons) == (["a"], ["idle"])


def test_who_is_gone_leaves_nothing() -> None:
    door = Door(per_household=1)
    for number in range(100):
        door.come("a", "192.0.2.1")
        door.connections.gone("a")
        door.connections.gone("a")
        assert len(door.connections) == door.connections.unfinished == 0, number
    assert door.gone == []
    assert not door.connections._households


def test_one_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "stagedoor.door")
    door = Door(per_household=1)
    for number in range(5):
        door.come(str(number), "192.0.2.1")
    door.connections.sweep()
    door.come("again", "192.0.2.1")
    door.connections.sweep()
    assert len(caplog.records) == 1
    assert "4 (too many from one household); 1 are open" in caplog.text
    door.now += 61
    door.connections.sweep()
    assert len(caplog.records) == 2
