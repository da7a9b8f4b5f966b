"""What passes through the watch: platforms receive what they would, other hosts send their own bytes."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from stagedoor.cli.watch import start_words

from .firefox import Firefox
from .lookalikes import MEDIA, SIGNED, Lookalikes, serving
from .plainsite import ANSWERS, PlainSite
from .programs import eventually, program
from .test_watch import BADGE
from .watching import Watched, alone, beside, watching
from .webdriver import Browser

PLAYED = "soundcloud.com/artist/played"


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lookalikes]:
    with serving(tmp_path_factory.mktemp("lookalikes")) as found:
        yield found


@pytest.fixture(scope="module")
def plain() -> Iterator[PlainSite]:
    with PlainSite() as found:
        yield found


@pytest.fixture(scope="module")
def watch(
    sites: Lookalikes, plain: PlainSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watched]:
    with watching(tmp_path_factory.mktemp("watch"), sites, plain=plain.port) as found:
        yield found


@pytest.fixture(scope="module")
def browser(
    sites: Lookalikes, watch: Watched, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    with beside(watch, sites, tmp_path_factory.mktemp("watched")) as found:
        yield found


@pytest.fixture(scope="module")
def bare(sites: Lookalikes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with alone(sites, tmp_path_factory.mktemp("bare")) as found:
        yield found


def test_firefox_has_a_profile_of_its_own_that_trusts_the_proxy(
    watch: Watched, sites: Lookalikes, tmp_path: Path
) -> None:
    """With the profile that `./run watch` makes; other hosts are checked as ever."""
    profile = tmp_path / "profile"
    profile.mkdir()
    port = int(urlsplit(watch.proxy).port or 0)
    words = start_words(program("firefox-esr"), profile, port, watch.certificate)
    with Firefox(words, tmp_path / "firefox.log") as firefox:
        firefox.open("https://www.youtube.com/watch")
        title = "document.querySelector('stagedoor-badge')?.shadowRoot.querySelector('button').textContent"
        assert eventually(lambda: firefox.run(title), "the badge") == "Training AI: no"
        assert firefox.run("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"
        firefox.open(watch.page)  # on loopback, past the proxy
        assert "YouTube" in firefox.run("document.body.textContent")
        with pytest.raises(AssertionError, match="SEC_ERROR_UNKNOWN_ISSUER"):
            firefox.open("https://bank.example/")


def received(sites: Lookalikes, browser: Browser, place: str) -> list[tuple[int, Any]]:
    """Status and header fields of what a platform receives: a visit and two reloads."""
    before = len(sites.asked(place))
    browser.open(f"https://{place}")
    for count in (2, 3):
        browser.run("location.reload()")
        eventually(lambda count=count: len(sites.asked(place)) >= before + count, "a reload", 20)  # type: ignore[misc]
    return [(one["status"], one["headers"]) for one in sites.asked(place)[before:]]


@pytest.mark.parametrize("place", ["soundcloud.com/artist/track", "soundcloud.com/artist/not-kept"])
def test_a_platform_receives_the_same_conditional_requests(
    place: str, browser: Browser, bare: Browser, sites: Lookalikes
) -> None:
    watched, unwatched = (received(sites, one, place) for one in (browser, bare))
    assert watched == unwatched
    again = [fields for _, fields in unwatched if "If-None-Match" in fields]
    kept = "not-kept" not in place
    assert bool(again) == kept
    assert [status for status, _ in unwatched].count(304) == (2 if kept else 0)
    browser.open(f"https://{place}")
    shown = eventually(lambda: browser.run(BADGE), "the badge of the page that the browser has")
    assert shown["title"] == "Training AI: nothing said"


def test_recordings_are_asked_at_the_hosts_of_the_profile_and_no_other(
    browser: Browser, watch: Watched, sites: Lookalikes
) -> None:
    browser.open(f"https://{PLAYED}")
    ended = "return [...document.querySelectorAll('audio')].every(a => a.ended)"
    eventually(lambda: browser.run(ended), "the end of both recordings")

    def answer() -> Any:
        return watch.platform("soundcloud")["answers"].get("train")

    assert eventually(answer, "the answer of the recording") == "no"
    signals = watch.platform("soundcloud")["signals"]
    assert [(s["place"], s["words"]) for s in signals] == [("a recording", "X-Robots-Tag: noai")]
    claim = watch.platform("soundcloud")["claims"][0]
    assert (claim["verdict"], claim["found"]) == (
        "holds", "robots-tag in a recording: X-Robots-Tag: noai",
    )  # fmt: skip
    assert sites.asked(f"cdn.example/two.wav?sig={SIGNED}")
    assert _issuer(watch, sites, "cdn.example") == _issuer(None, sites, "cdn.example")
    assert _issuer(watch, sites, MEDIA) != _issuer(None, sites, MEDIA)
    kept = [path.read_bytes() for path in watch.state.rglob("*") if path.is_file()]
    written = b"".join(kept) + watch.program.output.encode()
    for private in (SIGNED.encode(), b"S0undsOf", b"one.wav", b"/played", b"cdn.example"):
        assert private not in written


def _issuer(watch: Watched | None, sites: Lookalikes, host: str) -> bytes:
    """Whose certificate a host shows."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    plain = _tunnel(watch.proxy if watch else "", sites, f"{host}:443")
    with plain, context.wrap_socket(plain, server_hostname=host) as secure:
        return secure.getpeercert(binary_form=True) or b""


def _tunnel(through: str, sites: Lookalikes, to: str) -> socket.socket:
    port = sites.port if not through else int(urlsplit(through).port or 0)
    plain = socket.create_connection(("127.0.0.1", port), timeout=20)
    if through:
        plain.sendall(f"CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n\r\n".encode())
        assert b" 200 " in plain.recv(4096)
    return plain


def test_other_hosts_keep_their_certificate_and_every_byte(
    watch: Watched, sites: Lookalikes
) -> None:
    def ask(through: str) -> tuple[bytes, bytes]:
        context = ssl.create_default_context(cafile=str(sites.authority))
        port = sites.port if not through else int(urlsplit(through).port or 0)
        with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
            if through:
                plain.sendall(
                    b"CONNECT bank.example:443 HTTP/1.1\r\nHost: bank.example:443\r\n\r\n"
                )
                assert b" 200 " in plain.recv(4096)
            with context.wrap_socket(plain, server_hostname="bank.example") as secure:
                certificate = secure.getpeercert(binary_form=True)
                secure.sendall(b"GET / HTTP/1.1\r\nHost: bank.example\r\nConnection: close\r\n\r\n")
                answer = b"".join(iter(lambda: secure.recv(65536), b""))
        lines = [line for line in answer.split(b"\r\n") if not line.startswith(b"Date:")]
        return certificate or b"", b"\r\n".join(lines)

    assert ask(watch.proxy) == ask("")


def test_bytes_that_are_no_tls_pass_as_they_are(
    watch: Watched, sites: Lookalikes, plain: PlainSite
) -> None:
    with _tunnel(watch.proxy, sites, "bank.example:80") as one:
        one.sendall(b"GET /head   HTTP/1.0\r\nx-ODD :  1\r\n\r\n")
        assert b"".join(iter(lambda: one.recv(65536), b"")) == ANSWERS["/head"]
    assert plain.asked[-1] == b"GET /head   HTTP/1.0\r\nx-ODD :  1\r\n\r\n"


@pytest.mark.parametrize("path", ANSWERS)
def test_plain_http_to_other_hosts_passes_byte_for_byte(
    path: str, watch: Watched, plain: PlainSite
) -> None:
    """Both ways: order and case of fields, white space, chunks, trailers, and what is not allowed."""
    fields = b"HOST: plain.example\r\nx-ODD:  1 \r\nb: 1\r\nB: 2\r\nContent-Length: 4\r\n\r\nbody"
    seen = []
    for port, place in (
        (plain.port, ""),
        (int(urlsplit(watch.proxy).port or 0), "http://plain.example"),
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
            one.sendall(f"POST {place}{path} HTTP/1.1\r\n".encode() + fields)
            if path == "/head":
                one.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda one=one: one.recv(65536), b""))  # type: ignore[misc]
        seen.append((answer, plain.asked[-1]))
    assert seen[0] == seen[1]
    assert seen[0][0] == ANSWERS[path]


def test_one_connection_can_ask_several_hosts_and_a_watched_one_is_asked_anew(
    watch: Watched, plain: PlainSite
) -> None:
    port = int(urlsplit(watch.proxy).port or 0)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
        for host in ("plain.example", "another.example", "plain.example"):
            one.sendall(f"GET http://{host}/kept HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert one.recv(65536).endswith(b"kept")
            assert plain.asked[-1] == f"GET /kept HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        count = len(plain.asked)
        one.sendall(b"GET http://soundcloud.com/kept HTTP/1.1\r\nHost: soundcloud.com\r\n\r\n")
        assert one.recv(65536) == b""
    assert len(plain.asked) == count
    with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
        one.sendall(b"GET http://soundcloud.com/kept HTTP/1.1\r\nHost: soundcloud.com\r\n\r\n")
        answer = b"".join(iter(lambda: one.recv(65536), b""))
    assert b"connection: close" in answer.lower()
    assert answer.endswith(b"kept")
