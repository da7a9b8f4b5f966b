"""Plain HTTP to hosts that are not watched, through a proxy that is asked for it by name.

mitmproxy would read each message and write it anew. Here bytes go through as they are, both ways;
of requests only the head is looked at, because one connection can ask several hosts in turn.
"""

from __future__ import annotations

from collections.abc import Callable

from mitmproxy import connection
from mitmproxy.proxy import commands, context, events, layer

from stagedoor.fronts.mitmproxy.plain_requests import Head, NotPlainError, Requests

_NOBODY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_SWITCHED = (b"HTTP/1.1 101", b"HTTP/1.0 101")


class PlainRelay(layer.Layer):
    """A layer of mitmproxy. `watched` says which hosts it must leave alone.

    A request that is none of its own ends the connection before anything is answered; browsers ask
    again then, on a new one.
    """

    def __init__(self, found: context.Context, watched: Callable[[str], bool]) -> None:
        super().__init__(found)
        self._watched = watched
        self._requests = Requests()
        self._site: connection.Server | None = None
        self._place: tuple[str, int] | None = None
        self._asked_to_switch = False

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if isinstance(event, events.DataReceived):
            if event.connection is self.context.client:
                yield from self._from_browser(event.data)
            elif event.connection is self._site:
                if self._asked_to_switch:
                    self._asked_to_switch = False
                    self._requests.tunnel = event.data.startswith(_SWITCHED)
                yield commands.SendData(self.context.client, event.data)
        elif isinstance(event, events.ConnectionClosed):
            if event.connection is self.context.client:
                if self._site is None or not self._site.connected:
                    yield commands.CloseConnection(self.context.client)
                elif self.context.client.state & connection.ConnectionState.CAN_WRITE:
                    # It has said all, and still listens.
                    yield commands.CloseTcpConnection(self._site, half_close=True)
                else:
                    yield from self._leave()
            elif event.connection is self._site:
                self._site = None
                yield commands.CloseConnection(self.context.client)

    def _from_browser(self, data: bytes) -> layer.CommandGenerator[None]:
        try:
            for piece in self._requests.feed(data):
                if isinstance(piece, Head):
                    if self._watched(piece.host):
                        yield from self._hang_up()
                        return
                    reached = yield from self._reach(piece)
                    if not reached:
                        return
                if self._site is not None:
                    sent = piece.data if isinstance(piece, Head) else piece
                    yield commands.SendData(self._site, sent)
        except NotPlainError:
            yield from self._hang_up()

    def _reach(self, head: Head) -> layer.CommandGenerator[bool]:
        """Open the connection to the site of a request, unless it is open."""
        place = (head.host, head.port)
        self._asked_to_switch = head.upgrade
        if self._site is not None and self._place == place:
            return True
        yield from self._leave()
        site = connection.Server(address=place)
        problem = yield commands.OpenConnection(site)
        if problem:
            yield commands.SendData(self.context.client, _NOBODY)
            yield commands.CloseConnection(self.context.client)
            return False
        self._site, self._place = site, place
        return True

    def _leave(self) -> layer.CommandGenerator[None]:
        site, self._site = self._site, None
        if site is not None and site.connected:
            yield commands.CloseConnection(site)

    def _hang_up(self) -> layer.CommandGenerator[None]:
        yield from self._leave()
        yield commands.CloseConnection(self.context.client)
