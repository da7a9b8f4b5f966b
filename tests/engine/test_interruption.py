"""Responses that run are stopped where they are part of a sweep, and only those."""

from __future__ import annotations

from dataclasses import replace

import pytest

from making import FIREFOX, asks, rules
from stagedoor.engine import order
from stagedoor.engine.interruption import (
    FIRST,
    OWN,
    can_be_expected,
    can_be_stopped,
    has_to_wait,
    interrupt,
)
from stagedoor.engine.transaction import Transaction
from stagedoor.model.facts import Arrival, Form, Mode
from stagedoor.model.heard import Heard, Listener, Listening, Sentence
from stagedoor.model.sound import SoundKind, SoundSent

HOME = """
- id: sweep
  title: S
  when: {resource: audio, behaviour.begun_recordings: {over: 20}}
  then: {throttle: {for: 10m}}
"""
AGENT = HOME.replace("behaviour.", "behaviour.agent.")
AHEAD = HOME.replace("begun_recordings: {over: 20}", "ahead: {over: 1h}")
PORTION = SoundSent("/music/a.mp3", "recording", 60.0, 0, 960_000, 4_000_000, 250.0, first=True)


def running(text: str, mode: Mode = "enforce") -> Transaction:
    """A request for a recording that was let in; its response runs."""
    transaction = Transaction(rules(text), asks(FIREFOX, "/music/a.mp3"), Arrival(), mode)
    order.enter(transaction)
    order.needs(transaction)
    order.decide(transaction)
    return transaction


def begun(home: int, agent: int | None = None, ahead: float = 0.0) -> Listening:
    """What its household was sent, and of that its agent."""
    own = home if agent is None else agent
    return Listening(
        Heard(ahead=ahead, begun_recordings=home),
        Heard(begun_recordings=home),
        Heard(ahead=ahead, begun_recordings=own),
    )


def test_what_would_be_refused_had_all_been_sent_has_to_wait() -> None:
    assert has_to_wait(running(HOME), begun(21))
    assert not has_to_wait(running(HOME), begun(20))
    assert not has_to_wait(running(HOME, "observe"), begun(300))
    assert not has_to_wait(running("- {id: all, title: A, then: block}"), begun(300))
    for then in ("log", "{throttle: {requests: 30, per: 1m}}"):  # not refused for listening
        rule = f"- {{id: other, title: O, when: {{resource: audio}}, then: {then}}}"
        assert not has_to_wait(running(rule), begun(300))


@pytest.mark.parametrize(
    ("path", "kind", "method", "form", "expected"),
    [
        ("/music/a.mp3", "recording", "GET", "", True),
        ("/hls/1.ts", "segment", "GET", "", True),
        ("/music/a.mp3", "episode", "GET", "", False),
        ("/music/a.mp3", "recording", "HEAD", "", False),
        ("/music/a.mp3", "recording", "GET", "bought", False),
        ("/album.zip", "archive", "GET", "", True),
        ("/album.zip", "archive", "GET", "bought", False),
        ("/about", "recording", "GET", "", False),
    ],
)
def test_what_counts_for_listening_is_expected(
    path: str, kind: SoundKind, method: str, form: Form, *, expected: bool
) -> None:
    transaction = Transaction(rules(HOME), asks(FIREFOX, path, method=method), Arrival())
    order.enter(transaction)
    transaction.resource = replace(transaction.resource, form=form)
    assert not can_be_expected(transaction, kind)  # nobody asks about listening
    transaction.listened = True
    assert can_be_expected(transaction, kind) is expected


def test_the_recording_whose_place_is_beyond_the_bound_is_stopped() -> None:
    transaction = running(HOME)
    assert can_be_stopped(transaction, PORTION)
    assert interrupt(transaction, PORTION, begun(22)) == Sentence("sweep", "household", 600.0)
    assert transaction.place == (22, 22, 22)
    assert (transaction.interrupted, transaction.verdict.rule) == (True, "sweep")
    assert not can_be_stopped(transaction, PORTION)  # it is stopped once


def test_those_that_were_let_in_before_it_come_to_their_end() -> None:
    transaction = running(HOME)
    assert interrupt(transaction, PORTION, begun(21)) is None
    # Its place is settled; what the others take afterwards changes nothing.
    assert interrupt(transaction, PORTION, begun(300)) is None
    assert transaction.place == (21, 21, 21)
    assert not transaction.interrupted


def test_who_listens_beside_a_sweep_hears_the_song_to_its_end() -> None:
    assert interrupt(running(HOME), PORTION, begun(300, agent=OWN)) is None
    assert interrupt(running(HOME), PORTION, begun(300, agent=OWN + 1)) is not None


def test_a_rule_about_agents_alone_needs_no_such_care() -> None:
    text = AGENT.replace("over: 20", "over: 5")
    sentence = interrupt(running(text), PORTION, begun(300, agent=7))
    assert sentence == Sentence("sweep", "household", 600.0)


def test_what_a_response_has_sent_itself_does_not_count_against_it() -> None:
    transaction = running(AHEAD)
    mix = replace(PORTION, seconds=3590.0)
    assert interrupt(transaction, mix, begun(40, ahead=3590.0)) is None
    assert interrupt(transaction, PORTION, begun(40, ahead=3650.0)) is None
    assert transaction.own == 3650.0
    assert interrupt(transaction, PORTION, begun(40, ahead=3710.0 + 3601.0)) is not None


def test_a_refusal_for_something_else_stops_nothing() -> None:
    transaction = running("- {id: all, title: A, when: {resource: audio}, then: block}" + HOME)
    assert interrupt(transaction, PORTION, begun(300)) is None
    assert not transaction.interrupted


@pytest.mark.parametrize(
    "sent",
    [
        replace(PORTION, kind="live"),
        replace(PORTION, kind="bought"),
        replace(PORTION, kind="episode"),
        replace(PORTION, last=True),
    ],
)
def test_what_is_never_stopped_is_not_asked_about(sent: SoundSent) -> None:
    assert not can_be_stopped(running(HOME), sent)


def test_the_first_recordings_of_an_agent_are_not_asked_about() -> None:
    transaction = running(HOME)
    transaction.place = (300, 300, FIRST)
    assert not can_be_stopped(transaction, PORTION)
    transaction.place = (300, 300, FIRST + 1)
    assert can_be_stopped(transaction, PORTION)


def test_nothing_is_stopped_without_a_rule_about_listening_nor_in_observe_mode() -> None:
    assert not can_be_stopped(running("[]"), PORTION)
    assert not can_be_stopped(running(HOME, "observe"), PORTION)


def test_a_request_counts_for_its_address_and_its_agent() -> None:
    found = running(HOME).listener
    assert found == Listener("198.51.100.7", "198.51.100.0/24", FIREFOX)
