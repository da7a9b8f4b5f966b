"""Who is refused, with what words, and that the site never hears of it."""

from __future__ import annotations

import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .clients import CHROMIUM, FIREFOX, GOOGLEBOT, GPTBOT, LIBRARY, Answer, curl
from .conftest import StartGuard
from .guarding import Guard
from .programs import PATIENCE
from .site import Site

CRAWLERS = {
    "GPTBot": GPTBOT,
    "ClaudeBot": "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    "CCBot": "CCBot/2.0 (https://commoncrawl.org/faq/)",
    "Bytespider": "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)",
}
SCRIPTS = ["with_requests", "with_aiohttp", "with_scrapy"]
RECORDINGS = [
    *(f"/music/tone.{extension}" for extension in ("mp3", "flac", "ogg", "m4a", "wav")),
    "/hls/index.m3u8",
    "/hls/index0.ts",
    "/listen/tone",
]


def assert_refusal(status: int, kind: str, body: bytes, recording: bytes) -> None:
    """403, plain words, and nothing of the recording."""
    assert status == 403
    assert kind == "text/plain; charset=utf-8"
    text = body.decode("ascii")
    assert "not for automated visitors" in text
    assert "<" not in text
    assert recording[:16] not in body
    assert len(body) < 1000


def assert_refused(answer: Answer, recording: bytes) -> None:
    assert_refusal(answer.status, answer.type, answer.body, recording)


@pytest.mark.parametrize("name", CRAWLERS)
def test_an_ai_crawler_is_refused_a_recording(name: str, guard: Guard, origin: Site) -> None:
    marker = f"for-{name}"
    answer = curl(f"{guard.url}/music/tone.mp3?{marker}", agent=CRAWLERS[name])
    assert_refused(answer, origin.file("/music/tone.mp3"))
    assert f"You were taken for {name}" in answer.text
    assert origin.never_heard(marker, guard.url)


@pytest.mark.parametrize("path", RECORDINGS)
def test_every_kind_of_recording_is_refused(path: str, guard: Guard, origin: Site) -> None:
    answer = curl(f"{guard.url}{path}", agent=GPTBOT)
    assert_refused(answer, origin.file(path))


def test_many_requests_sent_at_once_are_answered_in_their_order(guard: Guard, origin: Site) -> None:
    """On one connection, of a crawler that was refused before, of listeners in between."""
    place = urlsplit(guard.url)
    assert place.hostname is not None
    assert place.port is not None
    asked, expected = [], []
    for number in range(60):
        agent, status = (CHROMIUM, 200) if number % 7 == 3 else (GPTBOT, 403)
        method = "HEAD" if number % 5 == 4 else "GET"
        end = "Connection: close\r\n" if number == 59 else ""
        asked.append(
            f"{method} /music/tone.mp3?in-order HTTP/1.1\r\nHost: {place.netloc}\r\n"
            f"User-Agent: {agent}\r\nAccept-Language: en\r\n{end}\r\n"
        )
        expected.append((method, status))
    curl(f"{guard.url}/music/tone.mp3", agent=GPTBOT)
    with socket.create_connection((place.hostname, place.port), timeout=PATIENCE) as connection:
        connection.sendall("".join(asked).encode())
        stream = connection.makefile("rb")
        for method, status in expected:
            head = b"".join(iter(stream.readline, b"\r\n")).lower()
            assert head.startswith(b"http/1.1 %d " % status)
            size = int(head.partition(b"content-length:")[2].partition(b"\r")[0])
            body = stream.read(size) if method == "GET" else b""
            if status == 200 and body:
                assert body == origin.file("/music/tone.mp3")
        assert stream.read() == b""


def test_on_one_connection_each_request_is_answered_in_its_language(guard: Guard) -> None:
    """Also where a refusal is answered as the one before (refused_lately)."""
    connection = HTTPConnection(urlsplit(guard.url).netloc, timeout=PATIENCE)
    for number, (asked, language) in enumerate(
        [("de-AT,en;q=0.5", "de"), ("fr", "fr"), ("de-AT,en;q=0.5", "de"), ("zz,*", "en"), ("es;q=0.1", "es")] * 2
    ):  # fmt: skip
        headers = {"User-Agent": GPTBOT, "Accept": "text/html", "Accept-Language": asked}
        connection.request("GET", f"/music/tone.mp3?{number}", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 403
        assert answer.headers["content-language"] == language
        assert "Accept-Language" in answer.headers["vary"]
        assert f'<html lang="{language}">'.encode() in answer.read()
    connection.close()


def test_a_script_that_gives_no_name_gets_pages_and_no_recordings(
    guard: Guard, origin: Site
) -> None:
    """http.client as it is: like PHP, Node's http, undici and others it sends no User-Agent."""
    marker = "for-nobody"
    connection = HTTPConnection(urlsplit(guard.url).netloc, timeout=PATIENCE)
    connection.request("GET", f"/music/tone.mp3?{marker}")
    answer = connection.getresponse()
    kind = str(answer.headers["content-type"])
    assert_refusal(answer.status, kind, answer.read(), origin.file("/music/tone.mp3"))
    assert origin.never_heard(marker, guard.url)
    connection.request("GET", "/about.html")
    assert connection.getresponse().status == curl(f"{guard.url}/about.html").status
    connection.close()


@pytest.mark.parametrize("name", ["with_requests", "with_aiohttp"])
def test_a_script_is_refused_a_recording(name: str, guard: Guard, origin: Site) -> None:
    marker = f"for-{name}"
    told, body = script(name, f"{guard.url}/music/tone.mp3?{marker}")
    status, _, kind = told.partition(" ")
    assert_refusal(int(status), kind, body, origin.file("/music/tone.mp3"))
    assert origin.never_heard(marker, guard.url)


def test_a_spider_is_refused_a_recording(guard: Guard, origin: Site) -> None:
    """Scrapy asks for text/html even where it wants music, so its refusal is a page."""
    told, body = script("with_scrapy", f"{guard.url}/music/tone.mp3?for-scrapy")
    assert told == "403 text/html; charset=utf-8"
    assert b"You were taken for Scrapy." in body
    assert origin.file("/music/tone.mp3")[:16] not in body
    assert len(body) < 3000
    assert origin.never_heard("for-scrapy", guard.url)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_may_read_pages(name: str, guard: Guard, origin: Site) -> None:
    kind, body = script(name, f"{guard.url}/index.html")
    assert kind == "200 text/html"
    # Scrapy asks for pages, so it gets the tags for those that show them; the others fetch a file.
    assert body == (origin.served if name == "with_scrapy" else origin.file)("/index.html")


def script(name: str, url: str) -> tuple[str, bytes]:
    """Run one of the scripts: its status line, and the body it got."""
    path = Path(__file__).parent / "scripts" / f"{name}.py"
    done = subprocess.run(
        [sys.executable, str(path), url], capture_output=True, check=True, timeout=PATIENCE
    )
    kind, _, body = done.stdout.partition(b"\n")
    return kind.decode(), body


def test_a_recording_that_only_its_type_betrays_is_refused(guard: Guard, origin: Site) -> None:
    """/listen/tone looks like a page, so the site is asked; its answer does not go out."""
    for agent in (LIBRARY, GOOGLEBOT):
        answer = curl(f"{guard.url}/listen/tone?betrayed", agent=agent)
        assert_refused(answer, origin.file("/listen/tone"))
    assert origin.hears("betrayed", 2)
    for words in (["-r", "0-99"], ["-I"], ["-r", "0-99", "-I"]):
        answer = curl(f"{guard.url}/listen/tone", *words, agent=LIBRARY)
        assert answer.status == 403
        assert answer.type == "text/plain; charset=utf-8"
        assert answer.headers["content-range"] is answer.headers["etag"] is None
        assert ("-I" in words) == (answer.body == b"")
    # The visitors' connections are none the worse for it.
    assert curl(f"{guard.url}/listen/tone").body == origin.file("/listen/tone")


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS", "get", "PROPFIND"])
def test_no_method_gets_round_a_refusal(method: str, guard: Guard, origin: Site) -> None:
    marker = f"method-{method}"
    how = ["-I"] if method == "HEAD" else ["-X", method]
    answer = curl(f"{guard.url}/music/tone.mp3?{marker}", *how, agent=GPTBOT)
    assert answer.status == 403
    assert (answer.body == b"") == (method == "HEAD")
    assert origin.never_heard(marker, guard.url)


@pytest.mark.parametrize("path", ["/robots.txt", "/.well-known/tdmrep.json"])
@pytest.mark.parametrize("name", CRAWLERS)
def test_a_crawler_may_read_what_is_forbidden(
    name: str, path: str, guard: Guard, origin: Site
) -> None:
    answer = curl(f"{guard.url}{path}", agent=CRAWLERS[name])
    assert answer.status == 200
    assert answer.body == origin.served(path)


def test_a_search_engine_reads_pages_and_no_recordings(guard: Guard, origin: Site) -> None:
    for path in ("/index.html", "/feed.xml", "/robots.txt"):
        answer = curl(f"{guard.url}{path}", agent=GOOGLEBOT)
        assert (answer.status, answer.body) == (200, origin.served(path))
    refused = curl(f"{guard.url}/music/tone.mp3?search", agent=GOOGLEBOT)
    assert_refused(refused, origin.file("/music/tone.mp3"))
    assert origin.never_heard("search", guard.url)


def test_who_asks_for_a_page_is_refused_with_a_page(
    origin: Site, rules: Path, start_guard: StartGuard
) -> None:
    (rules / "stance.yaml").write_text(
        "artist: {name: The <Band>, contact: 'mailto:us@band.example'}"
    )
    guard = start_guard(origin.url, "--set", f"guard_rules={rules}")
    page = curl(f"{guard.url}/", "-H", "Accept: text/html,*/*", agent=GPTBOT)
    assert page.status == 403
    assert page.type == "text/html; charset=utf-8"
    assert "The &lt;Band&gt; has a policy" in page.text
    assert 'href="mailto:us@band.example"' in page.text
    plain = curl(f"{guard.url}/", agent=GPTBOT)
    assert plain.type == "text/plain; charset=utf-8"
    assert "write to mailto:us@band.example" in plain.text
    for answer in (page, plain):
        assert answer.headers["cache-control"] == "no-store"


def test_a_crawler_dressed_as_a_browser_is_still_that_crawler(guard: Guard) -> None:
    for browser in (FIREFOX, CHROMIUM):
        agent = f"{browser} (compatible; GPTBot/1.3; +https://openai.com/gptbot)"
        assert curl(f"{guard.url}/music/tone.mp3", agent=agent).status == 403
