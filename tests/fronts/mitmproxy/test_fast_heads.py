"""What is plain is read as mitmproxy reads it; what is not is left to mitmproxy."""

from __future__ import annotations

import pytest
from mitmproxy.net.http import http1

from stagedoor.fronts.mitmproxy import fast_heads

PLAIN = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HEAD /a%20b?c=d&e=%2F HTTP/1.1\r\nhost:a\r\nUser-Agent:  x y \r\nCookie: a=\xe4\r\n\r\n",
    b"OPTIONS /a HTTP/1.1\r\nHost: a\r\nEmpty:\r\nX: \tb\t\r\nX: c\r\nConnection: close\r\n\r\n",
    b"GET /rest/x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic eA==\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length-Of: 3\r\nUpgraded: x\r\n\r\n",
]


@pytest.mark.parametrize("head", PLAIN)
def test_plain_heads_are_read_alike(head: bytes) -> None:
    ours = fast_heads.read(head)
    theirs = http1.read_request_head(head[:-4].split(b"\r\n"))
    assert ours is not None
    for name in ("method", "path", "authority", "http_version", "headers"):
        assert getattr(ours.data, name) == getattr(theirs.data, name)
    assert fast_heads.end_of(head + b"GET") == len(head)
    line = fast_heads.line_of(head)
    assert line is not None
    assert line[:2] == (theirs.data.method, theirs.data.path)
    assert head.endswith(line[2])


HOST = b"Host: a\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\n" + HOST,
        b"GET / HTTP/1.0\r\n" + HOST,
        b"get / HTTP/1.1\r\n" + HOST,
        b"GET  / HTTP/1.1\r\n" + HOST,
        b"GET http://a/ HTTP/1.1\r\n" + HOST,
        b"GET * HTTP/1.1\r\n" + HOST,
        b"GET /a#b HTTP/1.1\r\n" + HOST,
        b"GET /a b HTTP/1.1\r\n" + HOST,
        b"GET /\xe4 HTTP/1.1\r\n" + HOST,
        b"GET /\x01 HTTP/1.1\r\n" + HOST,
        b"GET / HTTP/1.1\n" + HOST,
        b"\r\nGET / HTTP/1.1\r\n" + HOST,
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + HOST,
        b"GET / HTTP/1.1\r\n" + HOST + b"hOST: b\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n",
        b"GET / HTTP/1.1\r\ncontent-length:1\r\n" + HOST,
        b"GET / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"Authorization: Negotiate abc\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"authorization:NTLM\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X : a\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b": a\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rb\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\nContent-Length: 5\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\0\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 201,
        b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 17_000 + b"\r\n",
    ],
)
def test_what_is_not_plain_is_mitmproxys(head: bytes) -> None:
    assert fast_heads.read(head + b"\r\n") is None


@pytest.mark.parametrize(
    ("data", "may"),
    [
        (b"G", True),
        (b"GET /a HTTP/1.1\r\nHo", True),
        (b"OPTIO", True),
        (b"PRI * HTTP/2.0\r\n", False),
        (b"\x16\x03\x01", False),
        (b"PO", False),
        (b"GET /" + b"a" * 17_000, False),
    ],
)
def test_an_unfinished_head_waits_only_where_it_may_become_plain(data: bytes, may: bool) -> None:
    assert fast_heads.may_begin(data) is may
