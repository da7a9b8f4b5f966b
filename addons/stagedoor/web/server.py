"""A small HTTP server in a thread of its own, for metrics and desk (and for the redirect to HTTPS, in
redirect.py): neither waits for visitors.

Tornado, because one thread then serves any number of slow ones. How many is bounded, in all and for
each address: where too many are connected, the oldest that has asked for nothing makes room, then
the oldest of all. So nobody can keep others out by being slow, and connections that only rest never
end a stream of events.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIApplication

from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import IOStream
from tornado.netutil import bind_sockets
from tornado.web import Application, FallbackHandler, RequestHandler
from tornado.wsgi import WSGIContainer

from stagedoor.model.errors import StagedoorError

MOST, MOST_OF_ONE = 64, 32
"""Connections at a time, in all and of one address."""
PATIENCE = 75.0
"""Seconds for the headers of a request, and between two of them: Prometheus asks once a minute."""
MAX_HEADER, MAX_BODY = 32 << 10, 8 << 10
"""Bytes: the longest form has a name and a token."""
END = 2.0
"""Seconds to wait for the thread at the end."""

Routes = Sequence[tuple[str, type[RequestHandler], Mapping[str, Any]]]
"""Pattern of a path, its handler, and what the handler is made with."""


@dataclass(slots=True)
class _Visit:
    address: str
    asked: bool = False
    """It has sent a request, and may be getting the answer still."""


class _Asked(HTTPMessageDelegate):
    """Passes a request on, and notes that it is one."""

    def __init__(self, visit: _Visit, inner: HTTPMessageDelegate) -> None:
        self._visit = visit
        self._inner = inner
        self.data_received = inner.data_received  # type: ignore[method-assign]
        self.finish = inner.finish  # type: ignore[method-assign]
        self.on_connection_close = inner.on_connection_close  # type: ignore[method-assign]

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        self._visit.asked = True
        return self._inner.headers_received(start_line, headers)


class _Server(HTTPServer):
    """At most `most` connections, and MOST_OF_ONE of one address."""

    def initialize(self, *arguments: Any, most: int = MOST, **named: Any) -> None:
        super().initialize(*arguments, **named)
        self._most = most
        self._open: dict[IOStream, _Visit] = {}

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        for known in [one for one in self._open if one.closed()]:
            del self._open[known]
        where = str(address[0]) if address else ""
        if sum(visit.address == where for visit in self._open.values()) >= MOST_OF_ONE:
            self._make_room(where)
        if len(self._open) >= self._most:
            self._make_room("")
        self._open[stream] = _Visit(where)
        super().handle_stream(stream, address)

    def _make_room(self, address: str) -> None:
        """Close the oldest connection that asked for nothing; else the oldest; of one address."""
        mine = [
            stream
            for stream, visit in self._open.items()
            if visit.address == address or not address
        ]
        oldest = next((stream for stream in mine if not self._open[stream].asked), mine[0])
        del self._open[oldest]
        oldest.close()

    def start_request(
        self, server_conn: object, request_conn: HTTPConnection
    ) -> HTTPMessageDelegate:
        inner = super().start_request(server_conn, request_conn)
        visit = self._open.get(getattr(request_conn, "stream", None))  # type: ignore[arg-type]
        if visit is None:
            return inner
        visit.asked = False
        return _Asked(visit, inner)

    def hang_up(self) -> None:
        """Close what is open."""
        for stream in list(self._open):
            stream.close()


class HttpThread:
    """Serves an application at listening sockets until it is closed; `most`: connections at a time."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        application: Application,
        name: str,
        most: int = MOST,
    ) -> None:
        self._sockets, self._application, self._most = list(sockets), application, most
        self.port: int = self._sockets[0].getsockname()[1]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()
        self._ready.wait(END)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = _Server(
            self._application, idle_connection_timeout=PATIENCE, body_timeout=10,
            max_header_size=MAX_HEADER, max_body_size=MAX_BODY, max_buffer_size=1 << 20,
            most=self._most,
        )  # fmt: skip
        server.add_sockets(self._sockets)
        self._ready.set()
        await self._stop.wait()
        server.stop()
        server.hang_up()
        # Handlers see that nobody listens any more, and end by themselves.
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=END / 4)

    def close(self) -> None:
        """Stop, also in the middle of an answer."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(timeout=END)


class Serving(HttpThread):
    """Metrics and desk, until they are closed; port 0 asks for a free one, which is then in `port`.

    `exposition` writes the metrics. With routes of the desk they are at /metrics, else everywhere.
    """

    def __init__(
        self, host: str, port: int, exposition: WSGIApplication, routes: Routes = ()
    ) -> None:
        """Raises StagedoorError where the address cannot be had."""
        try:
            sockets = bind_sockets(port, host)
        except OSError as error:
            raise StagedoorError(
                f"metrics cannot be served at {host}:{port}: {error.strerror or error} — choose "
                "another address with --set guard_metrics=HOST:PORT, or guard_metrics=off"
            ) from error
        metrics = WSGIContainer(exposition)
        path = r"/metrics/?" if routes else r".*"
        rules: list[Any] = [(path, FallbackHandler, {"fallback": metrics})]
        rules += [(pattern, handler, dict(made)) for pattern, handler, made in routes]
        application = Application(rules, log_function=lambda _handler: None)
        super().__init__(sockets, application, "stagedoor desk")
