"""What nobody sends by accident. The guard refuses it or passes it on harmlessly, and stands."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator

import pytest

from . import guarding
from .clients import CHROMIUM, FIREFOX, GPTBOT, conversation, curl, raw, request
from .conftest import StartGuard
from .guarding import Guard
from .rawsite import PAGE, RawSite
from .site import Site

NASTY = "\x1b[31mred\x1b]0;title\x07\x9b2J\xff\xfe"


def test_the_terminal_obeys_no_visitor(origin: Site, start_guard: StartGuard) -> None:
    guard = start_guard(origin.url)
    conversation(guard.url, request("/a%1b%5b31m%07%c2%9b%ff.mp3", GPTBOT, "Connection: close"))
    conversation(guard.url, request(f"/b{NASTY}.mp3", GPTBOT, "Connection: close"))
    conversation(guard.url, request("/c.mp3", f"GPTBot/1.0 {NASTY}", "Connection: close"))
    conversation(guard.url, request("/d.mp3", GPTBOT, "Connection: close", method="G\x1b[31mT"))
    conversation(guard.url, request("/e.mp3", GPTBOT, f"Host: {NASTY}", "Connection: close"))
    conversation(guard.url, request("/f%e2%80%ae%e2%80%8b.mp3", GPTBOT, "Connection: close"))
    assert guard.decisions("a\x1b", 1)
    assert curl(f"{guard.url}/last.mp3", agent=GPTBOT).status == 403
    guard.decisions("last", 1)
    guard.program.stop()  # what is still to be written is written now
    said = guard.program.log.read_bytes() if guard.program.log else b""
    assert rb"\x1b" in said, "no hostile path was told of; this test proves nothing"
    text = said.decode("utf-8")
    assert not [c for c in text if not (c.isprintable() or c == "\n")]
    for line in (guard.state / "decisions.jsonl").read_bytes().splitlines():
        json.loads(line.decode("utf-8"))
        assert b"\x1b" not in line


@pytest.fixture(scope="module")
def listening() -> Iterator[RawSite]:
    with RawSite() as site:
        yield site


@pytest.fixture
def bare(listening: RawSite, raw_guard: Guard) -> Guard:
    """The guard in front of a site that reports exactly what it received."""
    while not listening.heard_nothing():
        listening.visit()
    return raw_guard


@pytest.fixture(scope="module")
def raw_guard(listening: RawSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    with guarding.running(tmp_path_factory.mktemp("bare"), listening.url) as found:
        yield found


def test_an_upgrade_to_h2c_is_not_passed_on(bare: Guard, listening: RawSite) -> None:
    """Behind an upgrade the guard would see nothing of what is asked."""
    answer = curl(f"{bare.url}/", "--http2")
    assert (answer.status, answer.body) == (200, PAGE)
    heard = listening.visit().lower()
    assert "upgrade" not in heard
    assert "http2-settings" not in heard


@pytest.mark.parametrize(
    "words",
    ["Upgrade: h2c", "Upgrade: HTTP/2.0, h2c", "Upgrade: websocket, h2c", "upgrade: TLS/1.0"],
)
def test_no_upgrade_but_websocket(words: str, bare: Guard, listening: RawSite) -> None:
    raw(
        bare.url,
        request(
            "/",
            FIREFOX,
            words,
            "Connection: Upgrade, HTTP2-Settings",
            "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
        ),
    )
    heard = listening.visit().lower()
    assert "h2c" not in heard
    assert "tls/1.0" not in heard
    assert "http2-settings" not in heard


def test_prior_knowledge_http2_is_guarded_too(guard: Guard, origin: Site) -> None:
    """HTTP/2 without TLS, which no browser speaks."""
    refused = curl(f"{guard.url}/music/tone.mp3", "--http2-prior-knowledge", agent=GPTBOT)
    assert origin.file("/music/tone.mp3")[100:200] not in refused.body
    assert refused.status in {0, 403}


@pytest.mark.parametrize("method", ["GET", "CONNECT"])
def test_it_is_no_proxy_to_elsewhere(method: str, bare: Guard, listening: RawSite) -> None:
    with RawSite() as elsewhere:
        host = elsewhere.url.removeprefix("http://")
        target = host if method == "CONNECT" else f"{elsewhere.url}/secret"
        got = conversation(bare.url, request(target, FIREFOX, method=method))
        if method == "CONNECT":
            got += conversation(
                bare.url, request(target, FIREFOX, method=method) + request("/secret")
            )
        assert elsewhere.heard_nothing()
    if method == "CONNECT":
        assert not got.startswith(b"HTTP/1.1 200")
        assert listening.heard_nothing()
    else:
        assert PAGE in got  # it is the site's, whatever name stands in the request line
        assert " /secret " in listening.visit()


def test_a_host_of_ones_own_leads_nowhere(bare: Guard, listening: RawSite) -> None:
    with RawSite() as elsewhere:
        host = elsewhere.url.removeprefix("http://")
        answer = raw(bare.url, request("/", host=host))
        assert answer.body == PAGE
        assert elsewhere.heard_nothing()
    assert f"host: {host}" in listening.visit().lower()


SMUGGLED = "GET /music/a.mp3 HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\n\r\n"


@pytest.mark.parametrize(
    "fields",
    [
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Content-Length: 5"],
        ["Content-Length: 5", f"Content-Length: {5 + len(SMUGGLED)}"],
        [f"Content-Length: 5, {5 + len(SMUGGLED)}"],
        ["Transfer-Encoding: xchunked"],
        ["Transfer-Encoding: chunked, identity"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
        ["Transfer-Encoding : chunked"],
        ["Content-Length: +5"],
        ["Content-Length: 5", " folded: yes"],
        ["Content-Length: -1"],
    ],
)
@pytest.mark.parametrize("agent", [CHROMIUM, GPTBOT], ids=["let in", "refused"])
def test_a_smuggled_request_is_not_heard(
    fields: list[str], agent: str, bare: Guard, listening: RawSite
) -> None:
    """Two readings of where a request ends would let a second one through unseen."""
    sent = request("/form", agent, *fields, method="POST") + b"0\r\n\r\n" + SMUGGLED.encode()
    got = conversation(bare.url, sent, silence=0.5)
    assert got.startswith((b"HTTP/1.1 400", b"HTTP/1.1 403")) or got == b"", got[:200]
    with pytest.raises(queue.Empty):
        listening.visit(0.2)


def test_what_is_understood_is_passed_on_in_plain_words(bare: Guard, listening: RawSite) -> None:
    """The site must not read a header in another way than the guard did."""
    body = b"0\r\n\r\n"
    raw(
        bare.url,
        request("/form", FIREFOX, "Transfer-Encoding:\x0bchunked\x0c", method="POST") + body,
    )
    assert "\nTransfer-Encoding: chunked\r" in listening.visit()


@pytest.mark.parametrize("size", [64_000, 1_000_000])
def test_a_huge_header(size: int, bare: Guard) -> None:
    idle = bare.program.forget_peak()
    for agent in (FIREFOX, GPTBOT):
        got = conversation(bare.url, request("/", agent, f"X-Long: {'x' * size}"))
        assert got == b"" or got.startswith(b"HTTP/1.1 ")  # hung up on in the middle, or told
    conversation(bare.url, request("/", "x" * size))
    conversation(bare.url, request("/" + "x" * size, GPTBOT))
    assert bare.program.status("VmHWM") - idle < 16 << 20
    assert curl(f"{bare.url}/").status == 200


def test_headers_that_never_end(bare: Guard) -> None:
    """64 MB of header lines: memory must not follow them."""
    idle = bare.program.forget_peak()
    line = f"X-Long: {'x' * 8000}\r\n".encode()
    conversation(bare.url, request("/")[:-2] + line * 8000, silence=5)
    assert bare.program.status("VmHWM") - idle < 16 << 20
    assert curl(f"{bare.url}/").status == 200
