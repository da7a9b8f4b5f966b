"""Whether a recording is part of a sweep: before it is sent, and while it is.

Before: it would be refused, had all that is under way been sent. Then it waits until that is settled
(`fronts/waiting_line.py`).

While it is sent: a request is decided before anything was sent, so a hundred requests of the same moment are all let
in. What their client is sent meanwhile can make a rule about listening hold. Then the responses are
stopped that this rule would have refused, had their requests come one after the other. The others go
on:

- A recording has a *place*: the how manieth it was that its household, network and agent began within
  the hour. A rule that lets in twenty recordings lets the first twenty come to their end.
- The first FIRST recordings of an agent are never stopped.
- What a response has sent itself does not count against it: a long mix is as good as a song.
- A rule about a household or a network says little about one of the people there. It stops nothing
  of an agent that has begun at most OWN recordings: one who listens beside a sweep hears the song to
  its end.
- Live streams, bought downloads and episodes are never stopped, and neither is what a rule refuses for
  something else than listening.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from stagedoor.engine.needs import NO_WAITS
from stagedoor.engine.transaction import Transaction
from stagedoor.model.facts import Verdict
from stagedoor.model.heard import SCOPES, Heard, Listening, Sentence
from stagedoor.model.sound import SoundKind, SoundSent

OWN: Final = 12
"""Recordings of one agent that are not stopped for what others were sent: an album."""
FIRST: Final = 4
"""Recordings of one agent that are never stopped: it is not even asked, which most listeners save."""
_AGENT: Final = SCOPES.index("agent")
_STOPPED = frozenset({"recording", "segment"})


def can_be_expected(transaction: Transaction, kind: SoundKind) -> bool:
    """Whether a response of this kind counts for listening once it is sent."""
    resource = transaction.resource
    counts = kind in _STOPPED if resource.kind == "audio" else resource.kind == "download"
    return (
        transaction.listened
        and counts
        and resource.form == ""
        and transaction.request.method != "HEAD"
    )


def has_to_wait(transaction: Transaction, heard: Listening) -> Verdict | None:
    """The verdict of the rule about listening that would refuse it, had all that is expected been
    sent: `heard`. None where it need not wait.
    """
    if transaction.verdict.refused or transaction.mode != "enforce":
        return None
    verdict = transaction.steps.verdict(
        transaction.request,
        transaction.client,
        transaction.resource,
        replace(transaction.behaviour, listening=heard),
        transaction.waits,
    )[0]
    about_listening = transaction.policy.plan.listening_of(verdict.rule)
    return verdict if verdict.refused and about_listening else None


def can_be_stopped(transaction: Transaction, sent: SoundSent) -> bool:
    """Whether it is worth asking what its client was sent. `sent` is the portion that has just gone
    out.
    """
    place = transaction.place
    return (
        (place is None or place[_AGENT] > FIRST)
        and not (sent.last or transaction.interrupted)
        and sent.kind in _STOPPED
        and bool(transaction.steps.listening)
        and transaction.mode == "enforce"
    )


def interrupt(transaction: Transaction, sent: SoundSent, heard: Listening) -> Sentence | None:
    """Stop the response where it is part of a sweep: its verdict is the refusal then.

    To be called with each portion `sent`: the first one settles its place. `heard` is what all three
    sessions were sent by now, this portion included. Returned is the sentence that begins with it.
    """
    place = transaction.place
    if place is None:
        place = transaction.place = (
            heard.household.begun_recordings,
            heard.network.begun_recordings,
            heard.agent.begun_recordings,
        )
    own = transaction.own = transaction.own + sent.seconds
    before = Listening(
        _before(heard.household, place[0], own),
        _before(heard.network, place[1], own),
        _before(heard.agent, place[2], own),
    )
    verdict, _, sentence = transaction.steps.verdict(
        transaction.request,
        transaction.client,
        transaction.resource,
        replace(transaction.behaviour, listening=before),
        # A sentence that began meanwhile is not asked for: it would hold for the first recordings, too.
        transaction.waits or NO_WAITS,
    )
    if not verdict.refused:
        return None
    scopes = transaction.policy.plan.listening_of(verdict.rule)
    if not scopes or (scopes != _ALONE and place[_AGENT] <= OWN):
        return None
    transaction.verdict, transaction.interrupted = verdict, True
    return sentence


_ALONE = frozenset({"agent"})


def _before(heard: Heard, place: int, own: float) -> Heard:
    """The facts for a recording of this place: only those count that were begun before it."""
    most = max(0, place - 1)
    return heard._replace(
        ahead=max(0.0, heard.ahead - own),
        begun_recordings=min(heard.begun_recordings, most),
        whole_recordings=min(heard.whole_recordings, most),
    )
