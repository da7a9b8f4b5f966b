"""Short names for requests."""

from __future__ import annotations

import re

from flows import OpenGuard, answered, flow
from making import FIREFOX, GPTBOT
from stagedoor.fronts.request_ids import ALPHABET, LENGTH, new_id


def test_a_name_is_short_and_can_be_read_out() -> None:
    assert re.fullmatch(f"[{ALPHABET}]{{{LENGTH}}}", new_id())
    assert not set("ILOU") & set(ALPHABET)
    assert len(ALPHABET) == 32


def test_names_are_not_given_twice() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_a_refusal_carries_its_name_in_words_and_in_a_header(opened: OpenGuard) -> None:
    fixture = opened()
    answer = fixture.enter(flow("/a.mp3", GPTBOT)).response
    (event,) = fixture.recorded.events
    assert answer is not None
    assert answer.headers["X-Request-Id"] == event.id
    assert f"This request is known as {event.id}." in (answer.get_text() or "")


def test_what_nobody_writes_down_has_no_name(opened: OpenGuard) -> None:
    fixture = opened()
    found = fixture.enter(flow("/about", FIREFOX))
    answered(found)
    fixture.guard.responseheaders(found)
    assert [event.id for event in fixture.recorded.events] == [""]
