"""Key directories of those who sign: fetched beside the requests, never in their way.

`keys_for()` answers at once, from memory. Where a directory is not known, or no longer fresh, or
does not hold the key somebody signed with, it is fetched meanwhile; the next request profits. Only
origins that the catalogue names are fetched, so that a visitor cannot make the guard call servers
of his choice; others can be let in, few at a time.

A fetch that fails says nothing about the signer: what was known stays known, and after a pause it
is tried again. A directory that arrives replaces the one before it, whole: that is how a key is
withdrawn. Keys are kept by signer (`identify/origins.py`: an origin, or the address of a key set),
because a key means something only where it was published.

It is kept as HTTP says (RFC 9111): max-age is honoured, down to a minute; with an ETag it is asked
whether it has changed; and a Retry-After is waited for.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime

from stagedoor.fetch.client import HttpClient
from stagedoor.fetch.exchange import Response
from stagedoor.fetch.fetch_policy import FetchError
from stagedoor.fetch.uses import KEY_DIRECTORY, KEY_SET, KEYS_TYPE
from stagedoor.identify.keys import TEST_KEYS, Keys, KeysError, read_keys
from stagedoor.identify.origins import DIRECTORY, key_set_of, signer_of

_log = logging.getLogger("stagedoor.door")

PATH = DIRECTORY

SHORTEST = 60.0
USUAL = 3600.0
LONGEST = 24 * 3600.0
"""Seconds for which a directory is fresh: what its Cache-Control says, from the shortest to the
longest, and the usual where it says nothing."""
PAUSE = 300.0
"""Seconds between two tries of one origin: after a failure, and where a key is not in it."""
STALE = 24 * 3600.0
"""Seconds for which keys that are no longer fresh still count while they are fetched anew. After
that they count only when the fetch has failed: a key may have been withdrawn for a reason."""
AT_ONCE = 4
OTHERS_AT_ONCE = 2
OTHERS_A_MINUTE = 6
"""Fetches of origins the catalogue does not name, which visitors can ask for."""

UNCHANGED = 304
BUSY = frozenset({429, 503})

OUTCOMES = ("fetched", "failed", "refused")
"""What `count` is called with: how a fetch ended, or `refused` where an origin may not be fetched."""

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=\"?([0-9]{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory as fetched: its keys, the seconds it stays fresh, and its text for keeping.

    `unchanged`: it is the one with the ETag that was asked with, and came without its keys.
    """

    keys: Keys
    fresh: float
    text: bytes
    etag: str = ""
    unchanged: bool = False


class BusyError(FetchError):
    """The server asks to be left alone for `seconds` (Retry-After)."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message, "status")
        self.seconds = seconds


@dataclass(slots=True)
class _Entry:
    keys: Keys | None = None
    fresh_until: float = 0.0
    tried: float = float("-inf")
    etag: str = ""
    pause: float = PAUSE
    """Seconds from the last try to the next."""
    failed: str = ""
    """Why the last fetch failed; empty when it did not."""
    task: asyncio.Task[None] | None = None


class Directories:
    """The key directories one guard knows, on the event loop it runs on.

    `origins` are the signers of the catalogue (`proof.web_bot_auth`); what is no https address is
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
        named = filter(None, map(signer_of, origins))
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
        """The signers the catalogue names, as they are compared."""
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
        if (old or lacking) and entry.task is None and not 0 <= now - entry.tried < entry.pause:
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

    async def fetch(self, origin: str, etag: str = "") -> Directory:
        """The directory of the signer `origin`, now, whatever is known of it. Changes nothing here.

        With the `etag` of the one that is known, an unchanged one comes without keys. Raises
        FetchError, whose message names the signer; BusyError where it is to be asked later.
        """
        url = key_set_of(origin)
        own = self._client.policy
        policy = own if url.endswith(PATH) else replace(own, headers=KEY_SET.headers)
        asked = (("If-None-Match", etag),) if etag else ()
        try:
            answer = await self._client.fetch(url, policy, headers=asked)
            fresh = _fresh(_cache_control(answer), _age(answer))
            if answer.status == UNCHANGED and etag:
                return Directory({}, fresh, b"", answer.header("etag") or etag, unchanged=True)
            _refuse(answer, url, self._clock())
            keys = read_keys(answer.body, refused=self._refused_keys)
        except BusyError as error:
            raise BusyError(f"the key directory of {origin} {error}", error.seconds) from error
        except (FetchError, KeysError) as error:
            raise FetchError(f"the key directory of {origin} {error}") from error
        return Directory(keys, fresh, answer.body, answer.header("etag"))

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
        if not self._most_others or signer_of(origin) != origin or ":" in origin[6:]:
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
            found = await self.fetch(origin, entry.etag if entry.keys is not None else "")
        except Exception as error:  # noqa: BLE001 (whatever it is, what was known stays known)
            told, entry.failed = entry.failed, str(error) or type(error).__name__
            entry.pause = error.seconds if isinstance(error, BusyError) else PAUSE
            self._count("failed")
            if entry.failed != told:  # visitors choose the others: they shall not fill the log
                level = logging.WARNING if origin in self._named else logging.DEBUG
                _log.log(level, "%s", entry.failed)
        else:
            entry.keys = entry.keys if found.unchanged else found.keys
            entry.failed, entry.etag, entry.pause = "", found.etag, min(PAUSE, found.fresh)
            entry.fresh_until = self._clock() + found.fresh
            self._count("fetched")
        finally:
            entry.task = None
            self._fetching.pop(origin, None)


def _cache_control(answer: Response) -> str:
    """Of several lines all count (RFC 9110 section 5.3)."""
    return ",".join(value for name, value in answer.fields if name == "cache-control")


def _fresh(cache_control: str, age: float = 0.0) -> float:
    """Seconds, from a Cache-Control header and the age in a shared cache (RFC 9111, 4.2)."""
    lowered = cache_control.lower()
    if "no-store" in lowered or "no-cache" in lowered:
        return SHORTEST
    found = _MAX_AGE.search(lowered)
    if found is None:
        return USUAL
    return min(max(float(found[1]) - age, SHORTEST), LONGEST)


def _age(answer: Response) -> float:
    text = answer.header("age")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0.0


def _refuse(answer: Response, url: str, now: float) -> None:
    """Raise FetchError for what is no directory: any status but 200, or another type.

    The type is demanded at the well-known path alone (-01); elsewhere a key set has any.
    """
    if answer.status in BUSY and (seconds := _seconds(answer.header("retry-after"), now)):
        raise BusyError(f"answered {answer.status}: later", min(max(seconds, PAUSE), LONGEST))
    if answer.status != 200:
        raise FetchError(f"answered {answer.status}, not 200", "status")
    kind = answer.header("content-type").partition(";")[0].strip().lower()
    if url.endswith(PATH) and kind != KEYS_TYPE:
        what = ascii(kind[:60]) if kind else "of no type"
        raise FetchError(f"is {what}, not {KEYS_TYPE}", "type")


def _seconds(retry_after: str, now: float) -> float:
    """From a Retry-After: seconds, or a date (RFC 9110, 10.2.3); 0 where it is neither."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return 0.0
