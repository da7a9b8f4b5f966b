"""What the parts of the short way know of each other: host, visitor, exchange (fast_host.py)."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol

from mitmproxy import connection, http

from stagedoor.fronts.mitmproxy.addon import Guard
from stagedoor.fronts.mitmproxy.complaints import Complaints
from stagedoor.fronts.mitmproxy.connections import Connections
from stagedoor.fronts.mitmproxy.fast_site import SiteConnections
from stagedoor.fronts.mitmproxy.refused_lately import RefusedLately


class Host(Protocol):
    """Of one guard; each member is described in fast_host.py."""

    guard: Guard
    connections: Connections
    report: Complaints
    refused: RefusedLately
    options: Any
    mode: Any
    server: Any
    site: SiteConnections
    draining: bool

    @property
    def ready(self) -> bool: ...
    def pool(self, request: http.Request) -> SiteConnections: ...
    def speaks_plain(self, request: http.Request) -> bool: ...
    def is_itself(self, site: SiteConnections) -> bool: ...
    def takes(self, visitor: Any, address: str) -> bool: ...
    def left(self, visitor: Any) -> None: ...
    def hand_over(self, transport: Any, data: bytes) -> None: ...
    def turn_away(self, transport: Any) -> None: ...
    def spawn(self, work: Coroutine[Any, Any, None]) -> None: ...
    def crashed(self) -> None: ...


class Peer(Protocol):
    """A visitor, as its exchange sees it; see fast_visitor.py."""

    host: Host
    client: connection.Client
    full: bool

    def write(self, data: bytes) -> None: ...
    def flush(self) -> None: ...
    def finished(self, *, close: bool) -> None: ...
