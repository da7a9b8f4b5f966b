"""The exchange with the server of a shared store: logs, and one batch after the other.

Each log is a stream of entries, each entry a few operations of one guard. A batch appends to logs what
was said here, and reads what others have said in them; a request that waits for a log waits for a batch. An
entry whose answer was lost is sent again under the same number, and counted once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from secrets import token_hex
from typing import Any, Protocol

import orjson

from stagedoor.store.memory import MOST_TEXTS, MemoryStore
from stagedoor.store.one_log import START, Log, done
from stagedoor.store.operations import HELD, Operation
from stagedoor.store.others import GONE, VERSION, Others
from stagedoor.store.shared_tracks import SharedTracks
from stagedoor.store.tracks import Tracks
from stagedoor.store.valkey_server import PRESENT, Command, ServerAwayError, exchange_script

SOON = 0.05
"""Seconds after which what nobody waits for goes out."""
TICK = 1.0
"""Seconds between two looks at the time, at the other guards, and at what the site's log says."""
LOGGED = 3600
"""Seconds for which a log is kept after its last entry."""
ENTRIES = 4096
"""Entries of one log, roughly. A guard that has never met a network begins with them."""
AT_ONCE = 128
"""Entries read in one batch: decoding them takes 2 ms."""
SITE_AT_ONCE = 8
"""Of the site's log, whose entries may be long: a feed of a thousand episodes."""
IN_ENTRY = 200
"""Operations in one entry; after an outage there may be more."""
LOGS = 256
"""Logs in one batch."""
MOST_WAITING = 50_000
"""Operations kept while the server is away, about 20 MB."""
TEXTS = 8 * 86_400
"""Seconds for which the text of a robots.txt is kept."""
LARGEST_TEXT = 1 << 20
_RETRY = (0.1, 0.25, 0.5, 1.0)
_TRIES = 16


_SCRIPT = exchange_script(at_once=AT_ONCE, entries=ENTRIES, seconds=LOGGED)
_SITE_SCRIPT = exchange_script(at_once=SITE_AT_ONCE, entries=4 * ENTRIES, seconds=TEXTS)

_log = logging.getLogger("stagedoor.store")


class Server(Protocol):
    """What runs batches of commands; `valkey_server.ValkeyServer`."""

    async def run(self, commands: list[Command]) -> list[Any]: ...

    async def close(self) -> None: ...


class SharedLogs:
    """One guard's. `prefix` goes before each key, `clock` gives the guard's times, `heard` is called
    when another guard has begun a sentence. What others say is carried out on `memory`.
    """

    def __init__(
        self,
        server: Server,
        memory: MemoryStore,
        *,
        prefix: str,
        most_logs: int,
        heard: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self.up: bool | None = None
        """Whether the server answers; None before the first try has ended."""
        self.guards = 0
        """Guards that share it, this one included."""
        self.site = Log("site", START, lambda: True, OrderedDict())
        """What every guard hears of, once a second."""
        self._server, self._memory, self._prefix = server, memory, prefix
        self._clock = clock
        self._node, self._entry = token_hex(4), 0
        self._most_logs = most_logs
        self._logs: OrderedDict[str, Log] = OrderedDict()
        self._passes: OrderedDict[str, float] = OrderedDict()
        self._changed: dict[str, Log] = {}
        self.batches, self.seconds = 0, 0.0
        """Batches that were answered, and how long that took."""
        self._kept = self._lost = 0
        self._asked: list[tuple[Command, asyncio.Future[bool]]] = []
        self._texts: dict[str, bytes] = {}
        self._others = Others(memory, self._node, heard, clock)
        self._offset: float | None = None
        self._ticked = float("-inf")
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

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
            await asyncio.gather(*map(self.news, waiting))

    def _all(self) -> Iterable[Log]:
        return (self.site, *self._logs.values())

    # -- what the store does -----------------------------------------------------------------------

    def log(self, tag: str, known: Callable[[], bool]) -> Log:
        """The log with this tag; `known`: whether the memory has something of what is in it."""
        log = self._logs.get(tag)
        if log is None:
            cursor = START
            if self._offset is not None and known():  # what is known is not counted again
                cursor = b"%d-0" % int((self._clock() + self._offset) * 1000)
            log = self._logs[tag] = Log(tag, cursor, known, self._passes)
            if len(self._logs) > self._most_logs:
                self._make_room()
        else:
            self._logs.move_to_end(tag)
        return log

    def say(self, log: Log, at: float, *said: Operation) -> None:
        log.replay.happened(at, *said)
        if self._kept >= MOST_WAITING and said[0][0] not in HELD:
            self._lost += len(said)
            return
        self._kept += len(said)
        log.operations += said
        self._changed[log.tag] = log
        self._soon()

    def ask(self, script: str, key: str, *arguments: str | int) -> asyncio.Future[bool]:
        """What a script says about one key; True where the server goes away meanwhile."""
        asked: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._asked.append((Command(script, (f"{self._prefix}:{key}",), arguments), asked))
        self._wake.set()
        return asked

    def keep_text(self, digest: str, text: bytes) -> None:
        """Let the others read the robots.txt with this SHA-256."""
        if len(text) <= LARGEST_TEXT and len(self._texts) < MOST_TEXTS:
            self._texts[digest] = text

    @property
    def lost(self) -> int:
        """Changes that did not reach the others, or could not be understood."""
        return self._lost + self._others.lost

    def share(self, tracks: Tracks) -> None:
        """Share what playlists name, too."""
        say = partial(self.say, self.site)
        tracks.listener = self._others.tracks = SharedTracks(tracks, say, self._clock)

    def hurry(self) -> None:
        """Send what was said at once."""
        self._wake.set()

    def news(self, log: Log) -> asyncio.Future[None]:
        """Done when everything that is in the log now is known here, or nothing is to be had."""
        heard: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        log.waiting.append(heard)
        self._changed[log.tag] = log
        self._wake.set()
        return heard

    def _soon(self) -> None:
        if self._timer is None and self._task is not None:
            self._timer = self._task.get_loop().call_later(SOON, self._due)

    def _due(self) -> None:
        self._timer = None
        self._wake.set()

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
            oldest.release()

    # -- the server --------------------------------------------------------------------------------

    async def _run(self) -> None:
        failed = 0
        try:
            while True:
                try:
                    await self._rest()
                    await self._exchange()
                    failed = 0
                except ServerAwayError as error:
                    self._away(str(error))
                except Exception:  # noqa: BLE001 (the guard goes on alone)
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
            log.release()
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
        except ServerAwayError:
            for log, those in zip(logs, waiting, strict=True):
                log.waiting += those
                self._changed[log.tag] = log
            self._asked += asked
            self._texts |= texts
            raise
        self.batches += 1
        self.seconds += time.monotonic() - began
        self._back()
        behind = [self._answered(log, reply) for log, reply in zip(logs, replies, strict=False)]
        for (_, future), reply in zip(asked, replies[len(logs) :], strict=False):
            if not future.done():
                future.set_result(bool(reply))
        try:
            if self._others.wanted:
                await self._fetch_texts()
        finally:
            for log, those, more in zip(logs, waiting, behind, strict=True):
                if more:
                    log.waiting = those + log.waiting
                    self._changed[log.tag] = log
                else:
                    done(those)
        for log in logs:
            if log.operations:
                self._changed[log.tag] = log
        if any(behind) or len(self._changed) >= LOGS:
            self._wake.set()

    def _due_for_tick(self) -> bool:
        return time.monotonic() - self._ticked >= TICK

    async def _tick(self) -> None:
        """The server's time, and who else is there."""
        name = f"{self._prefix}:{{site}}:guards"
        # The first answer waits for the connection and the scripts, so it says little about the time.
        for _ in range(2 if self._offset is None else 1):
            began = self._clock()
            [(now, guards)] = await self._server.run(
                [Command(PRESENT, (name,), (self._node, GONE))]
            )
            self._set_offset(int(now[0]) + int(now[1]) / 1e6, began, self._clock())
        self._ticked = time.monotonic()
        self._changed[self.site.tag] = self.site
        self._others.gone({guard.decode() for guard in guards}, time.monotonic())
        self.guards = len(guards)
        self._back()

    def _set_offset(self, now: float, began: float, ended: float) -> None:
        """The server's time was `now` between `began` and `ended`."""
        found = now - (began + ended) / 2
        # A quick answer says more about the time than a slow one.
        if self._offset is None or abs(found - self._offset) > (ended - began) / 2:
            self._offset = found

    def _command(self, log: Log) -> Command:
        if log.sending is None and log.operations:
            self._entry += 1
            log.sending = (self._entry, log.operations[:IN_ENTRY])
            del log.operations[:IN_ENTRY]
            self._kept -= len(log.sending[1])
        arguments: tuple[str | bytes | int, ...] = (log.cursor,)
        if log.sending is not None:
            number, said = log.sending
            assert self._offset is not None
            out = [[one[0], one[1] + self._offset, *one[2:]] for one in said]
            arguments += (orjson.dumps([VERSION, self._node, number, out]),)
            if lasting := [one for one in out if one[0] in HELD]:
                seconds = int(max(one[HELD[one[0]]] for one in lasting)) + 1
                arguments += (orjson.dumps([VERSION, self._node, number, lasting]), seconds)
        key = f"{self._prefix}:{{{log.tag}}}"
        script = _SITE_SCRIPT if log is self.site else _SCRIPT
        return Command(script, (f"{key}:log", f"{key}:held"), arguments)

    def _answered(self, log: Log, reply: Any) -> bool:
        """Carry out what is new in a log; whether there is more."""
        news, held, own = reply
        offset = self._offset or 0.0
        log.sending = None
        log.held += held
        for _, fields in news:
            self._others.said(log.replay, fields[1], offset)
        more = len(news) >= (SITE_AT_ONCE if log is self.site else AT_ONCE)
        if log.held and not more:
            for entry in log.held:  # what the log itself has not shown
                self._others.said(log.replay, entry, offset)
            log.held = []
        if news:
            log.cursor = news[-1][0]
        if own and not more:
            log.cursor = own
        return more

    # -- texts -------------------------------------------------------------------------------------

    def _text_key(self, digest: str) -> str:
        return f"{self._prefix}:text:{{{digest}}}"

    async def _fetch_texts(self) -> None:
        """The robots.txt that others have sent, for those who ask about their crawlers just now."""
        wanted = list(self._others.wanted)[:MOST_TEXTS]
        self._others.wanted.difference_update(wanted)
        found = await self._server.run(
            [Command("", ("GET", self._text_key(digest)), ()) for digest in wanted]
        )
        for digest, text in zip(wanted, found, strict=True):
            if text is not None:
                self._memory.keep_text(digest, text)
