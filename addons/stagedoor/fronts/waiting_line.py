"""The line in which requests for recordings wait, until it shows what becomes of those before them.

What is let in is under way from then on (`engine.under_way`). A request that would be refused, had all
of that been sent, waits: until responses have ended, or were dropped, or have turned out to be short.
Then it is decided by what really was sent. Nobody is refused for what is only expected, and who listens
never comes so far: it takes more than twenty recordings of one program at the same moment.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from stagedoor.engine.interruption import can_be_expected, has_to_wait
from stagedoor.engine.transaction import Transaction
from stagedoor.engine.under_way import FEW, UNANSWERED, Expected, Way, asked_range, group
from stagedoor.fronts.crowds import is_crowd
from stagedoor.model.actions import THROTTLE, named
from stagedoor.model.facts import Purpose, Verdict
from stagedoor.model.sound import SoundSent
from stagedoor.resources.track_keys import track_key
from stagedoor.store.interface import Query, Store
from stagedoor.store.tracks import Tracks

LONGEST_WAIT: Final = 30.0
"""Seconds. After that, what was sent decides alone."""
MOST_WAITING: Final = 1_000
"""Requests that wait: each holds a connection, or a stream of one. Further ones do not wait."""
MOST_OF_A_NETWORK: Final = 300
"""Further ones are refused for SOON seconds: a browser asks for a hundred at the same time at most."""
SOON: Final = 5
_LATER: Final = named(THROTTLE)
_LOOK: Final = 1.0
"""Seconds after which it is looked again: a response may be silent."""
_SEGMENT: Final = 10.0
"""Seconds of a segment of which nothing is known."""
FEED_CLIENTS: frozenset[Purpose] = frozenset({"podcast-app", "feed-reader"})
"""What they take are episodes, also of a feed that is kept elsewhere and was never seen."""
_EVERYTHING: Final = Expected()

_Line = dict[asyncio.Event, None]


class WaitingLine:
    """One guard's. `decide` decides once more about a request that was let in, by what was sent.

    `few` responses under way in a network are not looked at; a response of which nothing was heard is
    expected for `unanswered` seconds.
    """

    def __init__(
        self, store: Callable[[], Store], tracks: Tracks, decide: Callable[[Transaction], None]
    ) -> None:
        self._store, self._tracks, self._decide = store, tracks, decide
        self._lines: dict[str, _Line] = {}
        self.waiting, self.most = 0, MOST_WAITING
        self.few, self.unanswered = FEW, UNANSWERED

    def enter(self, transaction: Transaction) -> Awaitable[None] | None:
        """A request was let in: what it asks for is under way now. Returned is what it has to wait
        for before; None where it has not.
        """
        if not transaction.listened or transaction.verdict.refused:
            return None
        way = self._way(transaction)
        if way is None:
            return None
        if (verdict := self._has_to_wait(transaction)) is not None:
            if len(self._lines.get(group(way.listener), ())) >= MOST_OF_A_NETWORK:
                transaction.verdict = replace(
                    verdict, action=_LATER.word, status=_LATER.status, seconds=SOON
                )
                return None
            if self.waiting < self.most:
                return self._stand(transaction, group(way.listener))
        self._begin(transaction, way)
        return None

    def answered(self, transaction: Transaction, size: int) -> None:
        """A recording of so many bytes goes out, 0 for unknown. That it is one may be known only now."""
        if transaction.way is None and transaction.listened:
            way = self._way(transaction)
            if way is not None:
                self._begin(transaction, way)
        way = transaction.way
        if way is not None and size and way.size != size:
            way.size, way.length = size, 0.0
            self._call(group(way.listener))

    def moved(self, transaction: Transaction, sent: SoundSent, at: float) -> None:
        """A portion has gone out."""
        way = transaction.way
        if way is None:
            return
        if sent.last or not can_be_expected(transaction, sent.kind):
            self.ended(transaction)
            return
        way.moved(sent, at)
        if sent.first:  # now its length is known
            self._call(group(way.listener))

    def ended(self, transaction: Transaction) -> None:
        """Nothing more is expected of its response, or there is none."""
        way = transaction.way
        if way is not None:
            transaction.way = None
            self._store().ended(way)
            self._call(group(way.listener))

    # -- what is expected --------------------------------------------------------------------------

    def _way(self, transaction: Transaction) -> Way | None:
        """What is to be expected of its response; None where that does not count."""
        request, resource = transaction.request, transaction.resource
        key = track_key(request.path, request.target)
        if resource.kind == "download":
            if not can_be_expected(transaction, "archive") or is_crowd(transaction):
                return None
            now = time.monotonic()
            return Way(transaction.listener, resource.track or key, now, archive=True)
        if resource.kind != "audio" or transaction.client.purpose in FEED_CLIENTS:
            return None
        place = self._tracks.place(key)
        if not can_be_expected(transaction, resource.form or place.kind) or is_crowd(transaction):
            return None
        listener, now = transaction.listener, time.monotonic()
        track = resource.track or place.track
        if place.kind == "segment":
            piece = place.seconds or _SEGMENT
            return Way(listener, track, now, piece=piece, unanswered=self.unanswered)
        known = self._store().length(key)
        size, length = (known.size, known.seconds) if known is not None else (0, 0.0)
        asked = asked_range(request.header("range"))
        return Way(
            listener, track, now, asked, size=size, length=length, unanswered=self.unanswered
        )

    def _begin(self, transaction: Transaction, way: Way) -> None:
        transaction.way = way
        self._store().begun(way, time.monotonic())

    # -- the line ----------------------------------------------------------------------------------

    def _has_to_wait(self, transaction: Transaction) -> Verdict | None:
        store, listener = self._store(), transaction.listener
        if store.under_way(listener) <= self.few:
            return None
        known = store.here(
            Query(
                listener.household,
                time.monotonic(),
                listener=listener,
                listening=transaction.steps.listening,
                expected=_EVERYTHING,
            )
        )
        return has_to_wait(transaction, known.behaviour.listening)

    async def _stand(self, transaction: Transaction, where: str) -> None:
        turn, began = asyncio.Event(), time.monotonic()
        line = self._lines.setdefault(where, {})
        line[turn] = None
        self.waiting += 1
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(turn.wait(), _LOOK)
                turn.clear()
                self._decide(transaction)
                waited = time.monotonic() - began
                if transaction.verdict.refused:
                    break
                if waited >= LONGEST_WAIT or self._has_to_wait(transaction) is None:
                    way = self._way(transaction)
                    if way is not None:
                        self._begin(transaction, way)
                    break
        finally:
            transaction.waited_for = time.monotonic() - began
            self.waiting -= 1
            del line[turn]
            if not line and self._lines.get(where) is line:
                del self._lines[where]
            self._call(where)

    def _call(self, where: str) -> None:
        """Something has changed for those who wait: the first of them looks, and calls the next."""
        line = self._lines.get(where)
        if line:
            next(iter(line)).set()
