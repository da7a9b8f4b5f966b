"""A recording that a response's head hides is seen by its first bytes, before any of it has left."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from e2e import guarding
from e2e.guarding import Guard
from e2e.rawsite import RawSite, Visit

from .origins import MARK, RECORDING
from .test_targets import AGENTS, LISTENER

PART = b"--AB\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 0-9/9999\r\n\r\n"
ZIP = b"PK\x03\x04" + bytes(22) + b"\x05\0\0\0a.mp3" + MARK
HEADS: dict[str, tuple[list[str], bytes]] = {
    "octet-stream": (["Content-Type: application/octet-stream"], RECORDING),
    "no-type": ([], RECORDING),
    "as-a-page": (["Content-Type: text/html; charset=UTF-8"], RECORDING),
    "as-a-picture": (["Content-Type: image/png"], RECORDING),
    "disposition": (
        ["Content-Type: text/plain", 'Content-Disposition: attachment; filename="a.mp3"'],
        b"nothing to see " + MARK,
    ),
    "disposition-star": (
        ["Content-Disposition: attachment; filename*=UTF-8''%61.fl%61c"],
        b"nothing to see " + MARK,
    ),
    "second-type": (["Content-Type: text/html", "Content-Type: audio/mpeg"], b"<html>" + MARK),
    "zip-by-type": (["Content-Type: application/zip"], b"nothing to see " + MARK),
    "zip-by-bytes": (["Content-Type: application/octet-stream"], ZIP),
    "parts": (["Content-Type: multipart/byteranges; boundary=AB"], PART + RECORDING),
    "flac": (["Content-Type: application/octet-stream"], b"fLaC\0\0\0\x22" + bytes(99) + MARK),
    "playlist": (["Content-Type: text/plain"], b"#EXTM3U\n" + MARK),
}
HONEST: dict[str, tuple[list[str], bytes]] = {
    "page": (["Content-Type: text/html"], b"<!doctype html><title>x</title>" + MARK),
    "json": (["Content-Type: application/json"], b'{"a": "' + MARK + b'"}'),
    "program": (["Content-Type: application/octet-stream"], b"\x7fELF\x02\x01" + bytes(600) + MARK),
    "tiny": ([], MARK[:5]),
    "empty": ([], b""),
}


def play(visit: Visit) -> None:
    """Answer as the target says; the body comes in pieces, the first of them is one byte."""
    name = visit.target.rpartition("/")[2].partition("?")[0]
    fields, body = (HEADS | HONEST).get(name, (["Content-Type: text/plain"], RECORDING))
    head = ["HTTP/1.1 200 OK", *fields, f"Content-Length: {len(body)}", "Connection: close"]
    visit.wire.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
    for part in (body[:1], body[1:9], body[9:]):
        time.sleep(0.02)
        visit.wire.sendall(part)
    with suppress(OSError):
        visit.wire.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    """A guard in front of a site that plays every trick."""
    with (
        RawSite(play) as site,
        guarding.running(tmp_path_factory.mktemp("door"), site.url) as guard,
    ):
        yield guard


def sent(guard: Guard, target: str, headers: bytes) -> tuple[int, bytes]:
    """The status and the body that came."""
    got = b""
    host, _, port = guard.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        wire.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode())
        wire.sendall(headers + b"\r\n")
        with suppress(TimeoutError, ConnectionError):
            while part := wire.recv(65536):
                got += part
    head, _, body = got.partition(b"\r\n\r\n")
    status = re.match(rb"HTTP/1\.1 (\d{3})", head)
    return int(status[1]) if status else 0, body


@pytest.mark.parametrize("name", HEADS)
def test_a_hidden_recording_is_refused_before_a_byte_of_it_has_left(door: Guard, name: str) -> None:
    status, body = sent(door, f"/dl/{name}", AGENTS["python-requests"])
    assert status == 403
    assert MARK not in body
    assert RECORDING[:4] not in body
    assert sent(door, f"/dl/{name}", LISTENER) == (200, HEADS[name][1])


@pytest.mark.parametrize("name", HONEST)
def test_what_is_no_recording_passes_whole(door: Guard, name: str) -> None:
    headers = AGENTS["python-requests"] + b"Cache-Control: no-transform\r\n"
    status, body = sent(door, f"/dl/{name}", headers)
    assert status == 200
    if name != "page":  # tags go into pages
        assert body == HONEST[name][1]
    assert HONEST[name][1][-20:] in body


@pytest.mark.parametrize("target", ["/.well-known/x", "/ai.txt", "/license.xml?v=2"])
def test_a_recording_in_a_signals_place_is_one(door: Guard, target: str) -> None:
    for headers in AGENTS.values():
        status, body = sent(door, target, headers)
        assert (status, MARK in body) == (403, False)


def test_a_recording_is_never_merged_into_a_robots_txt(door: Guard) -> None:
    status, body = sent(door, "/robots.txt", AGENTS["GPTBot"])
    assert (status, MARK in body) == (403, False)
    assert sent(door, "/robots.txt", LISTENER) == (200, RECORDING)


def test_an_agent_too_long_to_be_a_browsers_is_a_robot(door: Guard) -> None:
    hidden = b"User-Agent: Mozilla/5.0 " + b"x" * 2048 + b" GPTBot/1.2 " + b"x" * 2048 + b"\r\n"
    status, body = sent(door, "/dl/octet-stream", hidden)
    assert (status, MARK in body) == (403, False)
