"""The server of metrics and desk: slow visitors keep nobody out, and it ends when it should."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Counter, make_wsgi_app
from tornado.web import RequestHandler

from stagedoor.model.errors import StagedoorError
from stagedoor.record.metrics import Metrics
from stagedoor.web.server import MOST, MOST_OF_ONE, Serving


class _Stream(RequestHandler):
    """Says something, and then nothing more until the visitor goes."""

    async def get(self) -> None:
        self.write("data: begun\n\n")
        await self.flush()
        self._gone = asyncio.Event()
        await self._gone.wait()

    def on_connection_close(self) -> None:
        self._gone.set()


class _Hello(RequestHandler):
    def get(self) -> None:
        self.finish("hello")


@pytest.fixture
def serving() -> Iterator[Serving]:
    registry = CollectorRegistry()
    Counter("knocks", "Knocks.", registry=registry).inc()
    found = Serving(
        "127.0.0.1", 0, make_wsgi_app(registry), [(r"/", _Hello, {}), (r"/stream", _Stream, {})]
    )
    yield found
    found.close()


def get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return str(answer.read().decode())


def test_metrics_and_desk_share_one_address(serving: Serving) -> None:
    assert get(serving.port, "/") == "hello"
    assert "knocks_total 1.0" in get(serving.port, "/metrics")
    assert "knocks_total 1.0" in get(serving.port, "/metrics/")


def test_without_a_desk_every_path_is_the_metrics(serving: Serving) -> None:
    alone = Serving("127.0.0.1", 0, make_wsgi_app(CollectorRegistry()))
    try:
        assert get(alone.port, "/anything") == "# EOF\n" or get(alone.port, "/anything") == ""
    finally:
        alone.close()


def listen(port: int, source: str = "127.0.0.1") -> socket.socket:
    """A stream of events that has begun."""
    wire = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))
    wire.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    got = b""
    while b"begun" not in got:
        got += wire.recv(4096)
    return wire


def ended(wire: socket.socket) -> bool:
    """Whether the other side has closed it; what comes is thrown away."""
    wire.settimeout(0.2)
    try:
        while wire.recv(4096):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"])
def test_connections_that_rest_end_no_stream(sent: bytes, serving: Serving) -> None:
    with contextlib.ExitStack() as stack:
        artist = stack.enter_context(listen(serving.port))
        for _ in range(80):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", serving.port)))
            one.sendall(sent)
            if sent.endswith(b"\r\n\r\n"):
                one.recv(4096)  # answered, and at rest now
        assert get(serving.port, "/") == "hello"
        assert not ended(artist)


def test_streams_of_one_address_end_no_stream_of_another(serving: Serving) -> None:
    with contextlib.ExitStack() as stack:
        artist = stack.enter_context(listen(serving.port))
        others = [
            stack.enter_context(listen(serving.port, "127.0.0.9")) for _ in range(MOST_OF_ONE + 5)
        ]
        assert sum(map(ended, others)) == 5
        assert not ended(artist)
        assert get(serving.port, "/") == "hello"


def test_visitors_that_say_nothing_keep_nobody_out(serving: Serving) -> None:
    before = threading.active_count()  # other tests of this process have threads of their own
    slow = [socket.create_connection(("127.0.0.1", serving.port)) for _ in range(3 * MOST)]
    for one in slow[::2]:
        one.sendall(b"GET / HT")
    try:
        assert get(serving.port, "/") == "hello"
        assert "knocks_total" in get(serving.port, "/metrics")
        assert threading.active_count() <= before + 1
    finally:
        for one in slow:
            one.close()


@pytest.mark.parametrize(
    "sent", [b"\x00" * 100, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", b"POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n"]
)  # fmt: skip
def test_what_is_no_request_of_ours_is_hung_up_on(serving: Serving, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", serving.port), timeout=10) as wire:
        got = b""
        with contextlib.suppress(OSError):  # it may hang up in the middle
            wire.sendall(sent)
            wire.shutdown(socket.SHUT_WR)
            while part := wire.recv(4096):
                got += part
    assert b"200 OK" not in got
    assert get(serving.port, "/") == "hello"


def test_it_ends_at_once_and_its_address_is_free(serving: Serving) -> None:
    with socket.create_connection(("127.0.0.1", serving.port)) as wire:
        wire.sendall(b"GET / HT")
        serving.close()
        serving.close()
        wire.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert wire.recv(100) == b""
    again = Serving("127.0.0.1", serving.port, make_wsgi_app(CollectorRegistry()))
    again.close()


def test_two_guards_serve_side_by_side() -> None:
    one, two = Metrics(), Metrics()
    one.upstream_error()
    servers = [Serving("127.0.0.1", 0, metrics.exposition) for metrics in (one, two)]
    try:
        first, second = (get(server.port, "/metrics") for server in servers)
        assert "stagedoor_upstream_errors_total 1.0" in first
        assert "stagedoor_upstream_errors_total 0.0" in second
        servers[0].close()
        with pytest.raises(OSError, match="refused"):
            get(servers[0].port, "/metrics")
        assert "stagedoor_requests" in get(servers[1].port, "/metrics")
    finally:
        for server in servers:
            server.close()
            server.close()


def test_an_address_that_is_taken_is_reported_with_what_to_do(serving: Serving) -> None:
    with pytest.raises(StagedoorError, match=f":{serving.port}: .*guard_metrics=HOST:PORT"):
        Serving("127.0.0.1", serving.port, Metrics().exposition)


@pytest.mark.parametrize("host", ["300.1.1.1", "no such host"])
def test_an_address_that_is_none_is_reported_with_what_to_do(host: str) -> None:
    with pytest.raises(StagedoorError, match=f"{host}:0: .*guard_metrics=HOST:PORT"):
        Serving(host, 0, Metrics().exposition)
