"""The server of metrics and desk: slow visitors keep nobody out, and it ends when it should."""

from __future__ import annotations

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
from stagedoor.web.server import MOST, Serving


class _Hello(RequestHandler):
    def get(self) -> None:
        self.finish("hello")


@pytest.fixture
def serving() -> Iterator[Serving]:
    registry = CollectorRegistry()
    Counter("knocks", "Knocks.", registry=registry).inc()
    found = Serving("127.0.0.1", 0, make_wsgi_app(registry), [(r"/", _Hello, {})])
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


def test_visitors_that_say_nothing_keep_nobody_out(serving: Serving) -> None:
    slow = [socket.create_connection(("127.0.0.1", serving.port)) for _ in range(3 * MOST)]
    for one in slow[::2]:
        one.sendall(b"GET / HT")
    try:
        assert get(serving.port, "/") == "hello"
        assert "knocks_total" in get(serving.port, "/metrics")
        assert threading.active_count() < 20
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
