"""The store of one process: everything bounded, the least recently seen forgotten first.

Times are seconds of a clock that never goes back; nothing here asks for one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from stagedoor.engine.needs import NO_BEHAVIOUR, NOTHING_KNOWN, Effects, Known, Received, SignalKind
from stagedoor.engine.sessions import Sessions
from stagedoor.engine.under_way import UnderWay, Way
from stagedoor.model.client_keys import network_key
from stagedoor.model.facts import Behaviour, Rate
from stagedoor.model.heard import NO_LISTENING, Amounts, Listener, Scope, Sweep
from stagedoor.model.recording_keys import recording_key
from stagedoor.model.sound import SoundSent
from stagedoor.store.counters import HOUR, MINUTE, ClientCounters, due_after, wait
from stagedoor.store.interface import Length, Query
from stagedoor.store.listening import Listening
from stagedoor.store.on_air import OnAir
from stagedoor.store.once import Once

MOST_RECORDINGS = 500
"""Recordings remembered of one client; one that takes more in an hour is recognised by then."""
MOST_TEXTS = 64
"""Different robots.txt remembered at once; one is usual, more only after changes."""
MOST_LENGTHS = 4_096
"""Recordings whose size and length are remembered."""
MOST_PROOFS = 512
"""Outcomes of proofs that are known."""


@dataclass(slots=True)
class _Crawler:
    signals: set[str] = field(default_factory=set)
    robots: str = ""
    """The SHA-256 of the robots.txt it has."""
    digests: set[str] = field(default_factory=set)
    violations: int = 0


class MemoryStore:
    """Remembers at most `clients` clients, and four recordings for each of them on average."""

    def __init__(self, clients: int) -> None:
        self._most = clients
        self._most_recordings = clients * 4
        self._clients: OrderedDict[str, ClientCounters] = OrderedDict()
        self._recordings = 0
        self._crawlers: OrderedDict[str, _Crawler] = OrderedDict()
        self._texts: OrderedDict[str, bytes] = OrderedDict()
        self._lengths: OrderedDict[bytes, Length] = OrderedDict()
        self._proofs: OrderedDict[bytes, None] = OrderedDict()
        self._once = Once()
        self._listening = Listening()
        self._sessions = Sessions(clients)
        self._under_way = UnderWay()
        self._air = OnAir()

    def __len__(self) -> int:
        return len(self._clients) + len(self._sessions)

    # -- one request -------------------------------------------------------------------------------

    def read(self, query: Query) -> Known:
        """What is known, with the request at hand included."""
        client = self._clients.get(query.client)
        crawler = self._crawlers.get(query.crawler) if query.crawler else None
        listener = query.listener
        asks = listener is not None and (query.listening or query.sentences)
        if client is None and crawler is None and not query.behaviour and not asks:
            return NOTHING_KNOWN
        received = None
        if crawler is not None:
            received = Received(frozenset(crawler.signals), crawler.robots, crawler.violations)
        behaviour = self._behaviour(client, query) if query.behaviour else NO_BEHAVIOUR
        waits = _waits(client, query)
        if listener is not None and asks:
            if query.listening:
                heard = self._sessions.heard(listener, query.listening, query.at)
                if query.expected is not None:
                    heard = self._under_way.added(
                        heard, listener, query.listening, self._sessions, query.at, query.expected
                    )
                if heard is not NO_LISTENING:
                    behaviour = behaviour.having_heard(heard)
            for rule, scope in query.sentences:
                if left := self._sessions.left(listener, rule, scope, query.at):
                    waits = {**waits, rule: left}
        return Known(behaviour, waits, received)

    here = read

    def remembers(self, client: str) -> bool:
        """Whether anything is known of this household, or of its network."""
        return client in self._clients or self._sessions.any_of(network_key(client))

    def remembers_crawler(self, crawler: str) -> bool:
        """Whether anything is known of this crawler."""
        return crawler in self._crawlers

    def _behaviour(self, client: ClientCounters | None, query: Query) -> Behaviour:
        own = not query.included
        if client is None:
            return self._on_air(
                Behaviour(requests=own, recordings=int(own and bool(query.recording))), query
            )
        at = query.at
        recordings = _recent(client.recordings, at)
        if own and query.recording and recording_key(query.recording) not in client.recordings:
            recordings = min(recordings + 1, MOST_RECORDINGS)
        found = Behaviour(
            requests=client.requests.count(at, MINUTE) + own,
            recordings=recordings,
            audio=client.audio.count(at, HOUR),
            known=at - client.first,
        )
        return self._on_air(found, query)

    def _on_air(self, behaviour: Behaviour, query: Query) -> Behaviour:
        air, household = self._air, query.client
        if not len(air):
            return behaviour
        return replace(
            behaviour,
            on_air=air.seconds(household, query.at),
            live_streams=air.streams(household),
            live_streams_in_network=air.streams_in(network_key(household)),
        )

    def apply(
        self,
        client: str,
        crawler: str,
        effects: Effects,
        at: float,
        listener: Listener | None = None,
    ) -> None:
        """Count what a decision leaves."""
        if effects.counted or effects.rates:
            counters = self._client(client, at)
            if effects.counted:
                counters.requests.add(1, at, MINUTE)
            if effects.recording:
                self._asked_for(counters, recording_key(effects.recording), at)
            for rule, rate in effects.rates:
                counters.due[rule] = due_after(counters.due.get(rule, at), rate, at)
        if effects.violated and (known := self._crawlers.get(crawler)) is not None:
            known.violations += 1
        if listener is not None:
            if effects.sentence is not None:
                self._sessions.sentence(listener, effects.sentence, at)
            if effects.ignored:
                self._sessions.ignoring(listener, effects.ignored, at)
            if effects.owed:
                self._sessions.owes(listener, effects.owed, at)
            if effects.tripped:
                self._sessions.tripped(listener, effects.tripped, at)

    def sounded(self, listener: Listener, sent: SoundSent, at: float) -> None:
        """Count a portion of a recording that has gone out."""
        self._sessions.sent(listener, sent, at)

    def begun(self, way: Way, at: float) -> None:
        """A recording was let in."""
        self._under_way.begun(way, at)

    def ended(self, way: Way) -> None:
        """Its response has ended."""
        self._under_way.ended(way)

    def under_way(self, listener: Listener) -> int:
        """How many there are in its network."""
        return self._under_way.count(listener)

    def sweep(self, listener: Listener, amounts: Amounts, at: float) -> Sweep | None:
        """What nobody listens to so soon."""
        return self._sessions.sweep(listener, amounts, at)

    def run(self, listener: Listener, scope: Scope, at: float) -> Sweep | None:
        """What was sent without a pause."""
        return self._sessions.run(listener, scope, at)

    def watched(self, listener: Listener, at: float) -> bool:
        """Whether the household is far ahead."""
        return self._sessions.watched(listener, at)

    def aired(self, household: str, at: float, change: int = 0) -> None:
        """Count a portion of a live stream."""
        self._air.sent(household, at, change)

    def playlist(self, listener: Listener, at: float) -> None:
        """A playlist has gone out."""
        self._sessions.playlist(listener, at)

    def sent(self, client: str, size: int, seconds: float, at: float) -> tuple[float, ...]:
        """Count audio that went to a client; the ratios of the hours that ended by that."""
        if size:
            self._client(client, at).audio.add(size, at, HOUR)
        return self._listening.sent(client, seconds, at) if seconds else ()

    def _client(self, key: str, at: float) -> ClientCounters:
        client = self._clients.get(key)
        if client is None:
            client = self._clients[key] = ClientCounters(at)
            while len(self._clients) > self._most:
                self._drop()
        else:
            self._clients.move_to_end(key)
        return client

    def missing(self, client: str, recording: str) -> None:
        """The site has not sent it."""
        known = self._clients.get(client)
        if known is not None and known.recordings.pop(recording_key(recording), None) is not None:
            self._recordings -= 1

    def _asked_for(self, client: ClientCounters, recording: bytes, at: float) -> None:
        self._forget(client, at)
        known = client.recordings.pop(recording, None)
        client.recordings[recording] = at
        if known is not None:
            return
        self._recordings += 1
        if len(client.recordings) > MOST_RECORDINGS:
            client.recordings.popitem(last=False)
            self._recordings -= 1
        while self._recordings > self._most_recordings and len(self._clients) > 1:
            self._drop()

    def _forget(self, client: ClientCounters, at: float) -> None:
        """Let go of recordings that were asked for more than an hour ago."""
        while client.recordings:
            recording, last = next(iter(client.recordings.items()))
            if at - last < HOUR:
                return
            del client.recordings[recording]
            self._recordings -= 1

    def _drop(self) -> None:
        _, client = self._clients.popitem(last=False)
        self._recordings -= len(client.recordings)

    # -- crawlers ----------------------------------------------------------------------------------

    def received(
        self, crawler: str, signal: SignalKind, digest: str, text: bytes | None = None
    ) -> bool:
        """A crawler was sent the text of this SHA-256; whether that is new to it."""
        known = self.received_elsewhere(crawler, signal, digest if text is not None else "")
        if text is not None:
            self.keep_text(digest, text)
        if digest in known.digests:
            return False
        if len(known.digests) >= MOST_TEXTS:
            known.digests.clear()
        known.digests.add(digest)
        return True

    def received_elsewhere(self, crawler: str, signal: str, robots: str = "") -> _Crawler:
        """Another guard has sent it something, whose ledger says so; `robots`: its SHA-256."""
        known = self._crawlers.get(crawler)
        if known is None:
            known = self._crawlers[crawler] = _Crawler()
            while len(self._crawlers) > self._most:
                self._crawlers.popitem(last=False)
        else:
            self._crawlers.move_to_end(crawler)
        known.signals.add(signal)
        if robots:
            known.robots = robots
        return known

    def text(self, digest: str) -> bytes | None:
        """The robots.txt with this SHA-256."""
        return self._texts.get(digest)

    def keep_text(self, digest: str, text: bytes) -> None:
        """Remember a robots.txt."""
        _keep(self._texts, digest, text, MOST_TEXTS)

    # -- once --------------------------------------------------------------------------------------

    def once(self, key: bytes, owner: str, until: float, now: float, *, shared: bool) -> bool:
        """Whether `key` may be used now; see Store.once."""
        return self._once.use(key, owner, until, now, shared=shared)

    def proof_seen(self, key: bytes) -> bool:
        """Whether this outcome is known already."""
        seen = key in self._proofs
        _keep(self._proofs, key, None, MOST_PROOFS)
        return seen

    # -- recordings --------------------------------------------------------------------------------

    def length(self, path: str) -> Length | None:
        """What is known about the recording under this path."""
        return self._lengths.get(recording_key(path))

    def keep_length(self, path: str, length: Length) -> None:
        """Remember it, and forget the one that was kept longest."""
        _keep(self._lengths, recording_key(path), length, MOST_LENGTHS)


def _recent(recordings: Mapping[bytes, float], at: float) -> int:
    """How many were asked for within the hour; the oldest come first."""
    old = 0
    for last in recordings.values():
        if at - last < HOUR:
            break
        old += 1
    return len(recordings) - old


def _waits(client: ClientCounters | None, query: Query) -> Mapping[str, float]:
    if client is None or not query.rates:
        return {rule: _first_wait(rate) for rule, rate in query.rates}
    at = query.at
    return {rule: wait(client.due.get(rule, at), rate, at) for rule, rate in query.rates}


def _first_wait(rate: Rate) -> float:
    return wait(0.0, rate, 0.0)


def _keep[K, V](memory: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > most:
        memory.popitem(last=False)
