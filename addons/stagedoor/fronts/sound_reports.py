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
from stagedoor.engine.under_way import FURTHEST, Expected
from stagedoor.fronts.crowds import is_crowd
from stagedoor.fronts.waiting_line import FEED_CLIENTS, WaitingLine
from stagedoor.model.client_keys import client_key
from stagedoor.model.events import AudioSent, Decided, Event, Interrupted, Listened, Sounded, Swept
from stagedoor.model.heard import SCOPES, Amounts
from stagedoor.model.sound import SoundSent
from stagedoor.store.interface import Query, Store

SWEEP = 3600.0
"""Seconds after which a household or network that goes on taking has begun a new sweep."""
MOST_SWEEPS = 10_000
"""Of which it is known when they were last seen."""


class SoundReports:
    """One guard's. `store` says where listening is counted, `emit` what recorders get; `line` is
    where requests wait for what is under way.
    """

    def __init__(
        self, store: Callable[[], Store], emit: Callable[[Event], None], line: WaitingLine
    ) -> None:
        self._store, self._emit, self._line = store, emit, line
        self.turn = 0
        """How many sentences have begun, and responses were stopped."""
        self._sweeping: OrderedDict[str, float] = OrderedDict()

    def sounded(self, transaction: Transaction, sent: SoundSent) -> None:
        """A portion of a recording has gone out: every one, of every response, comes here."""
        self._emit(AudioSent(transaction.client.purpose, sent.bytes, sent.seconds))
        self._emit(Sounded(transaction.request, transaction.client, sent))
        if sent.kind == "live":
            self._aired(transaction, sent)
        elif transaction.on_air:  # it was taken for a live stream until now
            self._aired(transaction, replace(sent, last=True))
        counted = sent.bytes if transaction.policy.counts else 0
        if counted or sent.seconds:
            home = transaction.household or client_key(transaction.request.address)
            for ratio in self._store().sent(home, counted, sent.seconds, time.monotonic()):
                self._emit(Listened(ratio))
        if transaction.policy.listens and not is_crowd(transaction):
            if transaction.client.purpose in FEED_CLIENTS and sent.kind == "recording":
                sent = replace(sent, kind="episode")
            now = time.monotonic()
            self._store().sounded(transaction.listener, sent, now)
            self._line.moved(transaction, sent, now)
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
        query = Query(
            listener.household,
            now,
            listener=listener,
            listening=SCOPES,
            expected=Expected(FURTHEST, transaction.way),
        )
        known = self._store().here(query)
        sentence = interrupt(transaction, sent, known.behaviour.listening)
        if not transaction.interrupted:
            return
        self.turn += 1
        self._line.ended(transaction)
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
            listening.ahead,
            listening.whole_files,
            listening.at_once_by_network,
            listening.episodes,
            listening.archives,
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

    def archived(self, transaction: Transaction, key: str) -> None:
        """Something of a large archive has gone out; of one that was bought it does not count."""
        if transaction.policy.listens and not is_crowd(transaction):
            sent = SoundSent(key, "archive", 0.0, 0, 1, first=True)
            self._store().sounded(transaction.listener, sent, time.monotonic())
            self._line.ended(transaction)
            self._sweeps(transaction)

    def listed(self, transaction: Transaction) -> None:
        """A playlist has gone out."""
        if transaction.policy.listens and not is_crowd(transaction):
            self._store().playlist(transaction.listener, time.monotonic())
