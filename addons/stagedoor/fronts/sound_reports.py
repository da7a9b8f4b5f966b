"""What has gone out of recordings: reported to the store and the recorders, and the sweeps found in it.

Every portion of every response with sound comes here. It counts for the listening of its client, and
may show that the client takes and does not listen: then the response is stopped, or noted.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from stagedoor.engine.interruption import can_be_stopped, interrupt
from stagedoor.engine.needs import Effects
from stagedoor.engine.transaction import Transaction
from stagedoor.fronts.crowds import is_crowd
from stagedoor.model.client_keys import client_key
from stagedoor.model.events import AudioSent, Decided, Event, Interrupted, Listened, Sounded, Swept
from stagedoor.model.facts import Purpose
from stagedoor.model.heard import SCOPES, Amounts
from stagedoor.model.sound import SoundSent
from stagedoor.store.interface import Query, Store

SWEEP = 3600.0
"""Seconds after which a household or network that goes on taking has begun a new sweep."""
MOST_SWEEPS = 10_000
"""Of which it is known when they were last seen."""
_FEED_CLIENTS: frozenset[Purpose] = frozenset({"podcast-app", "feed-reader"})
"""What they take are episodes, also of a feed that is kept elsewhere and was never seen."""


class SoundReports:
    """One guard's. `store` says where listening is counted, `emit` what recorders get."""

    def __init__(self, store: Callable[[], Store], emit: Callable[[Event], None]) -> None:
        self._store, self._emit = store, emit
        self.turn = 0
        """How many sentences have begun, and responses were stopped."""
        self._sweeping: OrderedDict[str, float] = OrderedDict()

    def sounded(self, transaction: Transaction, sent: SoundSent) -> None:
        """A portion of a recording has gone out: every one, of every response, comes here."""
        self._emit(AudioSent(transaction.client.purpose, sent.bytes, sent.seconds))
        self._emit(Sounded(transaction.request, transaction.client, sent))
        if sent.kind == "live":
            self._aired(transaction, sent)
        counted = sent.bytes if transaction.policy.counts else 0
        if counted or sent.seconds:
            home = transaction.household or client_key(transaction.request.address)
            for ratio in self._store().sent(home, counted, sent.seconds, time.monotonic()):
                self._emit(Listened(ratio))
        if transaction.policy.listens and not is_crowd(transaction):
            if transaction.client.purpose in _FEED_CLIENTS and sent.kind == "recording":
                sent = replace(sent, kind="episode")
            self._store().sounded(transaction.listener, sent, time.monotonic())
            if can_be_stopped(transaction, sent):
                self._interrupt(transaction, sent)
            elif sent.last and not transaction.interrupted:
                self._sweeps(transaction)

    def _interrupt(self, transaction: Transaction, sent: SoundSent) -> None:
        """Stop this response where what its client was sent makes it part of a sweep."""
        listener, now = transaction.listener, time.monotonic()
        # Most listeners are asked about once a response, for its place.
        if transaction.place is not None and not self._store().watched(listener, now):
            transaction.own += sent.seconds
            return
        query = Query(listener.household, now, listener=listener, listening=SCOPES)
        known = self._store().here(query)
        sentence = interrupt(transaction, sent, known.behaviour.listening)
        if not transaction.interrupted:
            return
        self.turn += 1
        if sentence is not None:
            effects = Effects(sentence=sentence)
            self._store().apply(listener.household, "", effects, now, listener)
            transaction.sweep = self._store().run(listener, sentence.scope, now)
        event = transaction.event()
        if event.sweep is not None:
            self.swept(transaction, event, stopped=True)
        self._emit(Interrupted(event, sent.end))

    def _sweeps(self, transaction: Transaction) -> None:
        """Take note of it where nobody listens to so much so soon, however it calls itself."""
        if transaction.client.proof == "verified":
            return
        listening = transaction.policy.stance.listening
        amounts = Amounts(
            listening.ahead, listening.whole_files, listening.at_once_by_network, listening.episodes
        )
        sweep = self._store().sweep(transaction.listener, amounts, time.monotonic())
        if sweep is not None:
            transaction.sweep = sweep
            self.swept(transaction, transaction.event(), stopped=False)

    def swept(self, transaction: Transaction, event: Decided, *, stopped: bool) -> None:
        """Report that somebody is sent, or asks for, more than anybody listens to."""
        listener, sweep, now = transaction.listener, transaction.sweep, time.monotonic()
        whose = listener.network if sweep and sweep.scope == "network" else listener.household
        last = self._sweeping.pop(whose, -SWEEP)
        if len(self._sweeping) >= MOST_SWEEPS:
            self._sweeping.popitem(last=False)
        self._sweeping[whose] = now
        self._emit(Swept(event, stopped, new=now - last >= SWEEP))

    def _aired(self, transaction: Transaction, sent: SoundSent) -> None:
        """A portion of a live stream. That it is one may turn out when it is long under way."""
        change = int(not transaction.on_air) - int(sent.last)
        transaction.on_air = not sent.last
        home = transaction.household or client_key(transaction.request.address)
        self._store().aired(home, time.monotonic(), change)

    def listed(self, transaction: Transaction) -> None:
        """A playlist has gone out."""
        if transaction.policy.listens and not is_crowd(transaction):
            self._store().playlist(transaction.listener, time.monotonic())
