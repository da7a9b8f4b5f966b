"""The store of several guards: each has a whole memory of its own, and they tell each other of it.

What a request changes is carried out in this guard's memory at once, and goes as operations
(`operations.py`) into a log on the server: one for each network of clients, one for each crawler. A
request that asks what is known first hears what is new in the logs of its client, in one pipeline
with those of all requests that ask at that moment; a log that nobody here asks for is never read. So
the logic of counting exists once, in `memory.py` and `engine/sessions.py`, and whatever it learns is
shared.

Where the server does not answer within the address's `wait`, the memory answers as it is; where it is
away, nobody waits. Operations are kept for it meanwhile, up to MOST_WAITING.

How far a client that is spread over guards can overshoot: each guard decides with all that reached
the server before its question did. What others decide between that and the arrival of its own
operation, about one round trip, is not seen; so a client gets as many requests too many as it has
under way at other guards in that time. While the server is away each guard counts for itself.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping

from stagedoor.engine.needs import Effects, Known, SignalKind
from stagedoor.engine.under_way import Way
from stagedoor.model.client_keys import network_key
from stagedoor.model.heard import Amounts, Listener, Scope, Sweep
from stagedoor.model.sound import SoundSent
from stagedoor.store import operations
from stagedoor.store.interface import Length, Query
from stagedoor.store.memory import MemoryStore
from stagedoor.store.one_log import Log
from stagedoor.store.pseudonyms import Pseudonyms
from stagedoor.store.shared_logs import Server, SharedLogs
from stagedoor.store.valkey_server import ONCE

QUIET = 60.0
"""Seconds after which a live stream is said to go on."""
MOST_AIRED = 20_000
"""Households of which it is known when that was said."""


class SharedStore:
    """See the module. `prefix` goes before each key, `clock` gives the times of queries, `heard` is
    called when another guard has begun a sentence.
    """

    def __init__(
        self,
        server: Server,
        clients: int,
        *,
        prefix: str,
        secret: bytes = b"",
        wait: float = 0.02,
        heard: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.memory = MemoryStore(clients)
        # The memory has `clients` households and as many sessions: there is always one to forget.
        self.logs = SharedLogs(
            *(server, self.memory),
            prefix=prefix,
            most_logs=3 * clients,
            heard=heard,
            clock=clock,
        )
        self._wait, self._clock = wait, clock
        self._away = self._late = 0
        self._names = Pseudonyms(secret or prefix.encode())
        self._aired: OrderedDict[str, float] = OrderedDict()

    def open(self) -> None:
        """Begin, with the event loop running."""
        self.logs.open()

    def close(self) -> None:
        """End. What was said in the last moment may not reach the others."""
        self.logs.close()

    def measures(self) -> Mapping[str, Callable[[], float | None]]:
        """The late metrics."""
        logs = self.logs
        return {
            "stagedoor_store_up": lambda: logs.up,
            "stagedoor_store_guards": lambda: logs.guards,
            "stagedoor_store_batches_total": lambda: logs.batches,
            "stagedoor_store_seconds_total": lambda: logs.seconds,
            "stagedoor_store_away_total": lambda: self._away,
            "stagedoor_store_late_total": lambda: self._late,
            "stagedoor_store_lost_total": lambda: logs.lost,
        }

    def __len__(self) -> int:
        return len(self.memory)

    # -- one request -------------------------------------------------------------------------------

    def read(self, query: Query) -> Known | Awaitable[Known]:
        """What all guards know; at once where the server is away."""
        own = self._own(query)
        if not self.logs.up:
            self._away += 1
            return self.memory.read(own)
        logs = []
        if own.client or own.listener is not None or not own.crawler:
            logs.append(self._network(own.listener.household if own.listener else own.client))
        if own.crawler:
            logs.append(self._crawler(own.crawler))
        return self._read(own, logs)

    async def _read(self, query: Query, logs: Iterable[Log]) -> Known:
        news = [self.logs.news(log) for log in logs]
        try:
            async with asyncio.timeout(self._wait):
                for one in news:
                    await one
        except TimeoutError:
            self._late += 1
        # Deciding follows without a pause: no other request of this guard comes between.
        return self.memory.read(query)

    def here(self, query: Query) -> Known:
        """What this guard knows."""
        return self.memory.read(self._own(query))

    def _own(self, query: Query) -> Query:
        listener = query.listener
        return Query(
            self._names.household(query.client),
            query.at,
            query.recording,
            query.behaviour,
            query.rates,
            self._names.crawler(query.crawler),
            query.included,
            self._names.listener(listener) if listener is not None else None,
            query.listening,
            query.sentences,
            query.expected._replace(whose=listener) if query.expected is not None else None,
        )

    def apply(
        self,
        client: str,
        crawler: str,
        effects: Effects,
        at: float,
        listener: Listener | None = None,
    ) -> None:
        """Count what a decision leaves; it goes out at once."""
        home, name = self._names.household(client), self._names.crawler(crawler)
        own = self._names.listener(listener) if listener is not None else None
        said = [one] if (one := operations.counted(home, effects, at)) is not None else []
        if own is not None:
            said += operations.lasting(own, effects, at)
        if said:
            self.logs.say(self._network(own.household if own is not None else home), at, *said)
        if effects.violated and self.memory.remembers_crawler(name):
            self.logs.say(self._crawler(name), at, ["x", at, name])
        self.memory.apply(home, name, effects, at, own)
        self.logs.hurry()

    def missing(self, client: str, recording: str) -> None:
        """A recording that was counted as asked for is not there."""
        home, at = self._names.household(client), self._clock()
        self.memory.missing(home, recording)
        self.logs.say(self._network(home), at, operations.missing(home, recording, at))

    def sounded(self, listener: Listener, sent: SoundSent, at: float) -> None:
        """Count a portion of a recording that has gone out."""
        own = self._names.listener(listener)
        log = self._network(own.household)
        self.memory.sounded(own, sent, at)
        if sent.kind not in {"live", "bought"}:  # sessions do not count them
            self.logs.say(log, at, operations.sounded(own, sent, at))

    def begun(self, way: Way, at: float) -> None:
        """A recording was let in here. The others hear of it by its portions."""
        self.memory.begun(way, at)

    def ended(self, way: Way) -> None:
        """Its response has ended."""
        self.memory.ended(way)

    def under_way(self, listener: Listener) -> int:
        """How many there are in its network, of this guard."""
        return self.memory.under_way(listener)

    def sweep(self, listener: Listener, amounts: Amounts, at: float) -> Sweep | None:
        """What this listener, or its network, was sent, where that is more than `amounts`."""
        return self.memory.sweep(self._names.listener(listener), amounts, at)

    def run(self, listener: Listener, scope: Scope, at: float) -> Sweep | None:
        """What was sent to this household or network without a pause."""
        return self.memory.run(self._names.listener(listener), scope, at)

    def watched(self, listener: Listener, at: float) -> bool:
        """Whether the household is far ahead."""
        return self.memory.watched(self._names.listener(listener), at)

    def aired(self, household: str, at: float, change: int = 0) -> None:
        """Count a portion of a live stream."""
        home = self._names.household(household)
        log = self._network(home)
        self.memory.aired(home, at, change)
        if not change and at - self._aired.get(home, -QUIET) < QUIET:
            return
        self._aired[home] = at
        self._aired.move_to_end(home)
        if len(self._aired) > MOST_AIRED:
            self._aired.popitem(last=False)
        self.logs.say(log, at, ["o", at, home, change])

    def playlist(self, listener: Listener, at: float) -> None:
        """A playlist has gone out."""
        own = self._names.listener(listener)
        log = self._network(own.household)
        self.memory.playlist(own, at)
        self.logs.say(log, at, ["p", at, own.household, operations.agent(own)])

    def sent(self, client: str, size: int, seconds: float, at: float) -> tuple[float, ...]:
        """Count audio that went to a client. Hours of listening are reported by each guard."""
        home = self._names.household(client)
        if size:
            log = self._network(home)
            last = log.operations[-1] if log.operations else None
            if last is not None and last[0] == "b" and last[2] == home:
                last[1], last[3] = at, last[3] + size
            else:
                self.logs.say(log, at, ["b", at, home, size])
        return self.memory.sent(home, size, seconds, at)

    # -- crawlers, proofs, recordings --------------------------------------------------------------

    def received(
        self, crawler: str, signal: SignalKind, digest: str, text: bytes | None = None
    ) -> bool:
        """A crawler was sent a text; whether that is new to it from this guard."""
        name, at = self._names.crawler(crawler), self._clock()
        log, robots = self._crawler(name), digest if text is not None else ""
        known = self.memory.read(Query("", at, crawler=name)).received
        new = self.memory.received(name, signal, digest, text)
        if known is None or signal not in known.signals or (robots and known.robots != robots):
            self.logs.say(log, at, ["v", at, name, signal, robots])
            if text is not None:
                self.logs.keep_text(digest, text)
        return new

    def text(self, digest: str) -> bytes | None:
        """The robots.txt with this SHA-256."""
        return self.memory.text(digest)

    def once(
        self, key: bytes, owner: str, until: float, now: float, *, shared: bool
    ) -> bool | Awaitable[bool]:
        """Whether `key` was not seen before by any guard, as far as the server answers in time."""
        own = self._names.household(owner)
        if not self.memory.once(key, own, until, now, shared=shared):
            return False
        if not self.logs.up:
            self._away += 1
            return True
        milliseconds = max(1, int((until - now) * 1000) + 1000)
        asked = self.logs.ask(
            *(ONCE, f"once:{{{key.hex()}}}", own, repr(until), repr(now), int(shared), milliseconds)
        )
        return self._once(asked)

    async def _once(self, asked: asyncio.Future[bool]) -> bool:
        try:
            async with asyncio.timeout(self._wait):
                return await asked
        except TimeoutError:
            self._late += 1
            return True

    def proof_seen(self, key: bytes) -> bool:
        """Whether this outcome of a proof is known here: each guard's ledger says it once."""
        return self.memory.proof_seen(key)

    def length(self, path: str) -> Length | None:
        """What is known about the recording under this path."""
        return self.memory.length(path)

    def keep_length(self, path: str, length: Length) -> None:
        """Remember it, and say so where it is new."""
        known = self.memory.length(path)
        self.memory.keep_length(path, length)
        if known != length:
            at = self._clock()
            self.logs.say(self.logs.site, at, operations.length(path, length, at))

    # -- logs --------------------------------------------------------------------------------------

    def _network(self, household: str) -> Log:
        network = network_key(household)
        tag = network.partition("/")[0] or household or "unknown"
        return self.logs.log(tag, lambda: self.memory.remembers(household))

    def _crawler(self, crawler: str) -> Log:
        return self.logs.log(crawler, lambda: self.memory.remembers_crawler(crawler))
