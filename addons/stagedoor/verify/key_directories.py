"""Key directories of those who sign: fetched beside the requests, never in their way.

`keys_for()` answers at once, from memory. Where a directory is not known, or no longer fresh, or
does not hold the key somebody signed with, it is fetched meanwhile; the next request profits. Only
origins that the catalogue names are fetched, so that a visitor cannot make the guard call servers
of his choice; others can be let in, few at a time.

A fetch that fails says nothing about the signer: what was known stays known, and after a pause it
is tried again. A directory that arrives replaces the one before it, whole: that is how a key is
withdrawn. Keys are kept by origin, because a key means something only where it was published.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from stagedoor.fetch.client import HttpClient
from stagedoor.fetch.exchange import Response
from stagedoor.fetch.fetch_policy import FetchError
from stagedoor.fetch.uses import KEY_DIRECTORY
from stagedoor.identify.keys import TEST_KEYS, Keys, KeysError, read_keys
from stagedoor.identify.origins import origin_of

_log = logging.getLogger("stagedoor.door")

PATH = "/.well-known/http-message-signatures-directory"

SHORTEST = 3600.0
LONGEST = 24 * 3600.0
"""Seconds for which a directory is fresh; between them its Cache-Control decides."""
PAUSE = 300.0
"""Seconds between two tries of one origin: after a failure, and where a key is not in it."""
STALE = 24 * 3600.0
"""Seconds for which keys that are no longer fresh still count while they are fetched anew. After
that they count only when the fetch has failed: a key may have been withdrawn for a reason."""
AT_ONCE = 4
OTHERS_AT_ONCE = 2
OTHERS_A_MINUTE = 6
"""Fetches of origins the catalogue does not name, which visitors can ask for."""

OUTCOMES = ("fetched", "failed", "refused")
"""What `count` is called with: how a fetch ended, or `refused` where an origin may not be fetched."""

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=\"?([0-9]{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory as fetched: its keys, the seconds it stays fresh, and its text for keeping."""

    keys: Keys
    fresh: float
    text: bytes


@dataclass(slots=True)
class _Entry:
    keys: Keys | None = None
    fresh_until: float = 0.0
    tried: float = float("-inf")
    failed: str = ""
    """Why the last fetch failed; empty when it did not."""
    task: asyncio.Task[None] | None = None


class Directories:
    """The key directories one guard knows, on the event loop it runs on.

    `origins` are those of the catalogue (`proof.web_bot_auth`); ones that are no https origin are
    ignored. `others` is how many further origins may be remembered at once. `clock` is Unix time,
    because what is kept on disk carries a date. `count` is called with every outcome,
    one of OUTCOMES.
    """

    def __init__(
        self,
        origins: Iterable[str],
        *,
        others: int = 0,
        client: HttpClient | None = None,
        count: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
        refused_keys: frozenset[str] = TEST_KEYS,
    ) -> None:
        named = filter(None, map(origin_of, origins))
        self._named: dict[str, _Entry] = {origin: _Entry() for origin in named}
        self._others: OrderedDict[str, _Entry] = OrderedDict()
        self._most_others = others
        self._client = client or HttpClient(KEY_DIRECTORY)
        self._count = count
        self._clock = clock
        self._refused_keys = refused_keys
        self._fetching: dict[str, asyncio.Task[None]] = {}
        self._minute = (0.0, 0)

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins the catalogue names, as they are compared."""
        return tuple(self._named)

    def keys_for(self, origin: str, keyid: str = "") -> Keys | None:
        """The keys `origin` is known to publish, or None; what is missing is fetched meanwhile.

        `keyid` is the key somebody signed with: one that is not there may be new. Must be called on
        the event loop.
        """
        entry = self._entry(origin)
        if entry is None:
            self._count("refused")
            return None
        now = self._clock()
        old = not now < entry.fresh_until <= now + LONGEST
        lacking = entry.keys is not None and bool(keyid) and keyid not in entry.keys
        if (old or lacking) and entry.task is None and not 0 <= now - entry.tried < PAUSE:
            self._start(origin, entry, now)
        if old and not entry.failed and now >= entry.fresh_until + STALE:
            return None
        return entry.keys

    def learn(self, origin: str, keys: Keys, fresh_until: float) -> None:
        """Take keys kept from before (`stagedoor update`), fresh until a Unix time.

        Keys that are fresher already, or of an origin the catalogue does not name, are left alone.
        """
        entry = self._named.get(origin)
        if entry is not None and fresh_until > entry.fresh_until:
            entry.keys, entry.fresh_until = keys, fresh_until

    async def fetch(self, origin: str) -> Directory:
        """The directory of `origin`, now, whatever is known of it. Changes nothing here.

        Raises FetchError, whose message names the origin.
        """
        try:
            answer = await self._client.fetch(origin + PATH)
            keys = read_keys(answer.body, refused=self._refused_keys)
        except (FetchError, KeysError) as error:
            raise FetchError(f"the key directory of {origin} {error}") from error
        return Directory(keys, _fresh(_cache_control(answer)), answer.body)

    async def settled(self) -> None:
        """Wait until nothing is being fetched. For tests, and for nobody in a hurry."""
        while self._fetching:
            await asyncio.gather(*self._fetching.values(), return_exceptions=True)

    def close(self) -> None:
        """Give up what is being fetched."""
        for task in self._fetching.values():
            task.cancel()

    # -- inside ----------------------------------------------------------------------------

    def _entry(self, origin: str) -> _Entry | None:
        """What is known of an origin, making room where it may be asked; else None."""
        if (entry := self._named.get(origin)) is not None:
            return entry
        if (entry := self._others.get(origin)) is not None:
            self._others.move_to_end(origin)
            return entry
        if not self._most_others or origin_of(origin) != origin or ":" in origin[6:]:
            return None  # another port is no way to a public directory, but one to scan with
        if len(self._others) >= self._most_others:
            idle = next((name for name, e in self._others.items() if e.task is None), None)
            if idle is None:
                return None
            del self._others[idle]
        entry = self._others[origin] = _Entry()
        return entry

    def _start(self, origin: str, entry: _Entry, now: float) -> None:
        """Fetch, unless too much is under way; then a later request will ask again."""
        if len(self._fetching) >= AT_ONCE:
            return
        if origin not in self._named:
            minute, begun = self._minute
            minute, begun = (minute, begun) if 0 <= now - minute < 60 else (now, 0)
            visitors = sum(other not in self._named for other in self._fetching)
            if visitors >= OTHERS_AT_ONCE or begun >= OTHERS_A_MINUTE:
                return
            self._minute = minute, begun + 1
        entry.tried = now
        entry.task = self._fetching[origin] = asyncio.create_task(
            self._refresh(origin, entry), name=f"keys of {origin}"
        )

    async def _refresh(self, origin: str, entry: _Entry) -> None:
        try:
            found = await self.fetch(origin)
        except Exception as error:  # noqa: BLE001 (whatever it is, what was known stays known)
            told, entry.failed = entry.failed, str(error) or type(error).__name__
            self._count("failed")
            if entry.failed != told:  # visitors choose the others: they shall not fill the log
                level = logging.WARNING if origin in self._named else logging.DEBUG
                _log.log(level, "%s", entry.failed)
        else:
            entry.keys, entry.failed = found.keys, ""
            entry.fresh_until = self._clock() + found.fresh
            self._count("fetched")
        finally:
            entry.task = None
            self._fetching.pop(origin, None)


def _cache_control(answer: Response) -> str:
    """Of several lines all count (RFC 9110 section 5.3)."""
    return ",".join(value for name, value in answer.fields if name == "cache-control")


def _fresh(cache_control: str) -> float:
    """Seconds, from a Cache-Control header. Without one, or with no-store, the least there is."""
    lowered = cache_control.lower()
    found = _MAX_AGE.search(lowered)
    if found is None or "no-store" in lowered or "no-cache" in lowered:
        return SHORTEST
    return min(max(float(found[1]), SHORTEST), LONGEST)
