"""What a front's log says, counted: as the guard in front of a site counts what passes."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest

from counters import Counting, counting
from making import FIREFOX, GPTBOT
from recordings import recording
from stagedoor.config.stance import Stance
from stagedoor.model.client_keys import client_key, listener
from stagedoor.model.heard import SCOPES
from stagedoor.store.interface import Query

WHOLE = int(Stance().listening.whole_files)
"""Recordings that one program is sent whole in ten minutes."""
SIZE = 60 * 32_000
"""Bytes of recordings of a minute, as the table of bit rates has them for MP3."""
PLAYLIST = (
    "#EXTM3U\n#EXT-X-TARGETDURATION:6\n"
    + "".join(f"#EXTINF:6.0,\n/hls/p{n}.ts\n" for n in range(10))
    + "#EXT-X-ENDLIST\n"
)
OVERCAST = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"


def line(target: str, agent: str = FIREFOX, address: str = "198.51.100.7", **more: Any) -> bytes:
    """A line of nginx's."""
    fields = {
        "stagedoor": 1,
        "client": address,
        "method": "GET",
        "host": "music.example",
        "target": target,
        "agent": agent,
        "status": "200",
        "sent": str(SIZE),
        "seconds": "0.1",
        "type": "audio/mpeg",
        "length": str(SIZE),
        "verdict": "MISS",
    }
    return json.dumps(fields | more).encode()


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counting]:
    with counting(state=tmp_path_factory.mktemp("state")) as found:
        yield found


def heard(counter: Counting, act: Callable[[], object]) -> float:
    """Seconds of sound that `act` counts."""
    before = counter.sample("audio_seconds_total")
    act()
    return counter.sample("audio_seconds_total") - before


def test_seconds_follow_from_bytes(counter: Counting) -> None:
    assert counter.asked("/music/whole.mp3").status == 200
    assert heard(counter, lambda: counter.logs(line("/music/whole.mp3"))) == pytest.approx(60)
    half = {"status": "206", "sent": str(SIZE // 2), "length": str(SIZE // 2)}
    part = line("/music/whole.mp3", range=f"bytes {SIZE // 2}-{SIZE - 1}/{SIZE}", **half)
    assert heard(counter, lambda: counter.logs(part)) == pytest.approx(30)


def test_what_sends_no_sound_counts_nothing(counter: Counting) -> None:
    for more in (
        {"method": "HEAD", "sent": "0"},
        {"status": "304", "sent": "0"},
        {"status": "404", "sent": "150", "type": "text/html"},
        {"status": "416", "sent": "150"},
        {"status": "200", "sent": "0"},
        {"type": "text/html", "target": "/about"},
    ):
        fields = {"target": "/music/none.mp3"} | more
        target = fields.pop("target")
        sent = line(target, **fields)
        assert heard(counter, partial(counter.logs, sent)) == 0, more


def test_a_sweep_is_stopped_by_what_the_log_says(counter: Counting) -> None:
    address, taken = "203.0.113.50", 0
    for number in range(WHOLE + 20):
        if counter.asked(f"/album/{number}.mp3", address=address).status != 200:
            break
        counter.logs(line(f"/album/{number}.mp3", address=address))
        taken += 1
    assert WHOLE <= taken <= WHOLE + 2
    answer = counter.asked("/album/999.mp3", address=address)
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) > 60
    assert counter.asked("/about", address=address).status == 200
    assert counter.asked("/album/1.mp3", address="203.0.114.51").status == 200


def test_lines_are_enough_where_nobody_asked_or_all_was_forgotten(counter: Counting) -> None:
    """After a new start of the counter, say."""
    address = "203.0.113.60"
    counter.logs(
        *(line(f"/forgotten/{number}.mp3", address=address) for number in range(WHOLE + 4))
    )
    assert counter.asked("/forgotten/999.mp3", address=address).status == 429


def test_what_a_front_refused_by_itself_is_written_down(counter: Counting) -> None:
    before = counter.sample("requests_total", verdict="block")
    refused = {"status": "403", "sent": "120", "type": "text/plain", "verdict": "map"}
    counter.logs(line("/music/mapped.mp3", GPTBOT, **refused))
    assert counter.sample("requests_total", verdict="block") == before + 1


def test_what_a_front_let_in_by_a_kept_verdict_is_one_more_request(counter: Counting) -> None:
    address = "203.0.113.61"
    assert counter.asked("/music/kept.mp3", address=address).status == 200
    before = counter.sample("requests_total", verdict="allow")
    counter.logs(line("/music/kept.mp3", address=address, verdict="HIT"))
    assert counter.sample("requests_total", verdict="allow") == before + 1


def test_what_went_out_by_a_kept_verdict_counts_whatever_holds_by_now(counter: Counting) -> None:
    """A sentence that began meanwhile makes no refusal of it, and nothing goes uncounted."""
    address = "203.0.113.63"
    counter.logs(*(line(f"/kept/{n}.mp3", address=address) for n in range(WHOLE + 4)))
    assert counter.asked("/kept/999.mp3", address=address).status == 429
    refusals = counter.sample("requests_total", verdict="throttle")
    sent = line("/kept/1000.mp3", address=address, verdict="HIT")
    assert heard(counter, lambda: counter.logs(sent)) == pytest.approx(60)
    assert counter.sample("requests_total", verdict="throttle") == refusals


def test_several_ranges_are_counted_where_they_lie(counter: Counting) -> None:
    """Not from the beginning on, or a recording in ten pieces would be ten times its first tenth."""
    target, address = "/music/parts.mp3", "203.0.115.64"
    counter.logs(line(target, address=address))  # its size is known from now on
    tenth = SIZE // 10
    other = "203.0.116.65"
    for number in range(10):
        asked = f"bytes={number * tenth}-{(number + 1) * tenth - 1},0-0"
        part = {"status": "206", "sent": str(tenth + 1), "length": str(tenth + 200)}
        assert counter.asked(target, address=other, Range=asked).status == 200
        # Of fronts that do not say what was asked for, the question is remembered.
        more = {"asked": asked} if number % 2 else {}
        counter.logs(line(target, address=other, type="multipart/byteranges", **part, **more))
    assert counter.do(lambda: _whole(counter, other)) == 1


def _whole(counter: Counting, address: str) -> float:
    query = Query(
        client_key(address), time.monotonic(), listener=listener(address, FIREFOX), listening=SCOPES
    )
    return counter.running.service.store.here(query).behaviour.listening.household.whole_recordings


def test_requests_of_one_moment_wait_for_the_first_lines(counter: Counting) -> None:
    """Nobody is let in beyond what is allowed because lines are late, however few are on their way."""
    address = "192.0.2.66"
    counter.logs(*(line(f"/moment/{n}.mp3", address=address) for n in range(WHOLE)))
    assert counter.asked("/moment/first.mp3", address=address).status == 200
    found: list[int] = []

    def ask(number: int) -> None:
        found.append(counter.asked(f"/moment/at-once-{number}.mp3", address=address).status)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
    for one in threads:
        one.start()
    for _ in range(3000):
        if counter.do(lambda: counter.running.service.line.waiting) == 3:
            break
        time.sleep(0.01)
    assert found == []  # nobody is refused for what is only expected: they wait
    counter.logs(line("/moment/first.mp3", address=address))
    for one in threads:
        one.join(30)
    assert found == [429] * 3


def test_lines_that_never_come_refuse_nobody(
    counter: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Datagrams are lost under load: who was let in, and is not heard of, keeps nobody waiting for long."""
    monkeypatch.setattr("stagedoor.fronts.waiting_line.LONGEST_WAIT", 1.0)
    address = "203.0.114.67"
    statuses = [
        counter.asked(f"/lost/{n}.mp3", address=address, Range="bytes=0-").status
        for n in range(WHOLE + 3)
    ]
    assert statuses == [200] * (WHOLE + 3)


def test_a_recording_without_a_name_is_known_from_its_first_line(counter: Counting) -> None:
    agent = "python-requests/2.32.3"
    assert counter.asked("/listen/7", agent).status == 200  # a page, as far as anybody can see
    counter.logs(line("/listen/7"))
    assert counter.asked("/listen/7", agent, address="198.51.100.8").status == 403


def test_a_live_stream_is_counted_by_the_clock(counter: Counting) -> None:
    address = "203.0.113.62"
    live = {"type": "audio/mpeg", "length": "", "seconds": "120", "sent": "2000000"}
    counter.do(lambda: counter.running.service.tracks.live("/radio"))
    assert heard(counter, lambda: counter.logs(line("/radio", address=address, **live))) == 120


def test_lines_that_nobody_can_read_are_counted(counter: Counting) -> None:
    before = counter.running.reports.unread
    counter.logs(b"hello", b'{"stagedoor":1}', b'{"stagedoor":1,"method":"GET","target":7}')
    assert counter.running.reports.unread == before + 3
    assert counter.sample("errors_total", step="front-log") >= 3


class _Site(http.server.BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []
    files: ClassVar[dict[str, tuple[str, bytes]]] = {}

    def do_GET(self) -> None:
        self.asked.append(f"{self.path} {self.headers.get('Range', '')}".strip())
        if self.path == "/old.txt":
            self.send_response(301)
            self.send_header("Location", "/robots.txt")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        kind, data = self.files.get(self.path, ("", b""))
        if not kind:
            self.send_error(404)
            return
        start, end = 0, len(data)
        given = self.headers.get("Range", "")
        if given:
            end = min(end, int(given.partition("-")[2]) + 1)
        self.send_response(206 if given else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(end - start))
        if given:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        self.end_headers()
        self.wfile.write(data[start:end])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def sited() -> Iterator[Counting]:
    """A counter that may ask the site."""
    _Site.files.clear()
    _Site.files |= {
        "/music/real.mp3": ("audio/mpeg", recording("cbr.mp3")),
        "/hls/index.m3u8": ("application/vnd.apple.mpegurl", PLAYLIST.encode()),
        "/robots.txt": ("text/plain", b"User-agent: Own\nDisallow: /own\n"),
    }
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with counting(upstream=f"http://127.0.0.1:{server.server_port}") as found:
        yield found
    server.shutdown()
    server.server_close()


def rested(counter: Counting) -> None:
    """Wait until nothing is asked of the site."""
    for _ in range(1000):
        if counter.do(lambda: not counter.running.site._running):
            return
        time.sleep(0.01)
    pytest.fail("the site is still being asked")


def test_lengths_are_read_from_the_site(sited: Counting) -> None:
    data = _Site.files["/music/real.mp3"][1]
    assert sited.asked("/music/real.mp3").status == 200
    rested(sited)
    known = sited.do(lambda: sited.running.service.store.length("/music/real.mp3"))
    assert known is not None
    assert known.size == len(data)
    sent = {"sent": str(len(data)), "length": str(len(data))}
    found = heard(sited, lambda: sited.logs(line("/music/real.mp3", **sent)))
    assert found == pytest.approx(known.seconds)
    assert sum("/music/real.mp3" in one for one in _Site.asked) == 1
    assert sited.asked("/music/real.mp3", address="198.51.100.9").status == 200
    assert sum("/music/real.mp3" in one for one in _Site.asked) == 1


def test_playlists_are_read_from_the_site(sited: Counting) -> None:
    assert sited.asked("/hls/index.m3u8").status == 200
    rested(sited)
    segment = {"type": "video/mp2t", "sent": "90000", "length": "90000"}
    assert heard(sited, lambda: sited.logs(line("/hls/p3.ts", **segment))) == pytest.approx(6.0)
    place = sited.do(lambda: sited.running.service.tracks.place("/hls/p3.ts"))
    assert (place.track, place.length) == ("/hls/index.m3u8", 60.0)


def test_robots_txt_is_the_sites_own_with_ours(sited: Counting) -> None:
    answer = sited.get("/signal/robots.txt", X_Forwarded_For="198.51.100.7", User_Agent=GPTBOT)
    assert answer.status == 200
    assert b"User-agent: Own" in answer.body
    assert b"written by Stagedoor" in answer.body
    _Site.files["/robots.txt"] = ("text/plain", b"changed")
    again = sited.get("/signal/robots.txt", X_Forwarded_For="198.51.100.7", User_Agent=GPTBOT)
    assert again.body == answer.body  # looked at once a minute


def test_a_site_that_is_away_keeps_crawlers_away(tmp_path: Path) -> None:
    with counting(upstream="http://127.0.0.1:9") as alone:
        fields = {"X_Forwarded_For": "198.51.100.7", "User_Agent": GPTBOT}
        assert alone.get("/signal/robots.txt", **fields).status == 503
        assert alone.asked("/music/a.mp3").status == 200
        rested(alone)
        assert heard(alone, lambda: alone.logs(line("/music/a.mp3"))) == pytest.approx(60)
