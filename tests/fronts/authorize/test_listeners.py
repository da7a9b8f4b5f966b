"""Listeners and takers by the clock, as the counter hears of them: from a line when all has gone out.

What they are sent in front of a site, `tools.measure_listening` and `./run bench listening` show.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from tools import measure_listening as scripts

from counters import Counting, counting
from stagedoor.resources.track_keys import track_key
from stagedoor.store.interface import Length

SIZE = 4_000_000
BEGIN = 100_000.0
CLOCKED = ("stagedoor.fronts.decision_point", "stagedoor.fronts.sound_reports")
"""Modules that ask for the time in which listening is counted."""
LISTENERS = (
    *("DJ, 60 × 10 s", "DJ, 60 × 5 s", "family of four, one browser", "class of 30, one album"),
    *("20 strangers at an airport", "phone that moves", "fan takes an album of 12"),
)
TAKERS = {"one that sleeps 20 to 60 s": 100, "one address, another agent each time": 31}
"""What each has of 100 recordings: the first is not stopped in front of a site, either."""


@pytest.fixture(scope="module")
def counter() -> Iterator[Counting]:
    with counting() as found:
        yield found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = SimpleNamespace(seconds=BEGIN)
    words = {name: getattr(time, name) for name in dir(time)}
    clocked = SimpleNamespace(**{**words, "monotonic": lambda: now.seconds})
    for name in CLOCKED:
        monkeypatch.setattr(sys.modules[name], "time", clocked)
    return lambda seconds: setattr(now, "seconds", BEGIN + seconds)


class Played:
    """One script. Its addresses are its own, and who shares a /24 in it shares one here."""

    def __init__(self, counter: Counting, clock: Callable[[float], None], number: int) -> None:
        self.counter, self.clock, self.number = counter, clock, number
        self.networks: dict[str, str] = {}
        self.had: set[str] = set()
        self.refused: list[str] = []

    def ask(self, one: scripts.Ask) -> None:
        """A question, and the line of its response."""
        self.clock(one.at)
        network, _, last = one.address.rpartition(".")
        network = self.networks.setdefault(network, f"{20 + self.number}.77.{len(self.networks)}")
        first, end = round(SIZE * one.begin), round(SIZE * one.end)
        last_asked = "" if one.opens or one.end >= 1 else str(end - 1)
        fields = {
            **dict(one.headers),
            "user-agent": one.agent,
            "range": f"bytes={first}-{last_asked}",
            "x-forwarded-method": "GET",
            "x-forwarded-uri": one.track,
            "x-forwarded-host": "music.example",
            "x-forwarded-proto": "https",
            "x-forwarded-for": f"{network}.{last}",
        }
        store = self.counter.running.service.store
        length = Length(SIZE, one.length, exact=True)
        self.counter.do(lambda: store.keep_length(track_key(one.track, one.track), length))
        status = self.counter.get("/authorize", **fields).status
        if status != 200:
            self.refused.append(f"{status} for {one.track} after {one.at:.0f} s")
            return
        self.had.add(one.track)
        said = {"stagedoor": 1, "client": f"{network}.{last}", "method": "GET", "host": "x"}
        said |= {"target": one.track, "agent": one.agent, "status": "206", "type": "audio/mpeg"}
        said |= {"asked": fields["range"], "range": f"bytes {first}-{SIZE - 1}/{SIZE}"}
        said |= {"sent": str(end - first), "length": str(SIZE - first), "seconds": "1"}
        self.counter.logs(json.dumps(said).encode())


def played(counter: Counting, clock: Callable[[float], None], name: str) -> Played:
    every = (*LISTENERS, *TAKERS)
    found = Played(counter, clock, every.index(name))
    script = (scripts.LISTENERS | scripts.TAKERS)[name]
    for one in sorted(script(), key=lambda ask: ask.at):
        found.ask(one)
    return found


@pytest.mark.parametrize("name", LISTENERS)
def test_nobody_who_listens_is_refused(
    counter: Counting, clock: Callable[[float], None], name: str
) -> None:
    found = played(counter, clock, name)
    assert found.refused == []
    assert found.had, len(found.had)


@pytest.mark.parametrize("name", TAKERS)
def test_what_takers_get(counter: Counting, clock: Callable[[float], None], name: str) -> None:
    found = played(counter, clock, name)
    assert len(found.had) == TAKERS[name]
    assert bool(found.refused) == (TAKERS[name] < 100)
