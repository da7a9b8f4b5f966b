"""A request counts once, and what is counted decides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from flows import SMALL_RULES, OpenGuard, answered, flow
from making import FIREFOX, OVERCAST
from stagedoor.fronts.mitmproxy import delays

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


def test_whoever_is_too_fast_is_told_when_to_come_back(opened: OpenGuard) -> None:
    fixture = opened(SMALL_RULES | THROTTLE)
    answers = [fixture.enter(flow("/a.mp3", OVERCAST)).response for _ in range(3)]
    assert answers[:2] == [None, None]
    late = answers[2]
    assert late is not None
    assert (late.status_code, late.headers["Retry-After"]) == (429, "30")
    text = late.get_text() or ""
    assert "You are welcome again in 30 seconds." in text
    assert "Nobody needs more than two recordings a minute" in text
    assert fixture.recorded.verdicts == ["throttle"]
    assert fixture.value("blocks_total", crawler="Overcast", rule="not-so-fast") == 1
    other = fixture.enter(flow("/a.mp3", OVERCAST, peer="192.0.2.99"))
    assert other.response is None  # each client for itself


def test_a_type_that_comes_later_does_not_count_a_request_twice(opened: OpenGuard) -> None:
    fixture = opened(
        SMALL_RULES | {"05-slow.yaml": THROTTLE["05-slow.yaml"].replace("resource: audio", "")}
    )
    for _ in range(2):
        found = fixture.enter(flow("/live", FIREFOX))
        assert found.response is None
        response = answered(found, "audio/mpeg")
        fixture.guard.responseheaders(found)
        assert response.status_code == 200
    assert fixture.enter(flow("/live", FIREFOX)).response is not None


def test_what_a_client_did_before_decides(opened: OpenGuard) -> None:
    fixture = opened(SMALL_RULES | SWEEP)
    for target in ("/a.mp3", "/b.mp3", "/a.mp3", "/b.mp3"):
        assert fixture.enter(flow(target, OVERCAST)).response is None
    late = fixture.enter(flow("/c.mp3", OVERCAST)).response
    assert late is not None
    # When the first of the three falls out of the hour, and not ten minutes from now.
    assert late.status_code == 429
    assert 3590 <= int(late.headers["Retry-After"]) <= 3600 * 1.01


def test_what_is_not_sent_is_no_recording(opened: OpenGuard) -> None:
    fixture = opened(SMALL_RULES | SWEEP)
    for number in range(9):
        assert fixture.enter(flow(f"/head/{number}.mp3", OVERCAST, "HEAD")).response is None
        missing = fixture.enter(flow(f"/nowhere/{number}.mp3", OVERCAST))
        assert missing.response is None
        answered(missing, "text/html", 404)
        fixture.guard.responseheaders(missing)
    assert fixture.enter(flow("/a.mp3", OVERCAST)).response is None


def test_segments_are_one_recording(opened: OpenGuard) -> None:
    fixture = opened(SMALL_RULES | SWEEP)
    for number in range(9):
        assert fixture.enter(flow(f"/hls/live-{number:05}.ts", OVERCAST)).response is None


def test_bytes_of_audio_are_counted_as_they_pass(opened: OpenGuard) -> None:
    rule = SWEEP["05-slow.yaml"].replace(
        "recordings_last_hour: {over: 2}", "audio_last_hour: {over: 1kB}"
    )
    fixture = opened(SMALL_RULES | {"05-slow.yaml": rule})
    found = fixture.enter(flow("/a.mp3", OVERCAST))
    response = answered(found, "audio/mpeg")
    fixture.guard.responseheaders(found)
    assert callable(response.stream)
    assert response.stream(b"x" * 100_000) == b"x" * 100_000
    assert fixture.enter(flow("/b.mp3", OVERCAST)).response is not None


def test_without_a_rule_that_asks_nothing_is_remembered(opened: OpenGuard) -> None:
    fixture = opened()
    fixture.enter(flow("/a.mp3", OVERCAST))
    assert len(fixture.guard.service.store) == 0


async def _held(waiting: Awaitable[None] | None) -> float:
    began = asyncio.get_running_loop().time()
    assert waiting is not None
    await waiting
    return asyncio.get_running_loop().time() - began


def test_a_delayed_request_waits_and_then_goes_on(opened: OpenGuard) -> None:
    fixture = opened(SMALL_RULES | DELAY)
    found = flow("/a.mp3", OVERCAST)
    waiting = fixture.guard.requestheaders(found)
    assert asyncio.run(_held(waiting)) >= 0.015
    assert found.response is None
    answered(found, "audio/mpeg")
    assert fixture.guard.responseheaders(found) is None  # once is enough
    assert fixture.recorded.verdicts == ["delay"]


def test_what_turns_out_to_be_audio_is_delayed_then(opened: OpenGuard) -> None:
    fixture = opened(SMALL_RULES | DELAY)
    found = flow("/live", FIREFOX)
    assert fixture.guard.requestheaders(found) is None
    answered(found, "audio/mpeg")
    assert asyncio.run(_held(fixture.guard.responseheaders(found))) >= 0.015


def test_only_so_many_wait_at_once(opened: OpenGuard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delays, "MOST_WAITING", 1)
    fixture = opened(SMALL_RULES | DELAY)

    async def two() -> None:
        first = asyncio.ensure_future(_held(fixture.guard.requestheaders(flow("/a.mp3", OVERCAST))))
        await asyncio.sleep(0)
        late = flow("/a.mp3", OVERCAST)
        assert fixture.guard.requestheaders(late) is None
        assert late.response is not None
        assert late.response.status_code == 429
        await first

    asyncio.run(two())
    assert fixture.guard.exchanges.delays.waiting == 0


def test_observe_mode_holds_nobody_up(opened: OpenGuard) -> None:
    fixture = opened(SMALL_RULES | DELAY, guard_mode="observe")
    found = flow("/a.mp3", OVERCAST)
    assert fixture.guard.requestheaders(found) is None
    answered(found, "audio/mpeg")
    fixture.guard.responseheaders(found)
    assert fixture.recorded.verdicts == ["would-delay"]
