"""Tags in pages, for real: nginx or bare sockets behind mitmdump, curl and Chromium before it."""

from __future__ import annotations

import gzip
import json
import random
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import brotli
import pytest
import zstandard

from pages import PAGES, TAGS, XHTML
from stagedoor.signals.html.insertion import Inserter

from .clients import connect, conversation, curl, read_head, request, sha256
from .guarding import confdir
from .programs import Program, program
from .rawsite import RawSite, Visit
from .site import Site
from .webdriver import Browser

SCRIPT = Path(__file__).parent / "scripts" / "tagging_door.py"
TAG = TAGS.text.encode()
WORDPRESS = PAGES[0].before
BIG = b"<!doctype html><html><head><title>Big</title></head><body>" + b"".join(
    b"<p>Song %d of %d</p>\n" % (n, n * 7919 % 1009) for n in range(230_000)
)
Pack = Callable[[bytes], bytes]
CODINGS: dict[str, Pack] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda page: bytes(brotli.compress(page, quality=3)),
    "zstd": zstandard.compress,
}


def door(folder: Path, upstream: str) -> tuple[Program, str]:
    """mitmdump that only tags; returns it and its address."""
    listening = f"--mode=reverse:{upstream}@127.0.0.1:0"
    options = ("keep_host_header=true", "connection_strategy=lazy", f"confdir={confdir()}")
    started = Program(
        program("mitmdump"), "-s", str(SCRIPT), listening,
        *(word for option in options for word in ("--set", option)), log=folder / "door.log",
    )  # fmt: skip
    said = started.says(r"listening at (?:https?://)?(\S+?)\.?$")
    return started, f"http://{said[1]}"


def tagged(page: bytes) -> bytes:
    """A page with a plain head, as it arrives."""
    return page.replace(b"<head>", b"<head>" + TAG, 1)


@pytest.fixture(scope="module")
def raw() -> Iterator[RawSite]:
    with RawSite() as found:
        yield found


@pytest.fixture(scope="module")
def before_raw(raw: RawSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    started, url = door(tmp_path_factory.mktemp("raw"), raw.url)
    with started:
        yield url
    assert "Traceback" not in started.output
    assert "has crashed" not in started.output


@pytest.fixture(scope="module")
def before_nginx(origin: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    started, url = door(tmp_path_factory.mktemp("nginx"), origin.url)
    with started:
        yield url
    assert "Traceback" not in started.output


def sized(
    body: bytes, kind: str = "text/html; charset=utf-8", *fields: str
) -> Callable[[Visit], None]:
    """A handler that answers with a body and its length."""
    return lambda visit: visit.answer(kind, f"Content-Length: {len(body)}", *fields, body=body)


# -- framing and codings -----------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["", *CODINGS])
@pytest.mark.parametrize("page", [WORDPRESS, BIG], ids=["wordpress", "5 MB"])
def test_every_coding(coding: str, page: bytes, raw: RawSite, before_raw: str) -> None:
    pack = CODINGS.get(coding, bytes)
    raw.handler = sized(
        pack(page), "text/html", *([f"Content-Encoding: {coding}"] if coding else [])
    )
    answer = curl(
        f"{before_raw}/", "--compressed", "-H", "Accept-Encoding: gzip, deflate, br, zstd"
    )
    wanted = PAGES[0].after if page is WORDPRESS else tagged(page)
    assert (answer.status, answer.exit_status) == (200, 0)
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.body[:3000] == wanted[:3000]
    assert sha256(answer.body) == sha256(wanted)


def _chunked(page: bytes, size: int) -> bytes:
    parts = [page[at : at + size] for at in range(0, len(page), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@pytest.mark.parametrize("size", [1, 13, 4096])
def test_chunks_of_any_size(size: int, raw: RawSite, before_raw: str) -> None:
    raw.handler = lambda visit: visit.answer(
        "text/html", "Transfer-Encoding: chunked", body=_chunked(WORDPRESS, size)
    )
    answer = curl(f"{before_raw}/")
    assert (answer.body, answer.exit_status) == (PAGES[0].after, 0)


def test_a_page_that_ends_with_the_connection(raw: RawSite, before_raw: str) -> None:
    raw.handler = lambda visit: visit.answer("text/html", body=WORDPRESS)
    answer = curl(f"{before_raw}/")
    assert (answer.body, answer.exit_status) == (PAGES[0].after, 0)


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1"])
@pytest.mark.parametrize("origin_version", ["HTTP/1.0", "HTTP/1.1"])
def test_versions_of_http(version: str, origin_version: str, raw: RawSite, before_raw: str) -> None:
    head = f"{origin_version} 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(WORDPRESS)}\r\n\r\n"
    raw.handler = lambda visit: visit.wire.sendall(head.encode() + WORDPRESS)
    answer = curl(f"{before_raw}/", version)
    assert (answer.body, answer.exit_status) == (PAGES[0].after, 0)
    assert "content-length" not in answer.headers
    assert answer.headers.get("transfer-encoding") == (
        None if version == "--http1.0" else "chunked"
    )


def test_http_2(origin: Site, before_nginx: str) -> None:
    url = before_nginx.replace("http://", "https://")
    answer = curl(f"{url}/index.html", "-k", "--http2", "--compressed")
    page = origin.file("/index.html")
    assert answer.body == page.replace(b"<title>", TAG + b"<title>", 1)
    assert answer.exit_status == 0


def test_a_connection_is_kept(before_nginx: str, origin: Site) -> None:
    """Two pages and a recording on one connection: what ends each of them is understood."""
    done = conversation(
        before_nginx,
        request("/index.html")
        + request("/music/short.mp3")
        + request("/index.html", "x", "Connection: close"),
        most=1 << 22,
    )
    assert done.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert done.count(TAG) == 2
    assert origin.file("/music/short.mp3") in done


def test_a_page_cut_off_by_the_site_is_seen_to_be(raw: RawSite, before_raw: str) -> None:
    raw.handler = lambda visit: visit.answer("text/html", "Content-Length: 99999", body=WORDPRESS)
    answer = curl(f"{before_raw}/")
    assert answer.exit_status == 18
    assert PAGES[0].after.startswith(answer.body)


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_what_the_site_flushes_arrives_at_once(coding: str, raw: RawSite, before_raw: str) -> None:
    """The site sends the rest only when the visitor has read the beginning."""
    packer = zlib.compressobj(wbits=31)
    reader = zlib.decompressobj(31)
    read: Pack = reader.decompress if coding else bytes

    def pack(part: bytes) -> bytes:
        return packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH) if coding else part

    def handler(visit: Visit) -> None:
        coded = [f"Content-Encoding: {coding}"] if coding else []
        visit.answer("text/html; charset=utf-8", *coded, body=pack(b"<!doctype html><head><title>"))
        while not arrived:
            time.sleep(0.01)
        visit.wire.sendall(pack(b"A</title>the end"))

    arrived: list[bytes] = []
    raw.handler = handler
    with connect(before_raw) as wire:
        wire.sendall(request("/").replace(b"HTTP/1.1", b"HTTP/1.0"))  # no chunks to take apart
        _, body = read_head(wire)
        got = read(body)
        try:
            while b"<title>" not in got:
                got += read(wire.recv(65536))
        finally:
            arrived.append(got)
        assert got == b"<!doctype html><head>" + TAG + b"<title>"
        while b"the end" not in got:
            got += read(wire.recv(65536))
    assert got == b"<!doctype html><head>" + TAG + b"<title>A</title>the end"


# -- what must not change ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "fields", "body"),
    [
        ("text/html", [], b'{"html": "<html><head></head>"}'),
        ("text/html", [], b"<div>part</div>"),
        ("text/html", ["Content-Encoding: gzip, br"], b"\x1f\x8bwhatever"),
        ("text/html", ["Content-Encoding: gzip"], b"<!doctype html><head>not gzip at all"),
        ("text/html", ["Cache-Control: no-transform"], WORDPRESS),
        ("text/html; charset=utf-7", [], WORDPRESS),
        ("text/plain", [], WORDPRESS),
        ("multipart/mixed; boundary=x", [], b"--x\r\nContent-Type: text/html\r\n\r\n" + WORDPRESS),
    ],
)
def test_what_is_left_alone(
    kind: str, fields: list[str], body: bytes, raw: RawSite, before_raw: str
) -> None:
    raw.handler = sized(body, kind, *fields)
    answer = curl(f"{before_raw}/")
    assert (answer.body, answer.exit_status) == (body, 0)


def test_recordings_are_untouched(before_nginx: str, origin: Site) -> None:
    for path in ("/music/tone.mp3", "/music/tone.flac", "/hls/index.m3u8", "/listen/tone"):
        answer = curl(f"{before_nginx}{path}")
        direct = curl(f"{origin.url}{path}")
        assert sha256(answer.body) == sha256(origin.file(path))
        for field in ("etag", "content-length", "accept-ranges"):
            assert answer.headers[field] == direct.headers[field]
        part = curl(f"{before_nginx}{path}", "-r", "10-19")
        assert (part.status, part.body) == (206, origin.file(path)[10:20])


# -- visitors that come back -------------------------------------------------------------------


@pytest.mark.parametrize("coding", [[], ["--compressed"]], ids=["plain", "gzip"])
def test_a_visitor_who_has_the_page_is_not_sent_it_again(
    coding: list[str], before_nginx: str
) -> None:
    page = f"{before_nginx}/index.html"
    first = curl(page, *coding)
    etag = first.headers["etag"]
    assert TAGS.marker in etag
    again = curl(page, *coding, "-H", f"If-None-Match: {etag}")
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"].removeprefix("W/") == etag.removeprefix("W/")
    dated = curl(page, *coding, "-H", f"If-Modified-Since: {first.headers['last-modified']}")
    assert dated.status == 304
    older = curl(page, *coding, "-H", f"If-None-Match: {etag.replace('-sd', '-sd0')}")
    assert (older.status, older.body) == (200, first.body)


def test_a_download_that_goes_on_is_not_made_of_two_pages(before_nginx: str) -> None:
    page = f"{before_nginx}/index.html"
    first = curl(page)
    assert "accept-ranges" not in first.headers
    rest = curl(page, "-r", "100-", "-H", f"If-Range: {first.headers['etag']}")
    assert (rest.status, rest.body) == (200, first.body)


def test_head_says_what_get_says(before_nginx: str) -> None:
    get = curl(f"{before_nginx}/index.html")
    head = curl(f"{before_nginx}/index.html", "-I")
    kept = {"etag", "content-type", "last-modified"}
    assert {name: head.headers[name] for name in kept} == {name: get.headers[name] for name in kept}
    assert "content-length" not in head.headers
    assert head.exit_status == 0


# -- as a browser reads it ---------------------------------------------------------------------

LOOK = """
const tags = [...document.querySelectorAll("meta[name=robots], meta[name=tdm-reservation]")]
    .filter(tag => ["noai, noimageai", "1"].includes(tag.content));
const places = tags.map(tag => tag.parentNode === document.head);
tags.forEach(tag => tag.remove());
return {places, mode: document.compatMode, charset: document.characterSet,
        doctype: document.doctype && new XMLSerializer().serializeToString(document.doctype),
        page: document.documentElement.outerHTML};
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("chromium")) as found:
        yield found


def test_a_browser_reads_the_same_page_with_the_tags_in_its_head(
    browser: Browser, raw: RawSite, before_raw: str
) -> None:
    def handler(visit: Visit) -> None:
        number = visit.target[1:]
        if number.isdigit():
            page = PAGES[int(number)]
            sized(page.before, page.kind)(visit)
        else:
            visit.answer("text/plain", status="404 Not Found")

    raw.handler = handler
    looked = 0
    for number, page in enumerate(PAGES):
        browser.open(f"{raw.url}/{number}")
        alone = browser.run(LOOK)
        browser.open(f"{before_raw}/{number}")
        through = browser.run(LOOK)
        is_tagged = page.outcome == "tagged"
        assert through.pop("places") == ([True, True] if is_tagged else []), page.name
        assert alone.pop("places") == [], page.name
        assert through == alone, page.name
        looked += is_tagged
    assert looked > 40
    assert any(page.kind == XHTML for page in PAGES)


BITS = (
    *("<", ">", "/", "=", '"', "'", "--", "?", " ", "\n", "x", "a=", "a='", 'a="', "&lt;", "="),
    *(
        "<!--",
        "-->",
        "--!>",
        "<!-->",
        "<!doctype html>",
        "<!doctype html public '-//IETF//DTD HTML//'>",
    ),
    *(
        "<html>",
        "<html ",
        "<head>",
        "<head ",
        "</head>",
        "</html>",
        "<header>",
        "<body>",
        "<p>",
        "</p>",
    ),
    *(
        "<title>",
        "</title>",
        "<meta charset=gbk>",
        "<meta ",
        "<script>",
        "</script>",
        "<link>",
        "<base>",
    ),
    *(
        "<style>",
        "</style>",
        "<template>",
        "</template>",
        "<noscript>",
        "</noscript>",
        "<frameset>",
    ),
    *(
        "<br>",
        "</br>",
        "<svg>",
        "<math>",
        "<select>",
        "<table>",
        "<![CDATA[",
        "]]>",
        "<?xml",
        "?>",
        "</x",
    ),
)
PARSE = """
const tags = doc => [...doc.querySelectorAll("meta[name=robots], meta[name=tdm-reservation]")];
return PAGES.map(([before, after]) => {
    const [old, now] = [before, after].map(p => new DOMParser().parseFromString(p, "text/html"));
    const found = tags(now);
    const placed = found.length === 2 && found.every(tag => tag.parentNode === now.head);
    found.forEach(tag => tag.remove());
    const same = old.compatMode === now.compatMode
        && old.documentElement.outerHTML === now.documentElement.outerHTML
        && old.childNodes.length === now.childNodes.length;
    return placed && same ? "" : before;
}).filter(Boolean);
"""


def test_a_browser_finds_nothing_else_changed_in_pages_made_by_chance(browser: Browser) -> None:
    chance = random.Random(20261123)
    pages: list[list[str]] = []
    while len(pages) < 5000:
        page = "".join(chance.choices(BITS, k=chance.randint(2, 14))).encode()
        inserter = Inserter(TAGS, "utf-8")
        out = inserter.feed(page) + inserter.finish()
        if inserter.outcome == "tagged":
            pages.append([page.decode(), out.decode()])
    browser.open("about:blank")
    wrong = browser.run(PARSE.replace("PAGES", json.dumps(pages)))
    assert wrong == [], "\n".join(map(repr, wrong))
