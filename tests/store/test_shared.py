"""The shared store: the contract, kept by three guards that take turns on one server."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from contract import ELSEWHERE, HOME, StoreContract, portion
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from stagedoor.config.store_address import store_address
from stagedoor.engine.needs import Effects, Known, SignalKind
from stagedoor.engine.under_way import Way
from stagedoor.model.client_keys import client_key, listener
from stagedoor.model.facts import Rate
from stagedoor.model.heard import SCOPES, Amounts, Listener, Scope, Sentence, Sweep
from stagedoor.model.sound import SoundKind, SoundSent
from stagedoor.store.interface import Length, Query
from stagedoor.store.memory import MemoryStore
from stagedoor.store.shared import SharedStore
from stagedoor.store.shared_logs import SharedLogs
from stagedoor.store.valkey_server import ValkeyServer
from storeservers import KINDS, Kind, StoreServer

EXACT = 60
_SITES = iter(range(1_000_000))


class OneClock(SharedLogs):
    """The times are the test's, and the same as the server's."""

    def _set_offset(self, now: float, began: float, ended: float) -> None:
        self._offset = 0.0


class Guards:
    """Several guards as one store: each call goes to the next of them, and has heard of all before.

    So it is for the first EXACT changes; floods go on in batches, as they do in life.
    """

    def __init__(
        self, server: StoreServer, clients: int = 100, count: int = 3, *, site: str = ""
    ) -> None:
        self.server, self.clients = server, clients
        self.site = site or f"site{next(_SITES)}"
        self.runner = asyncio.Runner()
        self.at = 0.0
        self.nodes = [self.join() for _ in range(count)]
        self._turn = self._unsettled = self._said = 0
        self._crawler = ""

    def join(self) -> SharedStore:
        """One more guard."""
        address = store_address(self.server.address)
        guard = SharedStore(
            ValkeyServer(address, ""),
            self.clients,
            prefix=self.site,
            wait=address.wait,
            clock=lambda: self.at,
        )
        guard.logs.__class__ = OneClock

        async def start() -> None:
            guard.open()
            await guard.logs.news(guard.logs.site)
            assert guard.logs.up

        self.runner.run(start())
        return guard

    def close(self) -> None:
        for node in self.nodes:
            node.close()
        self.runner.run(asyncio.sleep(0.01))
        self.runner.close()

    def settle(self) -> None:
        """All that was said has reached the server."""

        async def all_of_them() -> None:
            await asyncio.gather(*(node.logs.settled() for node in self.nodes))

        self.runner.run(all_of_them())
        self._unsettled = 0

    def _next(self) -> SharedStore:
        self._turn = (self._turn + 1) % len(self.nodes)
        return self.nodes[self._turn]

    def _say(
        self, at: float, household: str, listener: Listener | None = None, crawler: str = ""
    ) -> SharedStore:
        self.at = max(self.at, at)
        self._said += 1
        self._unsettled += 1
        if self._said > EXACT:
            if self._unsettled > 200:
                self.settle()
            return self._next()
        self.settle()
        node = self._next()
        query = Query(household, at, crawler=crawler, listener=listener, listening=SCOPES)
        self._wait(node.read(query))
        self._unsettled += 1
        return node

    def _ask(self, listener: Listener | None = None) -> SharedStore:
        """The next guard, once it knows what all others know of this listener."""
        node = self._next()
        if self._unsettled:
            self.settle()
        if listener is not None:
            query = Query(listener.household, self.at, listener=listener, listening=SCOPES)
            self._wait(node.read(query))
        return node

    def _wait(self, found: Any) -> Any:
        if not inspect.isawaitable(found):
            return found

        async def wait() -> Any:
            return await found

        return self.runner.run(wait())

    def __len__(self) -> int:
        self.settle()
        return max(map(len, self.nodes))

    def read(self, query: Query) -> Known:
        if query.expected is not None:  # what is under way is asked of the guard that knows of it
            self._turn = -1
        self.at = max(self.at, query.at)
        found: Known = self._wait(self._ask().read(query))
        return found

    def here(self, query: Query) -> Known:
        return self.read(query)

    def apply(
        self,
        client: str,
        crawler: str,
        effects: Effects,
        at: float,
        listener: Listener | None = None,
    ) -> None:
        self._say(at, client, listener, crawler).apply(client, crawler, effects, at, listener)

    def missing(self, client: str, recording: str) -> None:
        self._say(self.at, client).missing(client, recording)

    def sounded(self, listener: Listener, sent: SoundSent, at: float) -> None:
        self._say(at, listener.household, listener).sounded(listener, sent, at)

    def begun(self, way: Way, at: float) -> None:
        for node in self.nodes:  # each knows what is under way here alone
            node.begun(way, at)

    def ended(self, way: Way) -> None:
        for node in self.nodes:
            node.ended(way)

    def under_way(self, listener: Listener) -> int:
        return self._next().under_way(listener)

    def sweep(self, listener: Listener, amounts: Amounts, at: float) -> Sweep | None:
        return self._ask(listener).sweep(listener, amounts, at)

    def run(self, listener: Listener, scope: Scope, at: float) -> Sweep | None:
        return self._ask(listener).run(listener, scope, at)

    def watched(self, listener: Listener, at: float) -> bool:
        return self._ask(listener).watched(listener, at)

    def aired(self, household: str, at: float, change: int = 0) -> None:
        self._say(at, household).aired(household, at, change)

    def playlist(self, listener: Listener, at: float) -> None:
        self._say(at, listener.household, listener).playlist(listener, at)

    def sent(self, client: str, size: int, seconds: float, at: float) -> tuple[float, ...]:
        # Each guard reports the hours of its own listeners.
        node = self._say(at, client)
        return (self.nodes[0] if seconds else node).sent(client, size, seconds, at)

    def received(
        self, crawler: str, signal: SignalKind, digest: str, text: bytes | None = None
    ) -> bool:
        # Each guard notes for itself what is new.
        self._crawler = crawler
        self._say(self.at, "", crawler=crawler)
        node = self.nodes[len(digest) % len(self.nodes)]
        self._wait(node.read(Query("", self.at, crawler=crawler)))
        return node.received(crawler, signal, digest, text)

    def text(self, digest: str) -> bytes | None:
        node = self._ask()
        self._wait(node.read(Query("", self.at, crawler=self._crawler)))
        return node.text(digest)

    def once(self, key: bytes, owner: str, until: float, now: float, *, shared: bool) -> bool:
        async def ask() -> bool:
            found = self._next().once(key, owner, until, now, shared=shared)
            return found if isinstance(found, bool) else await found

        return self.runner.run(ask())

    def proof_seen(self, key: bytes) -> bool:
        return self.nodes[0].proof_seen(key)

    def length(self, path: str) -> Length | None:
        node = self._ask()

        async def hear() -> None:
            await node.logs.news(node.logs.site)

        self.runner.run(hear())
        return node.length(path)

    def keep_length(self, path: str, length: Length) -> None:
        self._say(self.at, HOME).keep_length(path, length)


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[StoreServer]:
    kind: Kind = request.param
    with StoreServer(kind) as started:
        yield started


@pytest.fixture
def guards(server: StoreServer) -> Iterator[Callable[..., Guards]]:
    made: list[Guards] = []

    def make(clients: int = 100, count: int = 3) -> Guards:
        made.append(Guards(server, clients, count))
        return made[-1]

    yield make
    for one in made:
        one.close()


class TestSharedStore(StoreContract):
    """The contract. There are more strangers than a guard remembers, and fewer than in memory's test:
    each is a log of its own on the server.
    """

    flood = 3_000
    _make: ClassVar[Callable[..., Guards]]

    @pytest.fixture(autouse=True)
    def _with_server(self, guards: Callable[..., Guards]) -> None:
        type(self)._make = staticmethod(guards)

    def make(self, clients: int = 100) -> Guards:
        return type(self)._make(clients)

    def test_crawlers_and_texts_are_bounded(self) -> None:
        """A guard's memory is; the server forgets by time."""
        driver = self.driver(50)
        for number in range(200):
            driver.store.received(f"Bot {number}", "robots", f"r{number}", b"x")
        found = driver.received("Bot 0")
        assert found is not None
        assert found.robots == "r0"
        store = driver.store
        assert isinstance(store, Guards)
        assert all(len(node.memory._crawlers) <= 50 for node in store.nodes)
        assert all(len(node.memory._texts) <= 64 for node in store.nodes)


# -- the same facts as one memory ------------------------------------------------------------------

HOMES = (HOME, "198.51.100.8", ELSEWHERE, "2001:db8:7:1::5", "2001:db8:7:2::5", "")
AGENTS = ("Firefox", "Safari", "Ωmega \udcff")
PATHS = (
    *(f"/music/{number:02}.mp3" for number in range(30)),
    "/\udce9t\xe9.mp3",
)
WAIT = Rate(5, 60.0)

_who = st.tuples(st.sampled_from(HOMES), st.sampled_from(AGENTS))
_steps = st.tuples(
    st.sampled_from(
        ("request", "rate", "sound", "playlist", "sentence", "ignored", "tripped", "missing",
         "bytes", "live", "robots", "violation", "owed")
    ),
    _who,
    st.sampled_from(PATHS),
    st.floats(0, 900),
    st.integers(0, 3),
)  # fmt: skip


def _listener(address: str, agent: str) -> Listener:
    """One of them shows a pass. In one network: logs are read by network (docs/decisions/0066)."""
    found = listener(address, agent)
    return found._replace(passed=f"pass {found.network}" if agent == "Safari" else "")


def _do(store: Any, word: str, who: Listener, path: str, at: float, number: int) -> None:
    """One step on a store."""
    crawler = f"GPTBot {who.household}" if number else "GPTBot"
    match word:
        case "request":
            store.apply(who.household, "", Effects(counted=True, recording=path), at)
        case "rate":
            store.apply(who.household, "", Effects(rates=((f"r{number}", WAIT),)), at)
        case "sound":
            kinds: tuple[SoundKind, ...] = ("recording", "segment", "episode", "archive")
            end = (3_000_000, 400_000)[number % 2]
            store.sounded(who, portion(path, 0, end, kinds[number]), at)
        case "playlist":
            store.playlist(who, at)
        case "sentence":
            sentence = Sentence(f"s{number}", SCOPES[number % 3], 1000.0 * number + 1)
            store.apply(who.household, "", Effects(sentence=sentence), at, who)
        case "ignored":
            store.apply(who.household, "", Effects(ignored=path), at, who)
        case "tripped":
            store.apply(who.household, "", Effects(tripped=700.0), at, who)
        case "missing":
            store.missing(who.household, path)
        case "bytes":
            store.sent(who.household, 1000 + number, 0.0, at)
        case "live":
            # Of one household: a guard that is asked about others only may forget a pause too soon.
            store.aired(client_key(HOME), at, (1, 0, -1, 1)[number])
        case "owed":
            store.apply(who.household, "", Effects(owed=100.0), at, who)
        case "robots":
            store.received(crawler, "robots", f"digest {number}", path.encode("utf-8", "replace"))
        case "violation":
            store.apply("", crawler, Effects(violated=True), at)


def _facts(store: Any, at: float) -> list[Any]:
    """Everything that can be asked."""
    found: list[Any] = []
    for address in HOMES:
        for agent in AGENTS:
            who = _listener(address, agent)
            sentences = tuple((f"s{n}", SCOPES[n % 3]) for n in range(4))
            rates = tuple((f"r{n}", WAIT) for n in range(4))
            found.append(
                store.read(
                    Query(who.household, at, "/new.mp3", True, rates, f"GPTBot {who.household}",
                          listener=who, listening=SCOPES, sentences=sentences)
                )
            )  # fmt: skip
            found += [store.run(who, scope, at) for scope in SCOPES]
            found.append(store.sweep(who, Amounts(300.0, 2, 600.0, 2, 1), at))
    found.append(store.read(Query("", at, crawler="GPTBot")))
    return found


@settings(max_examples=8, phases=[Phase.generate])  # each example takes 0.1 s
@given(st.lists(_steps, min_size=10, max_size=50))
def test_what_several_guards_know_is_what_one_would(
    guards: Callable[..., Guards], steps: list[Any]
) -> None:
    several, one, at = guards(), MemoryStore(100), 50_000.0
    for word, (address, agent), path, later, number in steps:
        at += later
        several.at = at
        _do(one, word, _listener(address, agent), path, at, number)
        _do(several, word, _listener(address, agent), path, at, number)
    assert _facts(several, at) == _facts(one, at)
    for node in (several.join(), several.join()):  # as does one that has just begun
        several.nodes = [node]
        assert _facts(several, at + 5.0) == _facts(one, at + 5.0)
