"""Responses that are stopped while they run: which, and how it is reported."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import http

from flows import GuardFixture, OpenGuard, answered, flow
from making import FIREFOX
from stagedoor.engine.needs import Known
from stagedoor.model.events import Event, Interrupted
from stagedoor.record.recorders import Handlers
from stagedoor.store.interface import Query
from stagedoor.store.memory import MemoryStore

ANOTHER = FIREFOX.replace("140", "141")
SIZE = 3_000_000
RULES = Path(__file__).resolve().parents[2] / "rules" / "35-listening.yaml"
STANCE = {
    "stance.yaml": "listening: {ahead: 20m}",
    "35-listening.yaml": RULES.read_text("utf-8"),
}
BROWSER = {"Accept-Language": "en", "Sec-Fetch-Dest": "audio", "Sec-Fetch-Mode": "no-cors"}


class Kept:
    """A recorder that keeps one kind of events."""

    def __init__(self) -> None:
        self.seen: list[Interrupted] = []

    def handlers(self) -> Handlers:
        kept: Callable[[Any], None] = self.seen.append
        kinds: dict[type[Event], Callable[[Any], None]] = {Interrupted: kept}
        return kinds

    def close(self) -> None:
        """Nothing is open."""


def begin(fixture: GuardFixture, number: int, agent: str = FIREFOX) -> http.HTTPFlow:
    """A recording is asked for and let in; its head has gone out."""
    found = fixture.enter(flow(f"/music/{number}.mp3", agent, headers=BROWSER))
    assert found.response is None
    answered(found, "audio/mpeg", content_length=str(SIZE))
    fixture.guard.responseheaders(found)
    return found


def interrupted(found: http.HTTPFlow) -> bool:
    return bool(found.metadata["stagedoor"].interrupted)


def send(flows: list[http.HTTPFlow], share: float = 1.0) -> None:
    """The bodies, in turns; of what was stopped nothing more, as mitmproxy does."""
    part = 100_000
    for _ in range(round(SIZE * share / part)):
        for found in flows:
            assert found.response is not None
            assert callable(found.response.stream)
            if not interrupted(found):
                found.response.stream(bytes(part))


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def fixture(opened: OpenGuard, kept: Kept) -> GuardFixture:
    found = opened(STANCE)
    found.guard.service.suite.add(kept)
    found.guard.service.store = MemoryStore(1000)
    found.guard.service.line.most = 0  # all are let in: as where each has waited for its time
    return found


def test_the_first_twelve_go_on_and_the_others_are_reported(
    fixture: GuardFixture, kept: Kept
) -> None:
    flows = [begin(fixture, number) for number in range(60)]
    send(flows)
    stopped = [interrupted(found) for found in flows]
    assert stopped == [False] * 13 + [True] * 47
    assert len(kept.seen) == fixture.value("audio_interrupted_total", purpose="browser") == 47
    one = kept.seen[0]
    assert one.decided.verdict.rule == "sweeping"
    assert (one.decided.verdict.refused, bool(one.decided.id)) == (True, True)
    assert 0 < one.end < SIZE
    assert (
        fixture.value("requests_total", verdict="allow", purpose="browser", resource="audio") == 60
    )
    assert fixture.guard.service.suite.day.look().refused == 47
    again = fixture.enter(flow("/music/99.mp3", FIREFOX, headers=BROWSER))
    assert again.response is not None
    assert again.response.status_code == 429


def test_what_was_let_in_before_and_is_answered_after_is_refused(fixture: GuardFixture) -> None:
    late = fixture.enter(flow("/music/late.mp3", FIREFOX, headers=BROWSER))
    send([begin(fixture, number) for number in range(60)])
    assert late.response is None
    answered(late, "audio/mpeg", content_length=str(SIZE))
    fixture.guard.responseheaders(late)
    assert late.response is not None
    assert late.response.status_code == 429


def test_another_browser_in_the_household_goes_on(fixture: GuardFixture) -> None:
    flows = [begin(fixture, number) for number in range(60)]
    other = begin(fixture, 70, ANOTHER)
    send([*flows, other])
    assert interrupted(flows[-1])
    assert not interrupted(other)


def test_observe_mode_stops_nothing(fixture: GuardFixture, kept: Kept) -> None:
    fixture.set(guard_mode="observe")
    send([begin(fixture, number) for number in range(60)])
    assert kept.seen == []


def test_what_only_was_begun_is_never_stopped(fixture: GuardFixture, kept: Kept) -> None:
    send([begin(fixture, number) for number in range(100)], 0.05)
    assert kept.seen == []


def test_recordings_of_one_program_that_are_asked_for_in_vain_are_counted_each(
    fixture: GuardFixture,
) -> None:
    """Only the answer says that they are recordings."""
    send([begin(fixture, number) for number in range(60)])
    for number in (1, 2, 3, 3):
        found = fixture.enter(flow(f"/play.php?nr={number}", FIREFOX, headers=BROWSER))
        answered(found, "audio/mpeg", content_length=str(SIZE))
        fixture.guard.responseheaders(found)
        assert found.response is not None
        assert found.response.status_code == 429
    passage = found.metadata["stagedoor"]
    store = fixture.guard.service.store
    query = Query(
        passage.household, time.monotonic(), listener=passage.listener, listening=("household",)
    )
    known = store.read(query)
    assert isinstance(known, Known)
    assert known.behaviour.listening.household.ignored == 3
