"""Recorders: each sees what it subscribes to, and one that fails fails nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from flows import OpenGuard, answered, flow
from making import FIREFOX, GPTBOT, ROOT, event
from stagedoor.model import events
from stagedoor.model.events import EVENTS, Decided, Event, Failed
from stagedoor.record.recorders import Handlers, Recorders


class Everything:
    """A recorder of a test's own."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.closed = False

    def handlers(self) -> Handlers:
        return dict.fromkeys(EVENTS, self.seen.append)

    def close(self) -> None:
        self.closed = True


class Failing:
    """One that cannot write."""

    def handlers(self) -> Handlers:
        return {Decided: self.fail, Failed: self.fail}

    def fail(self, _event: Event) -> None:
        raise OSError(28, "No space left on device")

    def close(self) -> None:
        """Nothing to write."""


def test_a_recorder_that_fails_is_counted_and_fails_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hub, everything = Recorders(), Everything()
    hub.add(Failing())
    hub.add(everything)
    decided = event()
    hub.emit(decided)
    assert everything.seen == [Failed("record", "unrecorded"), decided]
    assert "Failing could not record an event (Decided)" in caplog.text
    hub.close()
    assert everything.closed
    hub.emit(decided)
    assert len(everything.seen) == 2


def test_a_recorder_of_ones_own_sees_every_kind_of_event(opened: OpenGuard) -> None:
    """What one guard goes through in a minute; kinds that need a network are emitted by hand."""
    fixture = opened(
        {
            "stance.yaml": "mode: observe\npublish: {address: https://m.example}",
            "referrers.yaml": (ROOT / "rules" / "referrers.yaml").read_text("utf-8"),
            "95-x.yaml": "- {id: x, title: X, when: {client.name: GPTBot, request.path: /no/**}, then: block}",
        }
    )
    everything = Everything()
    service = fixture.guard.service
    service.suite.add(everything)
    service._evidence = True
    service.take(service.policy)  # type: ignore[arg-type]
    sent = flow("/", FIREFOX, headers={"Referer": "https://chatgpt.com/"})
    fixture.enter(sent)
    answered(sent, "text/html", content_length="10")
    fixture.guard.responseheaders(sent)
    fixture.guard.response(sent)
    for agent in (GPTBOT, FIREFOX):
        for target, kind in (("/robots.txt", "text/plain"), ("/a.mp3", "audio/mpeg"), ("/", "")):
            found = fixture.enter(flow(target, agent))
            response = answered(found, kind or "text/html", content_length="10")
            fixture.guard.responseheaders(found)
            assert response is not None
            if callable(response.stream):
                for chunk in (b"0123456789", b""):
                    response.stream(chunk)
            fixture.guard.response(found)
    fixture.set(guard_mode="enforce")
    fixture.enter(flow("/a.mp3", GPTBOT))
    kinds = {type(one) for one in everything.seen}
    elsewhere = {
        events.Claimed,
        events.Proved,
        events.LookedUp,
        events.KeysFetched,
        events.Reloaded,
        events.Failed,
        events.Unrecorded,
        events.SiteUnreachable,
        events.PageTagged,
        events.Listened,
        events.Malformed,
        events.Swept,
        events.Interrupted,
        events.MarkHanded,
        events.MarkUsed,
        events.ChallengeMet,
        events.ConnectionClosed,
    }
    assert set(EVENTS) - kinds <= elsewhere
    assert events.Violated in kinds
    assert events.Withheld in kinds


def test_metrics_count_every_kind_but_publications(opened: OpenGuard) -> None:
    counted = set(opened().metrics.handlers())
    assert set(EVENTS) - counted == {
        events.Published,
        events.Proved,
        events.Sounded,
        events.Took,
    }
