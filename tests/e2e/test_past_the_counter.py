"""Ways past the counter, tried at the real nginx as `stagedoor export` sets it up, in front of files."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest

from . import counting
from .clients import FIREFOX, GPTBOT, LIBRARY, conversation, curl, raw, request
from .counting import Behind, counted
from .programs import free_port
from .site import Site

VISITOR = ("--interface", "127.0.0.2")
"""A visitor whose X-Forwarded-For nobody believes."""
SONG = "/music/tone.mp3"
RANGED = """
- id: ranged
  title: One range
  why: A test.
  when: {request.path: /ranged.mp3, request.header.range: bytes=7-7}
  then: block
  cases:
    - {ua: Firefox/140.0, get: /ranged.mp3, headers: {range: bytes=7-7}, expect: block}
    - {ua: Firefox/140.0, get: /ranged.mp3, expect: allow}
"""
TARGETS = (
    *(SONG, "/music//tone.mp3", "/music/./tone.mp3", "/music/x/../tone.mp3", "/%6dusic/tone.mp3"),
    *("/music/tone%2emp3", "/music%2ftone.mp3", "/music/%2e/tone.mp3", "/x/%2e%2e/music/tone.mp3"),
    *("/x/..%2fmusic/tone.mp3", "/music/tone.mp3?", "/music/tone.mp3?a.html", "/music/tone.mp3#a"),
    *("/music/tone.mp3?/robots.txt", "/robots.txt/../music/tone.mp3", "/music/tone.mp3%3f"),
    *(
        "/robots.txt/..%2fmusic/tone.mp3",
        "/rest/stream/..%2f../music/tone.mp3",
        "/music/tone.mp3;a",
    ),
    *("/.well-known/../music/tone.mp3", "/music/tone.mp3/", "/music/tone.mp3%00.html"),
    *("/music/tone.mp3%20", "/music/TONE.MP3", "/music\\tone.mp3", "/MUSIC/tone.mp3"),
    *("/stagedoor/ask", "/stagedoor/ask/../../music/tone.mp3", "/nginx", "/refusal", "/signal/x"),
    *("http://music.example/music/tone.mp3", "http://x:1/music/tone.mp3", "//music/tone.mp3"),
)
LINES = (
    *("X-Y: z", "Range: bytes=0-", "Range: bytes=0-9,20-29", "Range: bytes=-20000"),
    *("Range: bytes=" + ",".join(f"{n}-{n}" for n in range(0, 900, 3)), "If-Range: x"),
    *(
        "If-Modified-Since: Mon, 01 Jan 2001 00:00:00 GMT",
        'If-None-Match: "x"',
        "Expect: 100-continue",
    ),
    *("Upgrade: websocket\r\nConnection: Upgrade", "Connection: X-Forwarded-Uri, User-Agent"),
    *("X-Original-URI: /", "X-Original-Method: HEAD", "X-Forwarded-Uri: /robots.txt"),
    *("X-Forwarded-Method: OPTIONS", "X-Forwarded-Host: other.example", "X-Rewrite-URL: /"),
    *("X-Stagedoor-Client: 8.8.8.8", "X-Stagedoor-Refusal: X", "X-Stagedoor-Rate: 1"),
    *("X-Accel-Redirect: /music/tone.mp3", "X-HTTP-Method-Override: OPTIONS", "Via: 1.1 x"),
    *("Transfer-Encoding: chunked\r\nX-Y: z\r\n\r\n0", "Content-Length: 0"),
)


@pytest.fixture(scope="module")
def files(origin: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("files")
    (root / "music").mkdir()
    (root / "music/tone.mp3").write_bytes(origin.file(SONG))
    (root / "index.html").write_text(
        "<!doctype html><head><title>Band</title></head><body>Songs</body>\n"
    )
    root.chmod(0o755)
    return root


@pytest.fixture(scope="module")
def front(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("counter")
    (folder / "stance.yaml").write_text("traps: yes\n", "utf-8")
    (folder / "05-ranged.yaml").write_text(RANGED, "utf-8")
    inner = free_port()
    site = f"http://127.0.0.1:{inner}"
    rules = ("--rules", str(folder))
    found = counting.start_counter(
        folder, *rules, "--upstream", site, "--trusted-proxies", "127.0.0.1"
    )
    more = (*rules, "--root", str(files), "--upstream", site)
    with found.program, counting.behind("nginx", folder / "nginx", found, *more) as behind:
        yield behind
    assert "Traceback" not in found.output, found.output


def test_no_way_to_a_recording(front: Behind, origin: Site) -> None:
    """No target, field, version or method brings a recording to who gets none."""
    song = origin.file(SONG)[1000:1200]
    asked = [request(target, LIBRARY) for target in TARGETS]
    asked += [request(SONG, LIBRARY, line) for line in LINES]
    asked += [request(SONG, LIBRARY, method=m) for m in ("POST", "PUT", "get", "PROPFIND", "TRACE")]
    asked += [
        request(SONG, LIBRARY, host=h) for h in ("", "a|b", "x y", "evil.example:99", "[::1]")
    ]
    asked += [
        f"GET {target} HTTP/{version}\r\nUser-Agent: {LIBRARY}\r\n\r\n".encode()
        for target, version in product((SONG, "/music%2ftone.mp3"), ("1.0", "0.9", "2.0"))
    ]
    asked += [b"GET " + SONG.encode() + b"\r\n", request(SONG, FIREFOX, f"User-Agent: {LIBRARY}")]
    asked = [
        one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
        if b"Connection:" not in one and one.endswith(b"\r\n\r\n")
        else one
        for one in asked
    ]
    listens = request(SONG, FIREFOX, "Accept-Language: en", "Connection: close")
    assert song in conversation(front.url, listens), "this finds no recording at all"
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda one: song in conversation(front.url, one, 0.5), asked))
    assert [one for one, through in zip(asked, found, strict=True) if through] == [asked[-1]]


def test_what_a_visitor_says_about_itself_to_the_counter(front: Behind) -> None:
    said = [
        *("-H", "X-Stagedoor-Client: 8.8.8.8", "-H", "X-Forwarded-For: 8.8.8.8"),
        *("-H", "X-Real-IP: 8.8.8.8", "-H", "Forwarded: for=8.8.8.8"),
        *("-H", "CF-Connecting-IP: 8.8.8.8", "-H", "True-Client-IP: 8.8.8.8"),
    ]
    for path, agent in (("/forged.mp3", LIBRARY), ("/forged", GPTBOT)):
        assert curl(f"{front.url}{path}", *VISITOR, *said, agent=agent).status == 403
    for line in front.counter.decisions("forged", 2):
        assert line["address"] == "127.0.0.2", line


def test_one_request_is_one(front: Behind) -> None:
    """The index file of a folder is looked for in a second round of nginx's."""
    for number, agent in enumerate((FIREFOX, "Mozilla/5.0 AppleWebKit Test/1")):
        before = front.counter.counts()("requests_total")
        for _ in range(3):  # the second and third by a kept verdict
            assert curl(f"{front.url}/?{number}", *VISITOR, agent=agent).text.count("Songs") == 1
        assert curl(f"{front.url}/?last{number}", *VISITOR, agent=agent).status == 200
        counted(front.counter, "requests_total", before + 4)
        assert front.counter.counts()("requests_total") == before + 4


def test_two_requests_are_not_one(front: Behind) -> None:
    """A field that ends as the next begins makes no kept verdict good for another request."""
    for cut in ("|", "\\n", " ", "%0A"):
        target = f"{SONG}{cut}{LIBRARY}".replace(" ", "+")
        as_one = request(target, "*/*", f"Accept: {FIREFOX}", "Connection: close")
        conversation(front.url, as_one)
        other = request(SONG, LIBRARY, "Accept: */*", f"Accept-Encoding: {FIREFOX}")
        assert (
            raw(front.url, other.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).status
            == 403
        )
    # The very key of before: all fields joined by |.
    rest = "|".join([""] * 16)
    one = request(f"{SONG}|{LIBRARY}", "Mozilla/5.0", f"Accept: a{rest}", "Connection: close")
    conversation(front.url, one)
    assert curl(f"{front.url}{SONG}", "-H", "Accept: Mozilla/5.0", agent=LIBRARY).status == 403


def test_the_site_is_the_one_that_answers(front: Behind) -> None:
    """Where the request line names a host, nginx serves that one, whatever Host says."""
    for target, said in (
        ("http://named.example/line.mp3", "said.example"),
        ("/line.mp3", "named.example:8080"),
    ):
        asked = request(target, LIBRARY, "Connection: close", host=said)
        assert raw(front.url, asked).status == 403
    lines = front.counter.decisions("/line.mp3", 2)
    assert {line["host"] for line in lines} == {"named.example"}


def test_what_no_line_can_hold_is_not_let_in(front: Behind) -> None:
    before = front.counter.counts()("audio_bytes_total")

    def asked(quotes: int) -> int:
        many = '"' * quotes
        words = (f"{front.url}{SONG}?{many}", *VISITOR, "-H", f"X-Forwarded-For: {many}")
        return curl(*words, agent=f"{FIREFOX} {many[:1900]}").status

    assert asked(7900) == 431
    assert asked(5000) == 200  # a line can hold that, and it is counted
    counted(front.counter, "audio_bytes_total", before + 100_000)


def test_several_ranges_are_the_parts_that_they_are(front: Behind, origin: Site) -> None:
    """Not as many bytes from the beginning, or ten pieces of a recording would be the same tenth."""
    size = len(origin.file(SONG))
    half = size // 2
    counts = front.counter.counts
    before = counts()("audio_seconds_total")
    for text in (f"bytes={half}-{size - 2},0-0", f"bytes=1-1,{half}-{size - 1}"):
        assert curl(f"{front.url}{SONG}", "-H", f"Range: {text}", *VISITOR).status == 206
    counted(front.counter, "audio_seconds_total", before + 19)


def test_a_range_is_part_of_the_question(front: Behind) -> None:
    """nginx leaves it out where it may keep the answer; browsers that play would look as if they did not."""
    assert curl(f"{front.url}/ranged.mp3", "-r", "7-7").status == 403
    assert curl(f"{front.url}/ranged.mp3", "-r", "7-8").status == 404


def test_the_trap_link(front: Behind) -> None:
    page = curl(f"{front.url}/index.html", *VISITOR).text
    assert page.count("/all-recordings-") == 1
    _, _, after = page.partition("</head>")
    assert after.startswith("<a href=/all-recordings-")
    link = after.partition("</a>")[0]
    assert not set(link) & set("\"'`")  # a script that has the text stays one
    path = link.partition("href=")[2].partition(" ")[0]
    assert f"Disallow: {path}" in curl(f"{front.url}/robots.txt", *VISITOR).text
    walker = ("--interface", "127.0.0.3")
    headers = ("-H", "Sec-Fetch-Dest: document", "-H", "Sec-Fetch-Mode: navigate")
    assert curl(f"{front.url}{SONG}", *walker).status == 200
    assert curl(f"{front.url}{path}", *walker, *headers).status == 404
    assert curl(f"{front.url}{SONG}?after", *walker).status == 403
    assert curl(f"{front.url}/", *walker).status == 200
