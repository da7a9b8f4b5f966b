"""What is counted of responses that go out."""

from __future__ import annotations

import time

from test_interrupted import BROWSER, STANCE

from flows import GuardFixture, OpenGuard, answered, flow
from making import FIREFOX
from stagedoor.engine.needs import Known
from stagedoor.model.facts import Behaviour
from stagedoor.store.interface import Query
from stagedoor.store.memory import MemoryStore


def known(fixture: GuardFixture, passage: object) -> Behaviour:
    """What the store knows of whom this passage is for."""
    listener = passage.listener  # type: ignore[attr-defined]
    query = Query(
        listener.household, time.monotonic(), behaviour=True, included=True,
        listener=listener, listening=("household", "network", "agent"),
    )  # fmt: skip
    found = fixture.guard.service.store.read(query)
    assert isinstance(found, Known)
    return found.behaviour


def test_a_recording_that_was_taken_for_a_radio_is_counted_and_no_open_stream(
    opened: OpenGuard,
) -> None:
    fixture = opened(STANCE)
    fixture.guard.service.store = MemoryStore(100)
    found = fixture.enter(flow("/rest/stream?id=1", FIREFOX, headers=BROWSER))
    answered(found, "audio/mpeg", icy_br="128", icy_metaint="16000")
    fixture.guard.responseheaders(found)
    assert found.response is not None
    stream, passage = found.response.stream, found.metadata["stagedoor"]
    assert callable(stream)
    stream(bytes(100_000))
    time.sleep(2.1)
    stream(bytes(100_000))
    assert known(fixture, passage).live_streams == 1
    for _ in range(30):
        stream(bytes(100_000))
    stream(b"")
    behaviour = known(fixture, passage)
    assert behaviour.live_streams == 0
    heard = behaviour.listening.household
    assert (heard.begun_recordings, heard.whole_recordings) == (1, 1)
    assert heard.ahead > 180
