"""Listeners and takers are two numbers, and an address is shown of neither."""

from __future__ import annotations

from dataclasses import replace

import pytest

from making import FIREFOX, asks, event
from stagedoor.model.events import Sounded, Swept
from stagedoor.model.facts import Client, Verdict
from stagedoor.model.heard import Scope, Sweep
from stagedoor.model.sound import SoundSent
from stagedoor.record import audience
from stagedoor.record.audience import Audience
from stagedoor.record.daily import Day
from stagedoor.record.metrics import Metrics
from stagedoor.web.desk.sentences import sentences, span

PERSON = Client("Firefox", "Mozilla", "browser")


def swept(
    address: str = "203.0.113.9",
    recordings: int = 100,
    seconds: float = 5.0,
    *,
    scope: Scope = "household",
    stopped: bool = False,
    new: bool = False,
) -> Swept:
    """Somebody who took so much."""
    request = replace(asks(FIREFOX, "/a.mp3"), address=address)
    decided = event(request=request, client=PERSON, verdict=Verdict("allow"))
    return Swept(replace(decided, sweep=Sweep(scope, recordings, seconds)), stopped, new)


def heard(address: str, purpose: Client = PERSON) -> Sounded:
    """The beginning of a recording has gone out."""
    request = replace(asks(FIREFOX, "/a.mp3"), address=address)
    return Sounded(request, purpose, SoundSent("/a.mp3", "recording", 9.0, 0, 99, first=True))


def day() -> Day:
    return Day(lambda: event().at)


def test_the_desk_says_who_took_how_much_in_what_time() -> None:
    today = day()
    for event_ in (swept(recordings=21, seconds=1.2), swept()):
        today.sweep(event_)
    today.sweep(swept(recordings=0, seconds=0.0, stopped=True))
    for number in range(3):
        today.sounded(heard(f"198.51.100.{number}"))
    today.sounded(heard("203.0.113.9"))
    today.sounded(heard("192.0.2.1", Client("GPTBot", "OpenAI", "ai-training")))
    found = today.look()
    assert (found.listeners, len(found.takers), today.counts()) == (3, 1, (3, 1))
    told = list(sentences(found))
    assert (
        "One visitor in 203.0.113.0/24, calling itself Firefox, took 100 recordings in 5 seconds,"
        " and was refused once since." in told
    )
    assert "People listened at 3 addresses." in told
    assert "203.0.113.9" not in repr(found.takers) + "".join(told)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"), ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:7:1::5", "2001:db8:7::/48"), ("", "an unknown network"),
        ("nonsense", "an unknown network"),
    ],
)  # fmt: skip
def test_of_an_address_only_the_network_is_said(address: str, network: str) -> None:
    today = day()
    today.sweep(swept(address))
    (said,) = (one for one in sentences(today.look()) if "took 100 recordings" in one)
    assert said.startswith(f"One visitor in {network}, ")


def test_neighbours_are_one_taker_and_none_of_them_a_listener() -> None:
    today = day()
    for number in range(20):
        today.sounded(heard(f"203.0.113.{number}"))
        today.sweep(swept(f"203.0.113.{number}", 22 + number, scope="network"))
    found = today.look()
    assert (found.listeners, len(found.takers)) == (0, 1)
    assert (
        "Visitors in 203.0.113.0/24, calling themselves Firefox, together took 41 recordings in"
        " 5 seconds." in sentences(found)
    )


def test_requests_of_takers_are_no_listeners_requests() -> None:
    today = day()
    ask = swept().decided
    today.record(ask)
    today.sweep(swept())
    for _ in range(9):
        today.record(replace(ask, verdict=Verdict("throttle", "sweeping", status=429)))
    found = today.look()
    assert (found.people, found.people_refused, found.taker_requests, found.knocks) == (1, 0, 9, 0)
    assert "Only listeners and readers have come today." not in sentences(found)


def test_what_takers_were_handed_is_no_row_among_the_machines() -> None:
    today = day()
    today.taking(swept().decided, 5_000_000, against=False)
    assert today.look().rows == ()


def test_at_midnight_everybody_is_forgotten() -> None:
    at = [event().at]
    today = Day(lambda: at[0])
    today.sounded(heard("198.51.100.1"))
    today.sweep(swept())
    at[0] += 86_400
    assert today.counts() == (0, 0)


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "MOST_LISTENERS", 50)
    monkeypatch.setattr(audience, "MOST_TAKERS", 10)
    found = Audience()
    for number in range(200):
        found.listens(f"10.0.{number}.1")
        found.sweeps(swept(f"10.0.{number}.2", number))
    assert (found.listeners, found.more) == (50, True)
    assert [one.recordings for one in found.takers()] == list(range(199, 189, -1))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "less than a second"), (1.0, "one second"), (5.0, "5 seconds"), (119.0, "119 seconds"),
        (120.0, "2 minutes"), (3600.0, "60 minutes"), (7200.0, "2 hours"),
    ],
)  # fmt: skip
def test_a_span_is_said_in_its_largest_unit(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_metrics_count_a_sweep_once_and_what_it_asked_for() -> None:
    metrics = Metrics()
    count = metrics.registry.get_sample_value
    handle = metrics.handlers()[Swept]
    for one in (swept(new=True), swept(), swept(stopped=True)):
        handle(one)
    kind = {"scope": "household", "purpose": "browser"}
    assert count("stagedoor_sweeps_total", kind) == 1
    asked = "stagedoor_sweep_requests_total"
    assert count(asked, {"outcome": "sent", "purpose": "browser"}) == 2
    assert count(asked, {"outcome": "refused", "purpose": "browser"}) == 1
