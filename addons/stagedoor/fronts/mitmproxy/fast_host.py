"""The short way of `stagedoor serve`: plain requests are carried by this host, all else by mitmproxy.

Nine parts of ten of a request's time in mitmproxy are its own layers. This host calls the guard's hooks
with mitmproxy's flows in mitmproxy's order, so that what the guard does is the same; a test puts one
request through both ways (tests/e2e/test_serve.py). The short way is taken where the site speaks plain
HTTP, there is one site, and the guard is the only addon that listens to requests.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Coroutine
from typing import Any

from mitmproxy import connection, ctx, http
from mitmproxy.proxy import mode_specs

from stagedoor.fronts.mitmproxy.addon import Guard
from stagedoor.fronts.mitmproxy.fast_site import SiteConnections
from stagedoor.fronts.mitmproxy.fast_visitor import Visitor
from stagedoor.fronts.mitmproxy.refused_lately import RefusedLately
from stagedoor.fronts.mitmproxy.turned_away import TurnedAway

_log = logging.getLogger("stagedoor.door")

HOOKS = (
    "client_connected", "server_connect", "requestheaders", "request", "responseheaders", "response",
    "error",
)  # fmt: skip
"""Events that the short way does not report to anybody but the guard."""
_NEEDED = frozenset({"proxyserver", "tlsconfig"})
"""Addons of mitmproxy that listen to them and have nothing to do here: the one keeps a server from
asking itself (is_itself), the other answers for a list of revoked certificates at a proxy's own name."""


class FastHost:
    """Of one guard."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.connections = connections = guard.visitors.connections
        self.report = guard.visitors.complaints
        self.refused = RefusedLately()
        self.options = ctx.options
        self.visitors: set[Visitor] = set()
        self.draining = False
        self.mode: Any = None
        self.server: Any = None
        self.site = SiteConnections("", 0, time.monotonic)
        self._pools: dict[tuple[str, int], SiteConnections] = {}
        self._instance: Any = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._turned_away = TurnedAway(lambda: connections.bounds.descriptors)
        self._asked: tuple[Any, int] = (None, 0)
        self._alone = False

    # -- listening ---------------------------------------------------------------------------------

    async def listen(self, instance: Any, listening: socket.socket, at_once: int) -> asyncio.Server:
        """Take connections for `instance`, a server of mitmproxy's."""
        mode = instance.mode
        if (
            not isinstance(mode, mode_specs.ReverseMode)
            or mode.scheme != "http"
            or len(ctx.options.mode) != 1
        ):
            return await asyncio.start_server(
                instance.handle_stream, sock=listening, backlog=at_once
            )
        self._instance, self.mode = instance, mode
        host, port, *_ = mode.address
        self.site = SiteConnections(host, port, time.monotonic)
        self.server = connection.Server(address=(host, port))
        loop = asyncio.get_running_loop()
        if self.guard.sites is not None:
            self.guard.sites.changed = self.refused.clear
        self.spawn(self._keep_order())
        return await loop.create_server(lambda: Visitor(self), sock=listening, backlog=at_once)

    async def _keep_order(self) -> None:
        while not self.draining:
            await asyncio.sleep(1.0)
            self.site.sweep()
            for pool in self._pools.values():
                pool.sweep()

    def pool(self, request: http.Request) -> SiteConnections:
        """The connections to the site of a request that the guard lets in."""
        sites = self.guard.sites
        if sites is None:
            return self.site
        place = request.data.host, request.data.port
        found = self._pools.get(place)
        if found is None:
            found = self._pools[place] = SiteConnections(*place, time.monotonic)
        return found

    def speaks_plain(self, request: http.Request) -> bool:
        """Whether the request's site speaks plain HTTP: to others mitmproxy carries it."""
        sites = self.guard.sites
        return sites is None or sites.speaks_plain(request)

    @property
    def ready(self) -> bool:
        """Whether requests may go the short way: nobody else listens to them."""
        chain = self._chain()
        if self._asked != (chain, len(chain)):
            self._asked = (chain, len(chain))
            self._alone = self.guard in chain and not any(
                addon is not self.guard and _listens(addon) for addon in chain
            )
        return self._alone

    @staticmethod
    def _chain() -> Any:
        return ctx.master.addons.chain

    def is_itself(self, site: SiteConnections) -> bool:
        """Whether the site's address is one where the guard listens itself."""
        host, port = site.host, site.port
        return any(
            port == at[1] and host in {"localhost", "127.0.0.1", "::1", at[0]}
            for at in self._instance.listen_addrs
        )

    # -- connections -------------------------------------------------------------------------------

    def takes(self, visitor: Any, address: str) -> bool:
        """Whether there is room for a connection; it is counted then."""
        transport = visitor.transport
        descriptor = transport.get_extra_info("socket").fileno()
        if not self.connections.admit(visitor.client.id, address, descriptor, transport.abort):
            return False
        self.visitors.add(visitor)
        return True

    def left(self, visitor: Any) -> None:
        """A connection has ended, or is mitmproxy's from now on."""
        if visitor in self.visitors:
            self.visitors.discard(visitor)
            self.connections.gone(visitor.client.id)
            self.guard.exchanges.fingerprints.forget(visitor.client.id)

    def hand_over(self, transport: Any, data: bytes) -> None:
        """Give a connection to mitmproxy, as its own server would have."""
        self._streams(transport, data, self._instance.handle_stream)

    def turn_away(self, transport: Any) -> None:
        """There is no room for this connection."""
        self._streams(transport, b"", self._turned_away.answer)

    def _streams(self, transport: Any, data: bytes, take: Any) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, take, loop=loop)
        transport.set_protocol(protocol)
        if data:
            reader.feed_data(data)
        protocol.connection_made(transport)
        transport.resume_reading()

    # -- the end -----------------------------------------------------------------------------------

    def drain(self) -> None:
        """Let what is on its way end; connections at rest end now."""
        self.draining = True
        for visitor in list(self.visitors):
            if visitor.at_rest:
                visitor.transport.close()

    def close(self) -> None:
        """End everything."""
        self.draining = True
        for visitor in list(self.visitors):
            visitor.abort()
        self.site.close()
        for pool in self._pools.values():
            pool.close()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` beside; it is kept until it is done."""
        task = asyncio.get_running_loop().create_task(work)
        if not task.done():
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def crashed(self) -> None:
        """Called while an exception is handled: it is counted and one a minute is shown."""
        if self.report.noted("host", "error"):
            _log.exception("an error while a request was answered")


def _listens(addon: object) -> bool:
    return type(addon).__name__.lower() not in _NEEDED and any(
        callable(getattr(addon, name, None)) for name in HOOKS
    )
