"""Requests of plain HTTP through the watch: where each goes, and that no byte of it changes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.fronts.mitmproxy.plain_requests import MOST, Head, NotPlainError, Requests, target

POST = (
    b"POST http://a.example/form?x=1 HTTP/1.1\r\nHOST: a.example\r\nx-Odd:  1 \r\n"
    b"Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eDp5\r\nContent-length: 5\r\n\r\nGET /"
)
CHUNKS = (
    b"PUT http://B.example:8080 HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
    b"003;ext=1\r\nabc\r\n1\r\n\n\r\n0\r\nX-Trailer: 1\r\n\r\n"
)
GET = b"GET http://[::1]:81/?q#part HTTP/1.0\nHost: x\n\n"
SENT = (
    ("a.example", 80, b"POST /form?x=1 HTTP/1.1\r\nHOST: a.example\r\nx-Odd:  1 \r\n"
     b"Connection: keep-alive\r\nContent-length: 5\r\n\r\nGET /"),
    ("b.example", 8080, b"PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
     b"003;ext=1\r\nabc\r\n1\r\n\n\r\n0\r\nX-Trailer: 1\r\n\r\n"),
    ("::1", 81, b"GET /?q HTTP/1.0\nHost: x\n\n"),
)  # fmt: skip


def passed(pieces: list[bytes]) -> list[tuple[str, int, bytes]]:
    """What each site gets."""
    requests = Requests()
    found: list[tuple[str, int, bytes]] = []
    for data in pieces:
        for piece in requests.feed(data):
            if isinstance(piece, Head):
                found.append((piece.host, piece.port, piece.data))
            else:
                host, port, before = found[-1]
                found[-1] = host, port, before + piece
    return found


@given(st.lists(st.integers(0, len(POST + CHUNKS + GET)), max_size=12))
def test_requests_for_several_hosts_are_told_apart_wherever_they_are_cut(cuts: list[int]) -> None:
    data = POST + CHUNKS + GET
    places = [0, *sorted(cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(places)]
    assert passed(pieces) == list(SENT)


@pytest.mark.parametrize(
    "data",
    [
        b"CONNECT a.example:443 HTTP/1.1\r\n\r\n",
        b"GET /path HTTP/1.1\r\nHost: a.example\r\n\r\n",
        b"GET https://a.example/ HTTP/1.1\r\n\r\n",
        b"GET http:///x HTTP/1.1\r\n\r\n",
        b"GET http://a.example:99999/ HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01 hello\r\n\r\n",
        b"PUT http://a.example/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"x" * (MOST + 1),
    ],
)
def test_what_is_no_request_of_plain_http_is_not_guessed_at(data: bytes) -> None:
    with pytest.raises(NotPlainError):
        passed([data])


def test_after_a_switch_of_protocols_all_bytes_pass() -> None:
    requests = Requests()
    head = b"GET http://a.example/ HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"
    (first,) = requests.feed(head)
    assert isinstance(first, Head)
    assert first.upgrade
    requests.tunnel = True
    assert list(requests.feed(b"\x81\x00GET /")) == [b"\x81\x00GET /"]


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"GET http://A.example/ HTTP/1.1\r\n", ("a.example", 80)),
        (b"\r\nGET http://u:p@a.example:8000/ HTTP/1.1\r\nHost", ("a.example", 8000)),
        (b"GET http://a.exam", None),
        (b"CONNECT a.example:443 HTTP/1.1\r\n", None),
        (b"", None),
    ],
)
def test_the_host_of_a_request_is_known_by_its_first_line(
    data: bytes, wanted: tuple[str, int] | None
) -> None:
    assert target(data) == wanted
