"""Where a message ends is read in one way: by the guard, the visitor and the site."""

from __future__ import annotations

import queue
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from . import guarding
from .clients import FIREFOX, connect, conversation, curl, raw, request
from .guarding import Guard
from .programs import eventually
from .rawsite import PAGE, Handler, RawSite, Visit, page

SECOND = "GET /music/secret.mp3 HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\n\r\n"


@pytest.fixture(scope="module")
def listening() -> Iterator[RawSite]:
    with RawSite() as site:
        yield site


@pytest.fixture(scope="module")
def shared(listening: RawSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    with guarding.running(tmp_path_factory.mktemp("framing"), listening.url) as found:
        yield found
    assert "crashed" not in found.output
    assert "Traceback" not in found.output


@pytest.fixture
def bare(listening: RawSite, shared: Guard) -> Guard:
    while not listening.heard_nothing():
        listening.visit()
    listening.handler = page
    return shared


HTTP2 = ("-k", "--http2")


def secure(guard: Guard) -> str:
    """The same guard over TLS, where clients may speak HTTP/2."""
    return guard.url.replace("http:", "https:")


bodies: queue.Queue[bytes] = queue.Queue()


def takes_a_body(visit: Visit) -> None:
    """Read chunks to their end, as a site does; answer when the body is complete."""
    got = visit.rest
    while not got.endswith(b"0\r\n\r\n"):
        part = visit.wire.recv(65536)
        if not part:
            break
        got += part
    bodies.put(got)
    page(visit)


def takes_nothing(visit: Visit) -> None:
    """Answer at once, then look at what else comes on the connection: the next request."""
    visit.wire.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: no-transform\r\n"
        b"Content-Length: %d\r\n\r\n" % len(PAGE) + PAGE
    )
    visit.wire.settimeout(1)
    got = visit.rest
    with suppress(TimeoutError, ConnectionResetError):
        while part := visit.wire.recv(65536):
            got += part
    bodies.put(got)


def answers(*parts: bytes) -> Handler:
    """A handler that sends these bytes and closes."""

    def handler(visit: Visit) -> None:
        for part in parts:
            visit.wire.sendall(part)

    return handler


# -- (a) and (b): bodies


def test_an_http2_body_without_length_is_no_second_request(
    bare: Guard, listening: RawSite, tmp_path: Path
) -> None:
    listening.handler = takes_a_body
    upload = tmp_path / "body"
    upload.write_text(SECOND)
    with upload.open("rb") as body:
        done = subprocess.run(
            ["curl", "-qsSk", "--http2", "-A", FIREFOX, "-X", "POST", "-T", "-",
             f"{secure(bare)}/form"],
            stdin=body, capture_output=True, timeout=30, check=False,
        )  # fmt: skip
    assert done.stdout == PAGE
    head = listening.visit().lower()
    assert "transfer-encoding: chunked" in head
    assert bodies.get(timeout=5) == b"%x\r\n%s\r\n0\r\n\r\n" % (len(SECOND), SECOND.encode())
    assert listening.heard_nothing()


def test_an_http2_upload_with_length_keeps_it(bare: Guard, listening: RawSite) -> None:
    def site(visit: Visit) -> None:
        got = visit.rest
        while len(got) < 100_000:
            got += visit.wire.recv(65536)
        bodies.put(got)
        page(visit)

    listening.handler = site
    sent = "x" * 100_000
    assert curl(f"{secure(bare)}/form", *HTTP2, "--data-binary", sent).body == PAGE
    head = listening.visit().lower()
    assert "content-length: 100000" in head
    assert "transfer-encoding" not in head
    assert bodies.get(timeout=5) == sent.encode()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("chunked", [False, True])
def test_the_body_of_a_get_is_not_passed_on(
    method: str, chunked: bool, bare: Guard, listening: RawSite
) -> None:
    listening.handler = takes_nothing
    body = SECOND.encode()
    if chunked:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    says = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    got = conversation(bare.url, request("/page", FIREFOX, says, method=method) + body)
    assert got.startswith(b"HTTP/1.1 200")
    assert got.count(b"HTTP/1.1") == 1
    head = listening.visit().lower()
    assert "content-length" not in head
    assert "transfer-encoding" not in head
    assert bodies.get(timeout=5) == b""


def test_a_get_with_a_body_over_http2_is_not_passed_on(bare: Guard, listening: RawSite) -> None:
    listening.handler = takes_nothing
    answer = curl(f"{secure(bare)}/page", *HTTP2, "-X", "GET", "--data-binary", SECOND)
    assert answer.body == PAGE
    assert "content-length" not in listening.visit().lower()
    assert bodies.get(timeout=5) == b""


def test_a_site_that_leaves_a_body_unread_is_not_asked_again_on_that_connection(
    bare: Guard, listening: RawSite
) -> None:
    listening.handler = takes_nothing
    body = SECOND.encode()
    sent = request("/form", FIREFOX, f"Content-Length: {len(body)}", method="POST") + body
    with connect(bare.url) as wire:
        wire.sendall(sent)
        wire.settimeout(2)
        assert wire.recv(65536).startswith(b"HTTP/1.1 200")
        listening.visit()
        bodies.get(timeout=5)
        wire.sendall(request("/second"))
        assert "/second" in listening.visit()  # on a new connection: each has one visit
        bodies.get(timeout=5)


# -- (c): trailers


def test_a_visitors_trailer_is_dropped(bare: Guard, listening: RawSite) -> None:
    listening.handler = takes_a_body
    sent = request("/form", FIREFOX, "Transfer-Encoding: chunked", method="POST")
    answer = raw(bare.url, sent + b"3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n")
    assert answer.body == PAGE
    listening.visit()
    assert bodies.get(timeout=5) == b"3\r\nabc\r\n0\r\n\r\n"


def test_a_sites_trailer_is_dropped(bare: Guard, listening: RawSite) -> None:
    listening.handler = answers(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
        b"Transfer-Encoding: chunked\r\nTrailer: X-Trailer\r\n\r\n"
        b"3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n"
    )
    for url, *more in ((bare.url,), (secure(bare), *HTTP2)):
        answer = curl(f"{url}/x.bin", *more)
        assert (answer.status, answer.body, answer.exit_status) == (200, b"abc", 0)


def test_trailers_without_end_are_not_kept(bare: Guard, listening: RawSite) -> None:
    listening.handler = takes_a_body
    idle = bare.program.forget_peak()
    sent = request("/form", FIREFOX, "Transfer-Encoding: chunked", method="POST")
    trailers = b"X-Trailer: " + b"x" * 8000 + b"\r\n"
    conversation(bare.url, sent + b"3\r\nabc\r\n0\r\n" + trailers * 8000, silence=5)
    assert bare.program.status("VmHWM") - idle < 16 << 20


# -- (d): interim responses


@pytest.mark.parametrize("protocol", ["--http1.1", "--http2"])
def test_interim_responses_are_passed_over(protocol: str, bare: Guard, listening: RawSite) -> None:
    last = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nlast"
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    for parts in (
        (early + last,),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n" + early, last),
        (early[:20], early[20:] + last[:30], last[30:]),
    ):

        def slowly(visit: Visit, parts: tuple[bytes, ...] = parts) -> None:
            for part in parts:
                visit.wire.sendall(part)
                time.sleep(0.05)

        listening.handler = slowly
        answer = curl(f"{secure(bare)}/a.txt", "-k", protocol)
        assert (answer.status, answer.body) == (200, b"last")


def test_a_switch_that_nobody_asked_for_is_no_answer(bare: Guard, listening: RawSite) -> None:
    listening.handler = answers(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nbytes")
    assert raw(bare.url, request("/")).status == 502


# -- (e), (f): heads


def test_a_response_head_without_end_costs_nothing(bare: Guard, listening: RawSite) -> None:
    """300 MB of it were 703 MB of memory."""
    sent = 0

    def endless(visit: Visit) -> None:
        nonlocal sent
        visit.wire.sendall(b"HTTP/1.1 200 OK\r\n")
        line = b"X-Long: " + b"x" * 65000 + b"\r\n"
        for _ in range(1000):
            visit.wire.sendall(line)
            sent += len(line)

    listening.handler = endless
    before = bare.counts()("malformed_total", side="site", fault="head-size")
    idle = bare.program.forget_peak()
    assert curl(f"{bare.url}/").status == 502
    assert curl(f"{secure(bare)}/", *HTTP2).status == 502
    assert bare.program.status("VmHWM") - idle < 16 << 20
    assert sent < 20 << 20
    assert bare.counts()("malformed_total", side="site", fault="head-size") == before + 2
    assert bare.said_so_far().count("more than 64 kB or 200 lines of headers") == 1


def test_a_response_head_has_200_lines_at_most(bare: Guard, listening: RawSite) -> None:
    for number, status in ((198, 200), (201, 502)):
        listening.handler = answers(
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + b"Set-Cookie: a=b\r\n" * number + b"\r\n"
        )
        assert raw(bare.url, request("/", FIREFOX, "Connection: close")).status == status


@pytest.mark.parametrize("fields", ["a:\r\n" * 15_000, "X-Long: x\r\n" * 201])
def test_a_request_head_of_many_lines_is_answered_431(
    fields: str, bare: Guard, listening: RawSite
) -> None:
    got = conversation(bare.url, request("/")[:-2] + fields.encode() + b"\r\n")
    assert got.startswith(b"HTTP/1.1 431 ")
    assert listening.heard_nothing()


def test_over_http2_too(bare: Guard, listening: RawSite) -> None:
    many = [word for number in range(250) for word in ("-H", f"x-{number}: 1")]
    assert curl(f"{secure(bare)}/", *HTTP2, *many).status == 431
    assert listening.heard_nothing()


@pytest.mark.parametrize(
    "fields",
    [
        ["X-Folded: a\r\n Content-Length: 5"],
        ["X-Bare: a\rContent-Length: 5"],
        ["X-Nul: a\0b"],
    ],
)
def test_a_head_that_can_be_read_in_two_ways_is_refused(
    fields: list[str], bare: Guard, listening: RawSite
) -> None:
    assert raw(bare.url, request("/", FIREFOX, *fields)).status == 400
    assert listening.heard_nothing()


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/0.9", "HTTP/3.0"])
def test_http1_has_no_other_versions(version: str, bare: Guard, listening: RawSite) -> None:
    sent = request("/").replace(b"HTTP/1.1", version.encode())
    assert raw(bare.url, sent).status == 400
    assert listening.heard_nothing()


def test_line_breaks_before_a_request_do_no_harm(bare: Guard) -> None:
    assert raw(bare.url, b"\r\n\r\n" + request("/", FIREFOX, "Connection: close")).body == PAGE


# -- (h): what sites really send


def test_icy_is_how_radio_servers_say_http(bare: Guard, listening: RawSite) -> None:
    listening.handler = answers(
        b"ICY 200 OK\r\nicy-name: x\r\nContent-Type: audio/mpeg\r\n\r\nsound"
    )
    answer = raw(bare.url, request("/stream"))
    assert (answer.status, answer.headers["icy-name"], answer.body) == (200, "x", b"sound")


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "framing"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\nabcd", "framing"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc", "framing"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
         "framing"),
        (b"hello\r\n\r\n", "head"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "head"),
        (b"HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", "head"),
        (b"HTTP/1.1 99999 OK\r\n\r\n", "head"),
        (b"HTTP/1.1 200 OK\r\nX:", "head"),
        (b"", "no-answer"),
    ],
)  # fmt: skip
def test_a_response_that_is_none_is_answered_counted_and_explained_once(
    head: bytes, fault: str, bare: Guard, listening: RawSite
) -> None:
    listening.handler = answers(head)
    before = bare.counts()("malformed_total", side="site", fault=fault)
    for url in (bare.url, secure(bare)):
        answer = curl(f"{url}/", "-k")
        assert answer.status == 502
        assert b"mitmproxy" not in answer.body
    assert bare.counts()("malformed_total", side="site", fault=fault) == before + 2
    bare.says("visitors get 502")


def test_a_length_that_is_said_twice_is_one(bare: Guard, listening: RawSite) -> None:
    listening.handler = answers(
        b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc"
    )
    answer = raw(bare.url, request("/x.bin", FIREFOX, "Connection: close"))
    assert (answer.status, answer.body, answer.headers["x-folded"]) == (200, b"abc", "a b")


# -- targets and hosts


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/robots.txt#/../music/a.mp3", 400),
        ("/.well-known/x%00/../../music/a.mp3", 400),
        ("/a\x01b", 400),
        ("/a\xff", 400),
        ("/a b", 400),
        ("/" + "x" * 9000, 414),
    ],
)
def test_a_target_that_is_none_is_answered_and_counted(
    target: str, status: int, bare: Guard, listening: RawSite
) -> None:
    before = bare.counts()("malformed_total", side="client")
    assert raw(bare.url, request(target)).status == status
    assert bare.counts()("malformed_total", side="client") == before + 1
    assert listening.heard_nothing()


@pytest.mark.parametrize("target", ["/m/\xc3\xa9[1]|.txt", "/a?q=%00"])
def test_odd_targets_of_real_players_reach_the_site(
    target: str, bare: Guard, listening: RawSite
) -> None:
    assert raw(bare.url, request(target, FIREFOX, "Connection: close")).status == 200
    assert f" {target} " in listening.visit()


@pytest.mark.parametrize(
    ("target", "host", "heard"),
    [
        ("http://other.example/x", "label.example", "other.example"),
        ("http://Label.example.:80/x", "other.example", "label.example"),
        ("/x", "label.example.", "label.example"),
        ("/x", "LABEL.example:", "label.example"),
        ("/x", "[2001:DB8::0:1]", "[2001:db8::1]"),
    ],
)
def test_the_site_hears_the_host_that_was_decided_about(
    target: str, host: str, heard: str, bare: Guard, listening: RawSite
) -> None:
    assert raw(bare.url, request(target, FIREFOX, "Connection: close", host=host)).status == 200
    head = listening.visit()
    assert head.startswith("GET /x HTTP/1.1\r\n")
    assert [line for line in head.split("\r\n") if line.lower().startswith("host:")] == [
        f"Host: {heard}"
    ]


def test_two_hosts_or_none_are_answered_400(bare: Guard, listening: RawSite) -> None:
    assert raw(bare.url, request("/", FIREFOX, "Host: other.example")).status == 400
    assert raw(bare.url, request("/", FIREFOX, "host: music.example")).status == 400
    assert raw(bare.url, b"GET / HTTP/1.1\r\n\r\n").status == 400
    assert raw(bare.url, request("/", host="user@music.example")).status == 400
    assert listening.heard_nothing()
    assert raw(bare.url, b"GET / HTTP/1.0\r\n\r\n").status == 200  # an old radio


def test_a_refused_target_keeps_to_one_line_a_minute(bare: Guard) -> None:
    line = "requests are refused as malformed: target"
    before = bare.said_so_far().count(line)  # another test's may be more than a minute ago
    for _ in range(5):
        assert raw(bare.url, request("/x#y")).status == 400
    said = bare.said_so_far()
    assert said.count(line) - before <= 1
    assert line in said


def test_an_error_of_mitmproxys_own_is_heard_and_counted_once_a_minute_with_a_traceback(
    tmp_path: Path, listening: RawSite
) -> None:
    """A response hook of mitmproxy's that fails in the layer: made to by an addon beside ours."""
    script = tmp_path / "breaking.py"
    script.write_text(
        "from mitmproxy.proxy.layers.http import HttpStream\n"
        "old = HttpStream.start_response_stream\n"
        "def broken(self):\n"
        "    if self.flow.request.path == '/broken':\n"
        "        raise NotImplementedError('broken on purpose')\n"
        "    yield from old(self)\n"
        "HttpStream.start_response_stream = broken\n"
    )
    listening.handler = page
    with guarding.running(tmp_path, listening.url, "-s", str(script)) as guard:
        for _ in range(3):
            began = time.monotonic()
            answer = conversation(guard.url, request("/broken"), silence=20)
            assert answer.startswith(b"HTTP/1.1 500 ")
            assert time.monotonic() - began < 20  # it is closed, not left alone
        eventually(lambda: guard.counts()("malformed_total", side="host", fault="error") >= 3, "3")
        assert guard.said_so_far().count("Traceback") == 1
        assert raw(guard.url, request("/", FIREFOX, "Connection: close")).status == 200


def test_closing_at_once_is_no_error(bare: Guard) -> None:
    before = bare.counts()("malformed_total", side="host")
    for _ in range(20):
        wire = connect(bare.url)
        wire.sendall(request("/"))
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        wire.close()
    assert raw(bare.url, request("/", FIREFOX, "Connection: close")).status == 200
    assert bare.counts()("malformed_total", side="host") == before
