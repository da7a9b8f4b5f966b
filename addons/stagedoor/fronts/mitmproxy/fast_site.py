"""Connections to the site that are kept and used again, by whichever visitor asks next.

Only plain requests without a body go this way, so an answer belongs to its request and nothing is left
over. A connection that the site has closed meanwhile is noticed when nothing comes back on it: then the
question, which changes nothing, is asked once more on a new one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

CONNECT = 10.0
"""Seconds in which a connection to the site must stand."""
REST = 4.0
"""Seconds for which one is kept unused. Node closes after 5, most others later."""
MOST_AT_REST = 64


class Asker(Protocol):
    """Who has asked, and gets what comes back."""

    def site_data(self, data: bytes) -> None:
        """A part of the answer."""

    def site_lost(self) -> None:
        """The connection has ended."""


class SiteConnection(asyncio.Protocol):
    """One connection to the site."""

    __slots__ = ("_pool", "asker", "since", "transport", "used")

    def __init__(self, pool: SiteConnections) -> None:
        self._pool = pool
        self.asker: Asker | None = None
        self.used = False
        """Whether it has carried an answer before."""
        self.since = 0.0
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Hand it to the one who has asked; what nobody has asked for ends the connection."""
        if self.asker is None:
            self.close()
        else:
            self.asker.site_data(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        """The site has ended it, or we have."""
        self._pool.forget(self)
        asker, self.asker = self.asker, None
        if asker is not None:
            asker.site_lost()

    def ask(self, asker: Asker, head: bytes) -> None:
        """Send a request's head."""
        self.asker = asker
        self.transport.write(head)

    def keep(self) -> None:
        """The answer is complete, and another may follow on the same connection."""
        self.asker, self.used = None, True
        self._pool.keep(self)

    def close(self) -> None:
        """Hang up; nobody hears of it."""
        self.asker = None
        self.transport.abort()


class SiteConnections:
    """Those to one site. `clock` counts seconds."""

    def __init__(self, host: str, port: int, clock: Callable[[], float]) -> None:
        self.host, self.port = host, port
        self._clock = clock
        self._rest: deque[SiteConnection] = deque()

    def __len__(self) -> int:
        return len(self._rest)

    def take(self) -> SiteConnection | None:
        """One that is at rest: the last that was used, which the site has closed least likely."""
        while self._rest:
            found = self._rest.pop()
            if self._clock() - found.since < REST and not found.transport.is_closing():
                return found
            found.close()
        return None

    async def connect(self) -> SiteConnection:
        """A new one; OSError where there is none."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT):
                _, found = await loop.create_connection(
                    lambda: SiteConnection(self), self.host, self.port
                )
        except TimeoutError as error:
            raise OSError(f"no connection in {CONNECT:g} seconds") from error
        return found

    def keep(self, connection: SiteConnection) -> None:
        """Put one to rest."""
        if len(self._rest) >= MOST_AT_REST or connection.transport.is_closing():
            connection.close()
            return
        connection.since = self._clock()
        connection.transport.resume_reading()
        self._rest.append(connection)

    def forget(self, connection: SiteConnection) -> None:
        """It is gone."""
        if connection in self._rest:
            self._rest.remove(connection)

    def sweep(self) -> None:
        """Close those that have rested for too long: the oldest first."""
        while self._rest and self._clock() - self._rest[0].since >= REST:
            self._rest.popleft().close()

    def close(self) -> None:
        """Close all that are at rest."""
        while self._rest:
            self._rest.pop().close()
