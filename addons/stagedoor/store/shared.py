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
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from secrets import token_hex
from typing import Any, Protocol

import orjson

from stagedoor.engine.needs import Effects, Known, SignalKind
from stagedoor.model.client_keys import network_key
from stagedoor.model.events import Event, StoreAnswered, StoreLost, StoreUnheard
from stagedoor.model.heard import Amounts, Listener, Scope, Sweep
from stagedoor.model.sound import SoundSent
from stagedoor.store import operations
from stagedoor.store.interface import Length, Query
from stagedoor.store.memory import MOST_TEXTS, MemoryStore
from stagedoor.store.operations import HELD, Operation, Replay
from stagedoor.store.pseudonyms import Pseudonyms
from stagedoor.store.valkey_server import EXCHANGE, ONCE, PRESENT, Command, ServerAway

SOON = 0.05
"""Seconds after which what nobody waits for goes out."""
TICK = 1.0
"""Seconds between two looks at the time, at the other guards, and at what the site's log says."""
GONE = 30
"""Seconds after which a guard that says nothing is gone, and its live streams with it."""
LOGGED = 7200
"""Seconds for which a log is kept after its last entry."""
ENTRIES = 4096
"""Entries of one log, roughly. A guard that has never met a network begins with them."""
AT_ONCE = 128
"""Entries read in one batch: decoding them takes 2 ms."""
LOGS = 256
"""Logs in one batch."""
MOST_WAITING = 50_000
"""Operations kept while the server is away, about 20 MB."""
TEXTS = 8 * 86_400
"""Seconds for which the text of a robots.txt is kept."""
LARGEST_TEXT = 1 << 20
QUIET = 60.0
"""Seconds after which a live stream is said to go on."""
_RETRY = (0.1, 0.25, 0.5, 1.0)
_TRIES = 16
_START = b"0-0"
_VERSION = 1

_log = logging.getLogger("stagedoor.store")


class Server(Protocol):
    """What runs batches of commands; `valkey_server.ValkeyServer`."""

    async def run(self, commands: list[Command]) -> list[Any]: ...

    async def close(self) -> None: ...


class _Log:
    """One log, as far as this guard knows it."""

    __slots__ = ("cursor", "held", "known", "operations", "replay", "sending", "tag", "waiting")

    def __init__(self, tag: str, cursor: bytes, known: Callable[[], bool]) -> None:
        self.tag, self.cursor, self.known = tag, cursor, known
        self.replay = Replay()
        self.held: list[bytes] = []
        """Carried out after all else: a network must be known to be one before."""
        self.operations: list[Operation] = []
        """With this guard's times: they become the server's when they go out."""
        self.sending: tuple[int, list[Operation]] | None = None
        self.waiting: list[asyncio.Future[None]] = []


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
        emit: Callable[[Event], None] = lambda _: None,
        heard: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.memory = MemoryStore(clients)
        self.up: bool | None = None
        """Whether the server answers; None before the first try has ended."""
        self.guards = 0
        """Guards that share it, this one included."""
        self._server, self._prefix, self._wait = server, prefix, wait
        self._emit, self._heard, self._clock = emit, heard, clock
        self._names = Pseudonyms(secret or prefix.encode())
        self._node = token_hex(4)
        self._entry = 0
        # The memory has `clients` households and as many sessions: there is always one to forget.
        self._most_logs = 3 * clients
        self._logs: OrderedDict[str, _Log] = OrderedDict()
        self._changed: dict[str, _Log] = {}
        self._site = _Log("site", _START, lambda: True)
        self._kept = self._lost = 0
        self._asked: list[tuple[Command, asyncio.Future[bool]]] = []
        self._texts: dict[str, bytes] = {}
        self._wanted: set[str] = set()
        self._seen: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._streams: dict[str, Counter[str]] = {}
        self._missed: dict[str, float] = {}
        self._aired: OrderedDict[str, float] = OrderedDict()
        self._offset: float | None = None
        self._ticked = float("-inf")
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    # -- start and stop ----------------------------------------------------------------------------

    def open(self) -> None:
        """Begin, with the event loop running."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="shared store")

    def close(self) -> None:
        """End. What went out in the last moment may not reach the others."""
        if self._task is not None:
            self._task.cancel()
        if self._timer is not None:
            self._timer.cancel()

    async def settled(self) -> None:
        """Wait until all that was said here has reached the server, as long as it takes."""
        while waiting := [one for one in self._all() if one.operations or one.sending]:
            await asyncio.gather(*map(self._news, waiting))

    def _all(self) -> Iterable[_Log]:
        return (self._site, *self._logs.values())

    def __len__(self) -> int:
        return len(self.memory)

    # -- one request -------------------------------------------------------------------------------

    def read(self, query: Query) -> Known | Awaitable[Known]:
        """What all guards know; at once where the server is away."""
        own = self._own(query)
        if not self.up:
            self._emit(StoreUnheard("away"))
            return self.memory.read(own)
        logs = []
        if own.client or own.listener is not None or not own.crawler:
            logs.append(self._network(own.listener.household if own.listener else own.client))
        if own.crawler:
            logs.append(self._crawler(own.crawler))
        return self._read(own, logs)

    async def _read(self, query: Query, logs: Iterable[_Log]) -> Known:
        news = [self._news(log) for log in logs]
        try:
            async with asyncio.timeout(self._wait):
                for one in news:
                    await one
        except TimeoutError:
            self._emit(StoreUnheard("late"))
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
            self._say(self._network(own.household if own is not None else home), at, *said)
        if effects.violated and self.memory.remembers_crawler(name):
            self._say(self._crawler(name), at, ["x", at, name])
        self.memory.apply(home, name, effects, at, own)
        self._soon(0.0)

    def missing(self, client: str, recording: str) -> None:
        """A recording that was counted as asked for is not there."""
        home, at = self._names.household(client), self._clock()
        self.memory.missing(home, recording)
        self._say(self._network(home), at, operations.missing(home, recording, at))

    def sounded(self, listener: Listener, sent: SoundSent, at: float) -> None:
        """Count a portion of a recording that has gone out."""
        own = self._names.listener(listener)
        log = self._network(own.household)
        self.memory.sounded(own, sent, at)
        if sent.kind not in {"live", "bought"}:  # sessions do not count them
            self._say(log, at, operations.sounded(own, sent, at))

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
        if len(self._aired) > MOST_WAITING:
            self._aired.popitem(last=False)
        self._say(log, at, ["o", at, home, change])

    def playlist(self, listener: Listener, at: float) -> None:
        """A playlist has gone out."""
        own = self._names.listener(listener)
        log = self._network(own.household)
        self.memory.playlist(own, at)
        self._say(log, at, ["p", at, own.household, own.agent])

    def sent(self, client: str, size: int, seconds: float, at: float) -> tuple[float, ...]:
        """Count audio that went to a client. Hours of listening are reported by each guard."""
        home = self._names.household(client)
        if size:
            log = self._network(home)
            last = log.operations[-1] if log.operations else None
            if last is not None and last[0] == "b" and last[2] == home:
                last[1], last[3] = at, last[3] + size
            else:
                self._say(log, at, ["b", at, home, size])
        return self.memory.sent(home, size, seconds, at)

    # -- crawlers, proofs, recordings --------------------------------------------------------------

    def received(
        self, crawler: str, signal: SignalKind, digest: str, text: bytes | None = None
    ) -> bool:
        """A crawler was sent a text; whether that is new to it from this guard."""
        name, at = self._names.crawler(crawler), self._clock()
        log = self._crawler(name)
        new = self.memory.received(name, signal, digest, text)
        if new:
            robots = digest if text is not None else ""
            self._say(log, at, ["v", at, name, signal, robots])
            if text is not None and len(text) <= LARGEST_TEXT and len(self._texts) < MOST_TEXTS:
                self._texts[digest] = text
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
        if not self.up:
            self._emit(StoreUnheard("away"))
            return True
        milliseconds = max(1, int((until - now) * 1000) + 1000)
        arguments = (own, repr(until), repr(now), int(shared), milliseconds)
        asked = asyncio.get_running_loop().create_future()
        name = f"{self._prefix}:once:{{{key.hex()}}}"
        self._asked.append((Command(ONCE, (name,), arguments), asked))
        self._wake.set()
        return self._once(asked)

    async def _once(self, asked: asyncio.Future[bool]) -> bool:
        try:
            async with asyncio.timeout(self._wait):
                return await asked
        except TimeoutError:
            self._emit(StoreUnheard("late"))
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
            self._say(self._site, at, operations.length(path, length, at))

    # -- logs --------------------------------------------------------------------------------------

    def _network(self, household: str) -> _Log:
        network = network_key(household)
        tag = network.partition("/")[0] or household or "unknown"
        return self._log(tag, lambda: self.memory.remembers(household))

    def _crawler(self, crawler: str) -> _Log:
        return self._log(crawler, lambda: self.memory.remembers_crawler(crawler))

    def _log(self, tag: str, known: Callable[[], bool]) -> _Log:
        """The log with this tag; `known`: whether the memory has something of what is in it."""
        log = self._logs.get(tag)
        if log is None:
            cursor = _START
            if self._offset is not None and known():  # what is known is not counted again
                cursor = b"%d-0" % int((self._clock() + self._offset) * 1000)
            log = self._logs[tag] = _Log(tag, cursor, known)
            if len(self._logs) > self._most_logs:
                self._make_room()
        else:
            self._logs.move_to_end(tag)
        return log

    def _make_room(self) -> None:
        """Forget a log of which the memory has nothing: it would be read anew, from its beginning."""
        for _ in range(_TRIES):
            tag, oldest = next(iter(self._logs.items()))
            if not oldest.known():
                break
            self._logs.move_to_end(tag)
        tag, oldest = self._logs.popitem(last=False)
        if self._changed.pop(tag, None) is not None:
            self._kept -= len(oldest.operations)
            self._lost += len(oldest.operations)
            self._release(oldest)

    def _say(self, log: _Log, at: float, *said: Operation) -> None:
        log.replay.happened(at)
        if self._kept >= MOST_WAITING and said[0][0] not in HELD:
            self._lost += len(said)
            return
        self._kept += len(said)
        log.operations += said
        self._changed[log.tag] = log
        self._soon(SOON)

    def _soon(self, seconds: float) -> None:
        if not seconds:
            self._wake.set()
        elif self._timer is None and self._task is not None:
            self._timer = self._task.get_loop().call_later(seconds, self._due)

    def _due(self) -> None:
        self._timer = None
        self._wake.set()

    def _news(self, log: _Log) -> asyncio.Future[None]:
        """Done when everything that is in the log now is known here, or nothing is to be had."""
        heard: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        log.waiting.append(heard)
        self._changed[log.tag] = log
        self._wake.set()
        return heard

    @staticmethod
    def _release(log: _Log) -> None:
        waiting, log.waiting = log.waiting, []
        _done(waiting)

    # -- the server --------------------------------------------------------------------------------

    async def _run(self) -> None:
        failed = 0
        try:
            while True:
                try:
                    await self._rest()
                    await self._exchange()
                    failed = 0
                except ServerAway as error:
                    self._away(str(error))
                except Exception:
                    _log.exception("The store's connection has failed.")
                    self._away("a fault of the guard's own")
                else:
                    continue
                await asyncio.sleep(_RETRY[min(failed, len(_RETRY) - 1)])
                failed += 1
                self._ticked = float("-inf")
        finally:
            self._release_all()
            await self._server.close()

    async def _rest(self) -> None:
        """Until somebody waits for an answer, or something is due."""
        left = self._ticked + TICK - time.monotonic()
        if left > 0 and not self._wake.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._wake.wait()
        self._wake.clear()

    def _away(self, reason: str) -> None:
        if self.up is not False:
            _log.warning(
                "The store at %s cannot be used (%s). This guard counts for itself until it can.",
                self._server,
                reason,
            )
        self.up = False
        self._release_all()

    def _release_all(self) -> None:
        for log in self._all():
            self._release(log)
        for _, asked in self._asked:
            if not asked.done():
                asked.set_result(True)
        self._asked.clear()

    def _back(self) -> None:
        if self.up is False:
            _log.warning("The store at %s answers again.", self._server)
        elif self.up is None:
            _log.info("Memory is shared through the store at %s.", self._server)
        self.up = True

    async def _exchange(self) -> None:
        """One batch: what is to be said, and what is asked for."""
        if self._offset is None or self._due_for_tick():
            await self._tick()
        logs = [self._changed.pop(tag) for tag in list(self._changed)[:LOGS]]
        waiting = [log.waiting for log in logs]
        for log in logs:
            log.waiting = []
        asked, self._asked = self._asked, []
        texts, self._texts = self._texts, {}
        began = time.monotonic()
        commands = [self._command(log) for log in logs]
        commands += [command for command, _ in asked]
        commands += [
            Command("", ("SET", self._text_key(digest)), (text, "EX", TEXTS))
            for digest, text in texts.items()
        ]
        if not commands:
            return
        try:
            replies = await self._server.run(commands)
        except ServerAway:
            for log, those in zip(logs, waiting, strict=True):
                log.waiting += those
                self._changed[log.tag] = log
            self._asked += asked
            self._texts |= texts
            raise
        self._emit(StoreAnswered(time.monotonic() - began))
        self._back()
        if self._lost:
            self._emit(StoreLost(self._lost))
            self._lost = 0
        behind = [self._answered(log, reply) for log, reply in zip(logs, replies, strict=False)]
        for (_, future), reply in zip(asked, replies[len(logs) :], strict=False):
            if not future.done():
                future.set_result(bool(reply))
        try:
            if self._wanted:
                await self._fetch_texts()
        finally:
            for log, those, more in zip(logs, waiting, behind, strict=True):
                if more:
                    log.waiting = those + log.waiting
                    self._changed[log.tag] = log
                else:
                    _done(those)
        if any(behind) or len(self._changed) >= LOGS:
            self._wake.set()

    def _due_for_tick(self) -> bool:
        return time.monotonic() - self._ticked >= TICK

    async def _tick(self) -> None:
        """The server's time, and who else is there."""
        began = self._clock()
        name = f"{self._prefix}:{{site}}:guards"
        [(now, guards)] = await self._server.run([Command(PRESENT, (name,), (self._node, GONE))])
        ended = self._clock()
        self._set_offset(int(now[0]) + int(now[1]) / 1e6, began, ended)
        self._ticked = time.monotonic()
        self._changed[self._site.tag] = self._site
        self._gone({guard.decode() for guard in guards})
        self._back()

    def _set_offset(self, now: float, began: float, ended: float) -> None:
        """The server's time was `now` between `began` and `ended`."""
        found = now - (began + ended) / 2
        # A quick answer says more about the time than a slow one.
        if self._offset is None or abs(found - self._offset) > (ended - began) / 2:
            self._offset = found

    def _gone(self, guards: set[str]) -> None:
        """Live streams of guards that are not there any more have ended."""
        self.guards, now = len(guards), time.monotonic()
        for node in [one for one in self._streams if one not in guards]:
            if now - self._missed.setdefault(node, now) < GONE / 2:
                continue
            for home, open_ in self._streams.pop(node).items():
                self.memory.aired(home, self._clock(), -open_)
        self._missed = {node: at for node, at in self._missed.items() if node in self._streams}

    def _command(self, log: _Log) -> Command:
        if log.sending is None and log.operations:
            self._entry += 1
            log.sending, log.operations = (self._entry, log.operations), []
            self._kept -= len(log.sending[1])
        entry, held, seconds = b"", list[bytes](), 0
        if log.sending is not None:
            number, said = log.sending
            assert self._offset is not None
            out = [[one[0], one[1] + self._offset, *one[2:]] for one in said]
            entry = orjson.dumps([_VERSION, self._node, number, out])
            for one in out:
                if one[0] in HELD:
                    held.append(orjson.dumps(one))
                    seconds = max(seconds, int(one[HELD[one[0]]]) + 1)
        site = log is self._site
        key = f"{self._prefix}:{{{log.tag}}}"
        most, kept = (ENTRIES * 4, TEXTS) if site else (ENTRIES, LOGGED)
        arguments = (log.cursor, AT_ONCE, most, kept, entry, seconds, *held)
        return Command(EXCHANGE, (f"{key}:log", f"{key}:held"), arguments)

    def _answered(self, log: _Log, reply: Any) -> bool:
        """Carry out what is new in a log; whether there is more."""
        news, held, own = reply
        log.sending = None
        log.held += held
        for _, fields in news:
            self._read_entry(log, fields[1])
        more = len(news) >= AT_ONCE
        if log.held and not more:
            self._carry_out(log, "", map(orjson.loads, log.held))
            log.held = []
        if news:
            log.cursor = news[-1][0]
        if own and not more:
            log.cursor = own
        return more

    def _read_entry(self, log: _Log, entry: bytes) -> None:
        try:
            version, node, number, said = orjson.loads(entry)
            if version != _VERSION or node == self._node or (node, number) in self._seen:
                return
            # An entry whose answer was lost is sent twice.
            self._seen[node, number] = None
            if len(self._seen) > ENTRIES:
                self._seen.popitem(last=False)
            self._carry_out(log, node, said)
        except (ValueError, TypeError):
            self._emit(StoreLost(1))

    def _carry_out(self, log: _Log, node: str, said: Iterable[Operation]) -> None:
        assert self._offset is not None
        for one in said:
            try:
                done = log.replay.carry_out(self.memory, one, self._offset)
                self._noticed(node, one, done=done)
            except (ValueError, TypeError, LookupError, AttributeError):
                self._emit(StoreLost(1))

    def _noticed(self, node: str, operation: Operation, *, done: bool) -> None:
        """What an operation of another guard means beside the memory."""
        word = operation[0]
        if word in HELD:
            if done:
                self._heard()
        elif word == "o":
            if node and operation[3]:
                self._streams.setdefault(node, Counter())[operation[2]] += int(operation[3])
        elif word == "v" and operation[4] and self.memory.text(operation[4]) is None:
            self._wanted.add(operation[4])

    # -- texts -------------------------------------------------------------------------------------

    def _text_key(self, digest: str) -> str:
        return f"{self._prefix}:text:{{{digest}}}"

    async def _fetch_texts(self) -> None:
        """The robots.txt that others have sent, for those who ask about their crawlers just now."""
        wanted = list(self._wanted)[:MOST_TEXTS]
        self._wanted.difference_update(wanted)
        found = await self._server.run(
            [Command("", ("GET", self._text_key(digest)), ()) for digest in wanted]
        )
        for digest, text in zip(wanted, found, strict=True):
            if text is not None:
                self.memory.keep_text(digest, text)


def _done(waiting: Iterable[asyncio.Future[None]]) -> None:
    for one in waiting:
        if not one.done():
            one.set_result(None)
