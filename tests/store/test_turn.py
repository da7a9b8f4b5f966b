"""A request counts once, and what is counted decides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from flows import HOUSE, Open, answered, flow
from making import FIREFOX, OVERCAST
from stagedoor.fronts.mitmproxy import addon
from stagedoor.model.facts import Rate
from stagedoor.store.memory import Memory
from stagedoor.store.turn import Turn

THROTTLE = {
    "05-slow.yaml": """
        - id: not-so-fast
          title: Nobody needs more than two recordings a minute
          when: {resource: audio}
          then: {throttle: {requests: 2, per: 1m}}
        """
}
DELAY = {"05-slow.yaml": "- {id: wait, title: Wait, when: {resource: audio}, then: {delay: 20ms}}"}
SWEEP = {
    "05-slow.yaml": """
        - id: sweeping
          title: Nobody needs three recordings in an hour
          when: {behaviour.recordings_last_hour: {over: 2}}
          then: {throttle: {retry_after: 10m}}
        """
}


def test_a_turn_asks_the_memory_once_for_each_rule() -> None:
    turn = Turn(Memory(10), "192.0.2.1", 0.0, "/a.mp3")
    rate = Rate(1, 60.0)
    assert [turn.wait("r", rate) for _ in range(5)] == [0.0] * 5
    assert turn.behaviour.requests == turn.behaviour.recordings == 1


def test_rules_with_a_rate_do_not_share_it() -> None:
    memory, rate = Memory(10), Rate(1, 60.0)
    assert Turn(memory, "192.0.2.1", 0.0, "/a.mp3").wait("r", rate) == 0.0
    again = Turn(memory, "192.0.2.1", 0.0, "/a.mp3")
    assert again.wait("r", rate) == 60.0
    assert again.wait("other", rate) == 0.0


def test_whoever_is_too_fast_is_told_when_to_come_back(opened: Open) -> None:
    house = opened(HOUSE | THROTTLE)
    answers = [house.enter(flow("/a.mp3", OVERCAST)).response for _ in range(3)]
    assert answers[:2] == [None, None]
    late = answers[2]
    assert late is not None
    assert (late.status_code, late.headers["Retry-After"]) == (429, "30")
    text = late.get_text() or ""
    assert "You are welcome again in 30s." in text
    assert "Nobody needs more than two recordings a minute" in text
    assert house.told.verdicts == ["throttle"]
    assert house.value("blocks_total", crawler="Overcast", rule="not-so-fast") == 1
    other = house.enter(flow("/a.mp3", OVERCAST, peer="192.0.2.99"))
    assert other.response is None  # each client for itself


def test_a_type_that_comes_later_does_not_count_a_request_twice(opened: Open) -> None:
    house = opened(
        HOUSE | {"05-slow.yaml": THROTTLE["05-slow.yaml"].replace("resource: audio", "")}
    )
    for _ in range(2):
        found = house.enter(flow("/live", FIREFOX))
        assert found.response is None
        response = answered(found, "audio/mpeg")
        house.guard.responseheaders(found)
        assert response.status_code == 200
    assert house.enter(flow("/live", FIREFOX)).response is not None


def test_what_a_client_did_before_decides(opened: Open) -> None:
    house = opened(HOUSE | SWEEP)
    for target in ("/a.mp3", "/b.mp3", "/a.mp3", "/b.mp3"):
        assert house.enter(flow(target, OVERCAST)).response is None
    late = house.enter(flow("/c.mp3", OVERCAST)).response
    assert late is not None
    assert (late.status_code, late.headers["Retry-After"]) == (429, "600")


def test_bytes_of_audio_are_counted_as_they_pass(opened: Open) -> None:
    rule = SWEEP["05-slow.yaml"].replace(
        "recordings_last_hour: {over: 2}", "audio_last_hour: {over: 1kB}"
    )
    house = opened(HOUSE | {"05-slow.yaml": rule})
    found = house.enter(flow("/a.mp3", OVERCAST))
    response = answered(found, "audio/mpeg")
    house.guard.responseheaders(found)
    assert callable(response.stream)
    assert response.stream(b"x" * 2000) == b"x" * 2000
    assert house.enter(flow("/b.mp3", OVERCAST)).response is not None


def test_without_a_rule_that_asks_nothing_is_remembered(opened: Open) -> None:
    house = opened()
    house.enter(flow("/a.mp3", OVERCAST))
    assert len(house.guard._memory) == 0


async def _held(waiting: Awaitable[None] | None) -> float:
    began = asyncio.get_running_loop().time()
    assert waiting is not None
    await waiting
    return asyncio.get_running_loop().time() - began


def test_a_delayed_request_waits_and_then_goes_on(opened: Open) -> None:
    house = opened(HOUSE | DELAY)
    found = flow("/a.mp3", OVERCAST)
    waiting = house.guard.requestheaders(found)
    assert asyncio.run(_held(waiting)) >= 0.015
    assert found.response is None
    answered(found, "audio/mpeg")
    assert house.guard.responseheaders(found) is None  # once is enough
    assert house.told.verdicts == ["delay"]


def test_what_turns_out_to_be_audio_is_delayed_then(opened: Open) -> None:
    house = opened(HOUSE | DELAY)
    found = flow("/live", FIREFOX)
    assert house.guard.requestheaders(found) is None
    answered(found, "audio/mpeg")
    assert asyncio.run(_held(house.guard.responseheaders(found))) >= 0.015


def test_only_so_many_wait_at_once(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addon, "MOST_WAITING", 1)
    house = opened(HOUSE | DELAY)

    async def two() -> None:
        first = asyncio.ensure_future(_held(house.guard.requestheaders(flow("/a.mp3", OVERCAST))))
        await asyncio.sleep(0)
        late = flow("/a.mp3", OVERCAST)
        assert house.guard.requestheaders(late) is None
        assert late.response is not None
        assert late.response.status_code == 429
        await first

    asyncio.run(two())
    assert house.guard._waiting == 0


def test_observe_mode_holds_nobody_up(opened: Open) -> None:
    house = opened(HOUSE | DELAY, guard_mode="observe")
    found = flow("/a.mp3", OVERCAST)
    assert house.guard.requestheaders(found) is None
    answered(found, "audio/mpeg")
    house.guard.responseheaders(found)
    assert house.told.verdicts == ["would-delay"]
