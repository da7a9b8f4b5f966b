"""Responses of the site: the same whatever the pieces they come in, and read as mitmproxy does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from mitmproxy import http

from stagedoor.fronts.mitmproxy import bodies, heads
from stagedoor.fronts.mitmproxy.fast_responses import Broken, End, ResponseReader
from stagedoor.fronts.mitmproxy.replacing import install


@pytest.fixture(autouse=True)
def hardened() -> Iterator[None]:
    undo = install((*heads.of_responses(), *bodies.of_responses()))
    yield
    undo()


def read(data: bytes, size: int, method: str = "GET") -> tuple[list[int], bytes, str, bool]:
    """Statuses, body, how it ended (`end` or a message), and whether the connection can be kept."""
    reader = ResponseReader(http.Request.make(method, "http://a/"))
    events = [
        event
        for start in range(0, len(data), size)
        for event in reader.feed(data[start : start + size])
    ]
    events += reader.eof()
    statuses = [each.status_code for each in events if isinstance(each, http.Response)]
    body = b"".join(each for each in events if isinstance(each, bytes))
    ends = [each for each in events if isinstance(each, End | Broken)]
    assert len(ends) == 1
    assert events[-1] is ends[0]
    said = ends[0].message if isinstance(ends[0], Broken) else "end"
    return statuses, body, said, reader.reusable


OK = b"HTTP/1.1 200 OK\r\n"
WHOLE = [
    (OK + b"Content-Length: 5\r\n\r\nhello", b"hello", True),
    (OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", b"hello", True),
    (OK + b"Content-Length: 0\r\n\r\n", b"", True),
    (OK + b"Content-Length: 5\r\nConnection: close\r\n\r\nhello", b"hello", False),
    (OK + b"Content-Length: 5\r\n\r\nhello and more", b"hello", False),
    (OK + b"\r\nuntil the end", b"until the end", False),
    (
        OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
        b"abcde",
        True,
    ),
    (OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: trailer\r\n\r\n", b"a", True),
    (b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\na", b"a", True),
    (b"\r\n" + OK + b"Content-Length: 1\r\n\r\na", b"a", True),
    (b"ICY 200 OK\r\nicy-name: x\r\n\r\nsound", b"sound", False),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", b"a", False),
    (OK.replace(b"\r", b"") + b"Content-Length: 1\n\na", b"a", True),
]


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(("data", "body", "reusable"), WHOLE)
def test_a_whole_response(data: bytes, body: bytes, reusable: bool, size: int) -> None:
    statuses, got, said, kept = read(data, size)
    assert (statuses, got, said) == ([200], body, "end")
    assert kept is reusable or (size < 10_000 and b"and more" in data)


@pytest.mark.parametrize(
    ("head", "method"),
    [
        (OK + b"Content-Length: 5\r\n\r\n", "HEAD"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "GET"),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "GET"),
    ],
)
def test_a_head_without_a_body_ends_with_itself(head: bytes, method: str) -> None:
    statuses, body, said, kept = read(head, 9, method)
    assert (len(statuses), body, said, kept) == (1, b"", "end", True)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "server closed connection"),
        (b"HTTP/1.1 20", "unexpected server response"),
        (b"nonsense\r\n\r\n", "Cannot parse HTTP response"),
        (OK + b"Content-Length: x\r\n\r\n", "Cannot parse HTTP response: invalid content-length"),
        (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\na", "Cannot parse HTTP response"),
        (OK + b"Content-Length: 5\r\n\r\nhel", "HTTP/1 protocol error: peer closed connection"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nab", "HTTP/1 protocol error"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab", "HTTP/1 protocol error"),
        (OK + b"Transfer-Encoding: odd\r\n\r\n", "Cannot parse HTTP response: unknown transfer"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", "Cannot parse HTTP response: 101"),
        (OK + b"X: a\r\n" * 300, "the head is larger than"),
        (OK + b"X: a\rb\r\n\r\n", "Cannot parse HTTP response: a bare CR"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, said: str) -> None:
    for size in (1, 5, 10_000):
        _, _, message, kept = read(data, size)
        assert message.startswith(said)
        assert not kept
