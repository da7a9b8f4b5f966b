"""What goes out with a response, and what of it is reported to whom."""

from __future__ import annotations

import codecs
import gzip
import zlib

import brotli
import pytest
import zstandard

from flows import OpenGuard, answered, flow
from making import FIREFOX, GPTBOT
from stagedoor.fronts.mitmproxy.signal_responses import carried
from stagedoor.publish.publication import ROBOTS
from stagedoor.signals.robots.access import allowed, read
from stagedoor.signals.robots.lines import MOST_OCTETS

SEARCHES = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def served(fixture: object, path: str, body: bytes, status: int = 200, **headers: str) -> bytes:
    """What comes out for a file of the site, in chunks of three bytes."""
    found = fixture.enter(flow(path, SEARCHES))  # type: ignore[attr-defined]
    response = answered(found, headers.pop("content_type", "text/plain"), status, **headers)
    fixture.guard.responseheaders(found)  # type: ignore[attr-defined]
    assert callable(response.stream)
    parts = [body[i : i + 3] for i in range(0, len(body), 3)]
    out = b""
    for part in [*parts, b""]:
        given = response.stream(part)
        out += given if isinstance(given, bytes) else b"".join(given)
    return out


def test_robots_txt_is_the_sites_with_the_stance_in_it(opened: OpenGuard) -> None:
    fixture = opened()
    text = served(fixture, ROBOTS, b"User-agent: *\nDisallow: /private/\n")
    robots = read(text)
    assert not allowed(robots, "GPTBot", "/music/a.mp3")
    assert allowed(robots, "GPTBot", "/robots.txt")
    assert allowed(robots, "Googlebot", "/music/a.mp3")
    assert not allowed(robots, "Googlebot", "/private/x")
    assert (
        fixture.value("notices_total", crawler="Googlebot", proof="unverified", signal="robots")
        == 1
    )


def test_where_the_site_has_none_ours_takes_the_place_of_its_error(opened: OpenGuard) -> None:
    fixture = opened()
    text = served(fixture, ROBOTS, b"<h1>Not found</h1>", 404)
    assert b"Not found" not in text
    assert not allowed(read(text), "GPTBot", "/")


@pytest.mark.parametrize("status", [500, 503, 301, 429])
def test_an_answer_that_means_something_else_is_left_alone(opened: OpenGuard, status: int) -> None:
    fixture = opened()
    found = fixture.enter(flow(ROBOTS, GPTBOT))
    response = answered(found, "text/plain", status)
    fixture.guard.responseheaders(found)
    assert response.status_code == status


def test_of_a_very_long_robots_txt_the_beginning_is_merged(opened: OpenGuard) -> None:
    fixture = opened()
    found = fixture.enter(flow(ROBOTS, GPTBOT))
    response = answered(found, "text/plain")
    fixture.guard.responseheaders(found)
    assert callable(response.stream)
    chunk = b"# x\n" * 4096
    out = b""
    number = 2 * MOST_OCTETS // len(chunk)
    for data in [b"User-agent: *\n", *[chunk] * number, b""]:
        given = response.stream(data)
        out += given if isinstance(given, bytes) else b"".join(given)
    assert out.count(b"# x\n") == number * 4096
    assert not allowed(read(out), "GPTBot", "/")


def test_every_response_carries_the_headers_and_a_refusal_too(opened: OpenGuard) -> None:
    fixture = opened()
    refused = fixture.enter(flow("/a.mp3", GPTBOT)).response
    found = fixture.enter(flow("/a.mp3", FIREFOX))
    response = answered(found, "audio/mpeg")
    fixture.guard.responseheaders(found)
    assert refused is not None
    for one in (refused, response):
        assert one.headers["tdm-reservation"] == "1"
        assert "train-ai=n" in one.headers["content-usage"]
        assert "noai" in one.headers["x-robots-tag"]
    assert fixture.value("signals_total", resource="audio", standard="tdmrep") == 1
    assert (
        fixture.value("notices_total", crawler="GPTBot", proof="unverified", signal="headers") == 1
    )


def test_what_the_site_says_more_strictly_stays(opened: OpenGuard) -> None:
    fixture = opened()
    found = fixture.enter(flow("/about", FIREFOX))
    response = answered(found, content_usage="search=n", x_robots_tag="noindex")
    fixture.guard.responseheaders(found)
    assert "search=n" in response.headers["content-usage"]
    assert "train-ai=n" in response.headers["content-usage"]
    assert response.headers.get_all("x-robots-tag") == ["noindex", "noai, noimageai"]


def test_a_request_for_robots_txt_asks_for_the_whole(opened: OpenGuard) -> None:
    asked = {"If-None-Match": '"x"', "Range": "bytes=0-1", "Accept-Encoding": "gzip"}
    found = opened().enter(flow(ROBOTS, GPTBOT, headers=asked))
    assert "if-none-match" not in found.request.headers
    assert "range" not in found.request.headers
    assert found.request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("fields", "standards"),
    [
        ((), set()),
        (((b"Content-Usage", b"search=y"),), {"content-usage"}),
        (((b"TDM-Reservation", b"1"), (b"X-Robots-Tag", b"noai")), {"tdmrep", "robots-tag"}),
        (((b"Link", b"</style.css>; rel=preload"),), set()),
        (((b"link", b'<https://x.example/l.xml>; rel="license"'),), {"rsl"}),
    ],
)
def test_the_standards_in_headers_are_seen(
    fields: tuple[tuple[bytes, bytes], ...], standards: set[str]
) -> None:
    assert carried(fields) == standards


@pytest.mark.parametrize("status", [204, 205, 304, 404])
def test_an_answer_without_a_body_is_ours(opened: OpenGuard, status: int) -> None:
    text = served(opened(), ROBOTS, b"", status)
    assert not allowed(read(text), "GPTBot", "/")


OWN = "User-agent: *\nDisallow: /private/\n"
APP = b"<!doctype html><html><head><title>App</title></head><body><div id=root></div></body></html>"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (OWN.encode(), {}),
        (OWN.replace("\n", "\r\n").encode(), {}),
        (OWN.replace("\n", "\r").encode(), {}),
        (OWN.encode("utf-8-sig"), {}),
        (OWN.encode("utf-16"), {}),
        (codecs.BOM_UTF16_BE + OWN.encode("utf-16-be"), {}),
        (OWN.encode("utf-16-le"), {}),
        (OWN.encode("utf-32"), {}),
        (gzip.compress(OWN.encode()), {"content_encoding": "gzip"}),
        (zlib.compress(OWN.encode()), {"content_encoding": "deflate"}),
        (brotli.compress(OWN.encode()), {"content_encoding": "br"}),
        (zstandard.compress(OWN.encode()), {"content_encoding": "zstd"}),
        (gzip.compress(gzip.compress(OWN.encode("utf-16"))), {"content_encoding": "gzip, gzip"}),
        (OWN.encode(), {"content_type": "text/html"}),
        (b"<html><pre>\n" + OWN.encode() + b"</pre></html>", {"content_type": "text/html"}),
    ],
    ids=[
        "plain",
        "crlf",
        "cr",
        "bom",
        "utf-16",
        "utf-16-be",
        "utf-16-le-unmarked",
        "utf-32",
        "gzip",
        "deflate",
        "br",
        "zstd",
        "twice",
        "as-a-page",
        "in-a-page",
    ],
)
def test_the_sites_robots_txt_counts_in_whatever_form(
    body: bytes, headers: dict[str, str], opened: OpenGuard
) -> None:
    text = served(opened(), ROBOTS, body, 200, **headers)
    assert text.isascii() or text.startswith(codecs.BOM_UTF8)
    robots = read(text)
    assert not allowed(robots, "GPTBot", "/music/a.mp3")
    assert not allowed(robots, "Googlebot", "/private/x")
    assert allowed(robots, "Googlebot", "/music/a.mp3")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (APP, {"content_type": "text/html"}),
        (APP, {}),
        (b'{"detail": "Not Found"}', {"content_type": "application/json"}),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", {"content_type": "image/png"}),
        (b"no gzip at all", {"content_encoding": "gzip"}),
        (OWN.encode(), {"content_encoding": "something-new"}),
        (b"", {}),
    ],
    ids=["app", "app-as-text", "json", "png", "broken", "unknown", "empty"],
)
def test_what_is_no_robots_txt_is_replaced(
    body: bytes, headers: dict[str, str], opened: OpenGuard
) -> None:
    text = served(opened(), ROBOTS, body, 200, **headers)
    assert b"App" not in text
    assert b"\0" not in text
    robots = read(text)
    assert not allowed(robots, "GPTBot", "/")
    assert allowed(robots, "Googlebot", "/")


@pytest.mark.parametrize("path", ["/ai.txt", "/license.xml", "/.well-known/tdmrep.json"])
def test_a_page_is_no_signal_file(path: str, opened: OpenGuard) -> None:
    fixture = opened()
    found = fixture.enter(flow(path, GPTBOT, method="HEAD"))
    response = answered(found, "text/html; charset=utf-8", content_length="999")
    fixture.guard.responseheaders(found)
    own = fixture.guard.service.publication.files[path]
    assert response.headers["content-type"] == own.type
    assert response.headers["content-length"] == str(len(own.text))
