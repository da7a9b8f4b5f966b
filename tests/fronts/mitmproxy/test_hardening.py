"""What mitmproxy answers itself reveals nothing, and a request's head ends somewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from mitmproxy.options import Options
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import _http1, _http2, _http3
from mitmproxy.test import tflow

from stagedoor.fronts.mitmproxy.hardening import harden
from stagedoor.fronts.mitmproxy.heads import MAX_HEAD

PATCHED = (
    (_http1, "make_error_response"),
    (_http2, "format_error"),
    (_http3, "format_error"),
    (_http1.Http1Server, "read_headers"),
)
SECRET = "connection to 10.0.0.5:8000 failed, says <b>mitmproxy</b>"


@pytest.fixture
def hardened() -> Iterator[None]:
    """A hardened mitmproxy, soft again afterwards."""
    undo = harden()
    yield
    undo()


def served(*parts: bytes) -> tuple[bytes, bool]:
    """What mitmproxy's HTTP/1 server says to the bytes of a client, and whether it hangs up."""
    client = tflow.tclient_conn()
    server = _http1.Http1Server(Context(client, Options()))
    said = list(server.handle_event(events.Start()))
    for part in parts:
        said += server.handle_event(events.DataReceived(client, part))
    sent = b"".join(command.data for command in said if isinstance(command, commands.SendData))
    return sent, any(isinstance(command, commands.CloseConnection) for command in said)


@pytest.mark.usefixtures("hardened")
@pytest.mark.parametrize("status", [400, 413, 431, 502, 504, 599])
def test_an_answer_of_mitmproxys_own_is_one_plain_line(status: int) -> None:
    for layer in (_http2, _http3):
        body = getattr(layer, "format_error")(status, SECRET)  # noqa: B009 (mitmproxy exports it not)
        assert body.endswith(b".\n")
        assert body.count(b"\n") == 1
        assert b"10.0.0.5" not in body
        assert b"mitmproxy" not in body
    head, _, body = _http1.make_error_response(status, SECRET).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"text/plain" in head
    assert b"no-store" in head
    assert b"Content-Length: %d" % len(body) in head
    assert b"mitmproxy" not in head + body


@pytest.mark.usefixtures("hardened")
@pytest.mark.parametrize("status", [502, 504])
def test_who_comes_while_the_site_is_down_may_come_again(status: int) -> None:
    assert b"\r\nRetry-After: 60\r\n" in _http1.make_error_response(status, "")


@pytest.mark.usefixtures("hardened")
def test_a_head_without_end_is_answered_and_hung_up_on() -> None:
    sent, closed = served(b"GET / HTTP/1.1\r\nX: ", *[b"x" * 4096] * (MAX_HEAD // 4096 + 1))
    assert sent.startswith(b"HTTP/1.1 431 ")
    assert closed


@pytest.mark.usefixtures("hardened")
def test_after_that_nothing_more_is_kept_and_nothing_more_is_said() -> None:
    once, _ = served(b"x" * (MAX_HEAD + 1))
    twice, _ = served(b"x" * (MAX_HEAD + 1), b"x" * 4096, b"\r\n\r\n")
    assert once == twice


@pytest.mark.usefixtures("hardened")
def test_a_long_head_that_ends_in_time_is_read() -> None:
    sent, closed = served(
        b"GET / HTTP/1.1\r\nHost: h\r\nCookie: ", b"x" * (MAX_HEAD - 4096), b"\r\n\r\n"
    )
    assert (sent, closed) == (b"", False)


def test_without_the_guard_mitmproxy_is_as_it_was() -> None:
    before = [getattr(owner, name) for owner, name in PATCHED]
    undo = harden()
    assert all(
        getattr(owner, name) is not old for (owner, name), old in zip(PATCHED, before, strict=True)
    )
    undo()
    assert [getattr(owner, name) for owner, name in PATCHED] == before


def test_two_guards_in_one_process_leave_mitmproxy_as_it_was_whoever_goes_first() -> None:
    before = [getattr(owner, name) for owner, name in PATCHED]
    one, two = harden(), harden()
    one()
    two()
    after = [getattr(owner, name) for owner, name in PATCHED]
    for (owner, name), old in zip(PATCHED, before, strict=True):
        setattr(owner, name, old)  # whatever came of it, the other tests want it as it was
    assert after == before
