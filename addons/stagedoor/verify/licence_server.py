"""A licence server of the artist's: tokens that the guard does not know are asked of it.

By token introspection (RFC 7662), on which RSL's Open Licence Protocol builds: `POST
SERVER/introspect` with the token. Beside the requests, never in their way: the first request with a
new token is answered 503 with Retry-After, the next one profits. What the server said counts for
KNOWN seconds, and only a checksum of the token is kept.

A flood of invented tokens cannot make the guard flood the server: AT_ONCE and A_MINUTE bound what is
asked, and a token beyond them stays unknown for this time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from urllib.parse import urlencode, urlsplit

import orjson

from stagedoor.fetch.client import HttpClient
from stagedoor.fetch.fetch_policy import FetchError
from stagedoor.fetch.uses import INTROSPECTION
from stagedoor.identify.licences import Licence, Licences, digest
from stagedoor.signals.meaning import USES, Use

KNOWN = 300.0
"""Seconds."""
FAILED = 15.0
"""Seconds before a server that did not answer is asked again."""
MOST = 1_000
AT_ONCE = 4
A_MINUTE = 60
_MOST_NAME = 100
_NOT_ONE = "its answer is not that of an introspection, RFC 7662"
_SCOPE: Mapping[str, tuple[Use, ...]] = {
    "all": USES, "ai-all": ("train", "input"), "ai-train": ("train",), "ai-input": ("input",),
    "ai-index": ("search",), **{use: (use,) for use in USES},
}  # fmt: skip
"""RSL's words, and ours."""

_log = logging.getLogger("stagedoor.licence")


class LicenceServer:
    """Asks one server. `clock` is Unix time."""

    def __init__(
        self, client: HttpClient | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client or HttpClient(INTROSPECTION)
        self._clock = clock
        self._server = ""
        self._known: OrderedDict[str, tuple[float, Licences | None]] = OrderedDict()
        """By the token's checksum: until when, and the licence it stands for."""
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._minute = (0, 0)
        self._silent_until = 0.0

    def follow(self, server: str) -> None:
        """Ask `server` from now on; empty: nobody."""
        if server != self._server:
            self._server = server.rstrip("/")
            self._known.clear()

    def licences(self, token: str) -> Licences | None:
        """What the server says of a token: one licence, none (empty), or None where it is being asked.

        Must be called on the event loop.
        """
        if not self._server:
            return Licences()
        key, now = digest(token), self._clock()
        until, found = self._known.get(key, (0.0, None))
        if now < until:
            return found or Licences()
        if key not in self._asking and self._may_ask(now):
            task = asyncio.get_running_loop().create_task(self._ask(token, key))
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        return None if key in self._asking or now < self._silent_until else Licences()

    def close(self) -> None:
        """Ask no more."""
        for task in list(self._asking.values()):
            task.cancel()

    def _may_ask(self, now: float) -> bool:
        minute, count = self._minute
        if int(now // 60) != minute:
            minute, count = int(now // 60), 0
        if now < self._silent_until or len(self._asking) >= AT_ONCE or count >= A_MINUTE:
            return False
        self._minute = (minute, count + 1)
        return True

    async def _ask(self, token: str, key: str) -> None:
        body = urlencode({"token": token}).encode()
        server = self._server
        try:
            response = await self._client.fetch(f"{server}/introspect", method="POST", body=body)
            found = self._read(orjson.loads(response.body), key)
        except (FetchError, orjson.JSONDecodeError, ValueError) as error:
            if self._clock() >= self._silent_until + 60:  # at most a line a minute
                _log.warning(
                    "The licence server %s cannot be asked (%s). Until it answers, those who show "
                    "a licence of it get 503.", self._server, error,
                )  # fmt: skip
            self._silent_until = self._clock() + FAILED
            return
        if server != self._server:
            return  # another one counts now
        self._known[key] = (self._clock() + KNOWN, found)
        while len(self._known) > MOST:
            self._known.popitem(last=False)

    def _read(self, said: object, key: str) -> Licences | None:
        active = said.get("active") if isinstance(said, dict) else None
        if not isinstance(said, dict) or not isinstance(active, bool):
            raise ValueError(_NOT_ONE)  # noqa: TRY004 (it is the server's mistake)
        if not active:
            return None
        scope = said.get("scope")
        words = scope.split() if isinstance(scope, str) else ["all"]
        uses = tuple(dict.fromkeys(use for word in words for use in _SCOPE.get(word, ())))
        end = said.get("exp")
        client = str(said.get("client_id") or urlsplit(self._server).hostname)
        return Licences.of(
            [
                Licence(
                    id=f"server-{key[:8]}",
                    to=client[:_MOST_NAME],
                    token_digest=key,
                    uses=uses,
                    paths=("/**",),
                    granted=datetime.fromtimestamp(self._clock(), UTC).date(),
                    until=_day(end),
                )
            ]
        )


def _day(end: object) -> date | None:
    """The last day; an end within today still counts today, and KNOWN seconds bound the rest."""
    if not isinstance(end, int | float) or isinstance(end, bool):
        return None
    try:
        return datetime.fromtimestamp(end, UTC).date()
    except (OverflowError, ValueError, OSError):
        return None
