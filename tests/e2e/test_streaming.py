"""Nothing is held back and nothing is kept: bodies of any length, in both directions."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from . import guarding
from .clients import FIREFOX, GPTBOT, LIBRARY, connect, curl, read_head, request
from .guarding import Guard
from .programs import PATIENCE, at_load
from .rawsite import RawSite, Visit

MB = 1 << 20
BLOCK = bytes(256 * 1024)
MOST_MEMORY = 16 * MB
"""What the guard may grow by, whatever passes through it."""


class Studio:
    """What the raw site does, by path; the events let a test and the site wait for each other."""

    def __init__(self) -> None:
        self.heard = threading.Event()
        self.go_on = threading.Event()
        self.closed = threading.Event()
        self.received = 0

    def __call__(self, visit: Visit) -> None:
        name = visit.target.strip("/").partition(".")[0].partition("?")[0]
        getattr(self, name or "page")(visit)

    def page(self, visit: Visit) -> None:
        visit.answer("text/html", "Content-Length: 2", body=b"ok")

    def patient(self, visit: Visit) -> None:
        """Two megabytes; the second one only when the test has the first."""
        visit.answer("audio/mpeg", f"Content-Length: {2 * MB}", body=bytes(MB))
        if self.go_on.wait(PATIENCE):
            visit.wire.sendall(bytes(MB))

    def long(self, visit: Visit) -> None:
        """As many megabytes as the query says."""
        size = int(visit.target.partition("?")[2]) * MB
        visit.answer("audio/flac", f"Content-Length: {size}")
        for _ in range(size // len(BLOCK)):
            visit.wire.sendall(BLOCK)

    def broken(self, visit: Visit) -> None:
        """Half of what was promised."""
        visit.answer("audio/mpeg", f"Content-Length: {2 * MB}", body=bytes(MB))

    def endless(self, visit: Visit) -> None:
        """Sends until it cannot any more."""
        visit.answer("audio/mpeg")
        try:
            while True:
                visit.wire.sendall(BLOCK)
        finally:
            self.closed.set()

    def upload(self, visit: Visit) -> None:
        """Takes what comes, and says when the first megabyte has."""
        size = int(visit.head.lower().partition("content-length: ")[2].partition("\r\n")[0])
        self.received = len(visit.rest)
        while self.received < size and (part := visit.wire.recv(MB)):
            self.received += len(part)
            if self.received >= MB:
                self.heard.set()
        self.page(visit)

    def events(self, visit: Visit) -> None:
        """Server-sent events; the next one when the test has the last."""
        visit.answer("text/event-stream")
        for number in range(3):
            visit.wire.sendall(f"data: {number}\n\n".encode())
            assert self.go_on.wait(PATIENCE)
            self.go_on.clear()


@pytest.fixture(scope="module")
def raw_site() -> Iterator[RawSite]:
    with RawSite(Studio()) as site:
        yield site


@pytest.fixture
def studio(raw_site: RawSite) -> Studio:
    """A new one for every test."""
    raw_site.handler = found = Studio()
    return found


@pytest.fixture(scope="module")
def guard(raw_site: RawSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    """A guard whose memory is that of these tests; warm, so that it is idle when one begins."""
    with guarding.running(tmp_path_factory.mktemp("streaming"), raw_site.url) as found:
        for _ in range(20):
            assert curl(f"{found.url}/page").status == 200
        assert len(curl(f"{found.url}/long.flac?8").body) == 8 * MB
        yield found


@contextmanager
def flat_memory(guard: Guard) -> Iterator[None]:
    """The guard's peak while this lasts is hardly above what it used before."""
    idle = guard.program.forget_peak()
    yield
    grown = guard.program.status("VmHWM") - idle
    assert grown < MOST_MEMORY, f"the guard grew by {grown / MB:.1f} MB"


def drain(guard: Guard, target: str) -> int:
    """GET `target`, throw the body away, return its length."""
    buffer = bytearray(MB)
    with connect(guard.url) as wire:
        wire.sendall(request(target, FIREFOX, "Connection: close"))
        head, begun = read_head(wire)
        assert head.startswith("HTTP/1.1 200 ")
        length = len(begun)
        while part := wire.recv_into(buffer):
            length += part
    return length


def test_the_first_byte_comes_before_the_site_has_sent_the_second_megabyte(
    guard: Guard, studio: Studio
) -> None:
    with connect(guard.url) as wire:
        wire.sendall(request("/patient.mp3"))
        _, body = read_head(wire)
        while len(body) < MB:
            body += wire.recv(65536)
        assert len(body) == MB  # all that the site has sent; it waits for us
        studio.go_on.set()
        while len(body) < 2 * MB:
            body += wire.recv(65536)


def test_a_gigabyte_of_audio_leaves_no_trace_in_memory(guard: Guard) -> None:
    before = guard.counts()
    with flat_memory(guard):
        assert drain(guard, "/long.flac?1024") == 1024 * MB
    assert guard.counts()("audio_bytes_total") - before("audio_bytes_total") == 1024 * MB


def test_an_upload_streams(guard: Guard, studio: Studio) -> None:
    size = 100 * MB
    with flat_memory(guard), connect(guard.url) as wire:
        wire.sendall(request("/upload", FIREFOX, f"Content-Length: {size}", method="POST"))
        wire.sendall(bytes(MB + 1))
        assert studio.heard.wait(PATIENCE), "the site has not heard of the first megabyte"
        for _ in range(99):
            wire.sendall(bytes(MB))
        wire.sendall(bytes(MB - 1))
        head, _ = read_head(wire)
    assert head.startswith("HTTP/1.1 200 ")
    assert studio.received == size


def test_curl_uploads_a_file(guard: Guard, studio: Studio) -> None:
    """A real client asks first (Expect: 100-continue) and waits for the answer."""
    began = time.monotonic()
    words = [
        "-T",
        "/proc/self/exe",
        "-H",
        "Expect: 100-continue",
        "--expect100-timeout",
        f"{PATIENCE / 2:g}",
    ]
    assert curl(f"{guard.url}/upload", *words).status == 200
    assert studio.received > 100_000
    assert time.monotonic() - began < at_load(15), "curl was not told to go on"


def test_events_arrive_one_by_one(guard: Guard, studio: Studio) -> None:
    with connect(guard.url) as wire:
        wire.sendall(request("/events", FIREFOX, "Accept: text/event-stream"))
        _, got = read_head(wire)
        for number in range(3):
            while f"data: {number}\n\n".encode() not in got:
                part = wire.recv(65536)
                assert part, f"closed before event {number}: {got!r}"
                got += part
            assert f"data: {number + 1}".encode() not in got
            studio.go_on.set()


def test_a_listener_who_leaves_lets_the_site_go(guard: Guard, studio: Studio) -> None:
    with flat_memory(guard), connect(guard.url) as wire:
        wire.sendall(request("/endless.mp3"))
        read_head(wire)
        assert len(wire.recv(MB))
        assert not studio.closed.is_set()
        wire.close()
        assert studio.closed.wait(PATIENCE), "the guard still listens to a stream nobody hears"


@pytest.mark.parametrize("how", [[], ["-k", "--http2"]], ids=["HTTP/1.1", "HTTP/2 and TLS"])
def test_a_refused_stream_lets_the_site_go(how: list[str], guard: Guard, studio: Studio) -> None:
    """Only its type says that it is audio; the site sends as fast as it can, and must stop."""
    url = guard.url.replace("http://", "https://") if how else guard.url
    with flat_memory(guard):
        answer = curl(f"{url}/endless", *how, agent=LIBRARY)
    assert (answer.status, answer.exit_status) == (403, 0)
    assert bytes(100) not in answer.body
    assert studio.closed.wait(PATIENCE), "the guard neither reads nor closes the connection"


def test_a_site_that_breaks_off_is_not_covered_up(guard: Guard, studio: Studio) -> None:
    """Half a recording must not look like a whole one."""
    answer = curl(f"{guard.url}/broken.mp3")
    assert answer.status == 200
    assert len(answer.body) == MB
    assert answer.exit_status == 18  # curl: transfer closed with bytes outstanding


def test_a_slow_listener_does_not_fill_the_memory(guard: Guard) -> None:
    """The site sends as fast as it can, the listener takes next to nothing."""
    with flat_memory(guard), connect(guard.url) as wire:
        wire.sendall(request("/long.flac?400"))
        read_head(wire)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            wire.recv(1000)
            time.sleep(0.05)


LARGE = ["Transfer-Encoding: chunked", f"Content-Length: {1024 * MB}"]


def pour(wire: socket.socket, field: str) -> bool:
    """Send a refused upload of 200 MB; whether the guard hung up on it before the end."""
    chunk = b"40000\r\n" + BLOCK + b"\r\n" if "chunked" in field else BLOCK
    wire.settimeout(3)
    wire.sendall(request("/upload", GPTBOT, field, method="POST"))
    try:
        for _ in range(800):
            wire.sendall(chunk)
    except (BrokenPipeError, ConnectionResetError):
        return True
    except TimeoutError:
        return False
    return False


@pytest.mark.parametrize("field", LARGE)
def test_a_refused_upload_does_not_fill_the_memory(
    field: str, guard: Guard, studio: Studio
) -> None:
    before = guard.counts()
    with flat_memory(guard), connect(guard.url) as wire:
        pour(wire, field)
    assert studio.received == 0
    assert guard.counts()("blocks_total") - before("blocks_total") == 1
    assert curl(f"{guard.url}/page").status == 200


@pytest.mark.parametrize("field", LARGE)
def test_a_refused_upload_is_hung_up_on(field: str, guard: Guard) -> None:
    """Else every such client holds a connection, and what the kernel keeps for it, for ever."""
    with connect(guard.url) as wire:
        assert pour(wire, field), "the guard neither reads nor closes the connection"


def test_a_refused_client_with_a_small_form_is_told_why(guard: Guard) -> None:
    answer = curl(f"{guard.url}/upload", "--data", "x" * 1000, agent=GPTBOT)
    assert answer.status == 403
    assert "not for automated visitors" in answer.text
