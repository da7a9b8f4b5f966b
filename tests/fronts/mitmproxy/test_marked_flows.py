"""Marks in flows: off the request, into the response, and what they let in."""

from __future__ import annotations

import gzip
import os
import re
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import http

from flows import GuardFixture, OpenGuard, answered, flow
from making import FIREFOX, GOOGLEBOT, GPTBOT, OVERCAST, ROOT
from stagedoor.fronts import handouts
from stagedoor.model.errors import StagedoorError
from stagedoor.model.events import MarkHanded, MarkUsed
from stagedoor.verify.mark_keys import ensure_keys
from stagedoor.verify.sold_passes import revoke, sell

PASSES = (ROOT / "rules" / "60-passes.yaml").read_text("utf-8")
BOUGHT = (ROOT / "rules" / "05-passes.yaml").read_text("utf-8")
ON = {
    "stance.yaml": "artist: {name: Us}\npasses: {paths: ['/music/**']}\nevidence: {ledger: no}",
    "60-passes.yaml": PASSES,
    "05-passes.yaml": BOUGHT,
    "20-ai.yaml": "[]",
    "90-free.yaml": "[]",
}
TRACED = {**ON, "stance.yaml": "artist: {name: Us}\ncanaries: yes\nevidence: {ledger: no}"}
MARK = re.compile(r"sd[=-]([a-z2-7]{20})")


@pytest.fixture
def passes(opened: OpenGuard, tmp_path: Path) -> GuardFixture:
    fixture = opened(ON, guard_state=f"{tmp_path}/state")
    fixture.guard.service.open()
    return fixture


@pytest.fixture
def canaries(opened: OpenGuard, tmp_path: Path) -> GuardFixture:
    fixture = opened(TRACED, guard_state=f"{tmp_path}/state")
    fixture.guard.service.open()
    return fixture


def out(found: http.HTTPFlow, body: bytes) -> bytes:
    """What goes out of a response whose body is this."""
    assert found.response is not None
    stream = found.response.stream
    if not callable(stream):
        return body
    pieces = [stream(body), stream(b"")]
    return b"".join(p if isinstance(p, bytes) else b"".join(p) for p in pieces)


def get(
    fixture: GuardFixture,
    target: str,
    agent: str = FIREFOX,
    body: bytes = b"",
    media: str = "text/html",
    *,
    peer: str = "198.51.100.7",
    status: int = 200,
    site: dict[str, str] | None = None,
    **headers: str,
) -> tuple[http.HTTPFlow, bytes]:
    """A whole exchange; the response is the guard's where it refuses."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    found = fixture.enter(flow(target, agent, headers=sent, peer=peer))
    if found.response is not None:
        return found, found.response.raw_content or b""
    response = answered(found, media, status, **(site or {}))
    if body and "content-length" not in response.headers:
        response.headers["content-length"] = str(len(body))
    fixture.guard.responseheaders(found)
    return found, out(found, body)


def status(found: http.HTTPFlow) -> int:
    assert found.response is not None
    return found.response.status_code


def cookie(found: http.HTTPFlow) -> str:
    assert found.response is not None
    return str(found.response.headers.get("set-cookie", "")).partition(";")[0]


# -- off ---------------------------------------------------------------------------------------------


def test_without_passes_and_canaries_nothing_changes(opened: OpenGuard, tmp_path: Path) -> None:
    quiet = {**ON, "stance.yaml": "artist: {name: Us}\npublish: {tags: no}\nevidence: {ledger: no}"}
    fixture = opened(quiet, guard_state=f"{tmp_path}/state")
    fixture.guard.service.open()
    assert not fixture.guard.service.marks.on
    target, page = f"/music/?sd={'a' * 20}", b'<a href="/music/a.mp3">'
    for agent in (FIREFOX, GPTBOT):
        found, sent = get(fixture, target, agent, page, Cookie=f"sd={'a' * 20}")
        assert found.request.path == target
        assert found.request.headers["cookie"] == f"sd={'a' * 20}"
        assert sent == page
        assert found.response is not None
        assert "set-cookie" not in found.response.headers
        assert "cache-control" not in found.response.headers
    assert [one.name for one in tmp_path.glob("state/*.key")] == []


# -- passes ------------------------------------------------------------------------------------------


def test_a_page_hands_out_a_pass_and_a_recording_wants_it(passes: GuardFixture) -> None:
    page, _ = get(passes, "/music/", body=b"<html>")
    assert page.response is not None
    said = page.response.headers["set-cookie"]
    assert re.fullmatch(r"sd=[a-z2-7]{20}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax", said)
    assert page.response.headers["cache-control"] == "private"
    song, _ = get(passes, "/music/a.mp3", media="audio/mpeg", peer="203.0.113.9", Cookie=f"a=1; {cookie(page)}")  # fmt: skip
    assert status(song) == 200
    assert song.request.headers["cookie"] == "a=1"
    none, text = get(passes, "/music/a.mp3", peer="203.0.113.10", Accept="audio/*")
    assert status(none) == 403
    assert none.response is not None
    assert none.response.headers["content-type"].startswith("text/plain")
    assert b"http://music.example/" in text
    free, _ = get(passes, "/free/a.mp3", media="audio/mpeg", peer="203.0.113.10")
    assert status(free) == 200


def test_a_pass_is_handed_out_once_and_again_with_a_new_page_a_day_later(
    passes: GuardFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _ = get(passes, "/music/", body=b"<html>")
    again, _ = get(passes, "/music/", body=b"<html>", Cookie=cookie(page))
    assert cookie(again) == ""
    unchanged, _ = get(passes, "/music/", status=304)
    assert cookie(unchanged) not in {"", cookie(page)}
    marks = passes.guard.service.marks
    now = marks._now
    monkeypatch.setattr(marks, "_now", lambda: now() + 90_000)
    later, _ = get(passes, "/music/", body=b"<html>", Cookie=cookie(page))
    assert cookie(later) not in {"", cookie(page)}


def test_what_a_page_was_given_may_be_fetched_by_another_machine_at_home(
    passes: GuardFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    get(passes, "/music/", body=b"<html>")
    cast, _ = get(passes, "/music/a.mp3", "CrKey/1.56", media="audio/mpeg")
    assert status(cast) == 200
    marks = passes.guard.service.marks
    now = marks._now
    monkeypatch.setattr(marks, "_now", lambda: now() + 7 * 3600)
    late, _ = get(passes, "/music/a.mp3", "CrKey/1.56", media="audio/mpeg")
    assert status(late) == 403


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie_is_for_https_alone_where_the_page_was(opened: OpenGuard, secure: bool) -> None:
    fixture = opened(ON, guard_trusted_proxies="198.51.100.7")
    fixture.guard.service.open()
    found, _ = get(
        fixture, "/", body=b"<html>", X_Forwarded_For="203.0.113.9",
        X_Forwarded_Proto="https" if secure else "http",
    )  # fmt: skip
    assert found.response is not None
    assert found.response.headers["set-cookie"].endswith("; Secure") is secure


FEED = (
    b"<rss><channel><link>/music/</link><item><guid>one</guid>"
    b'<enclosure url="https://music.example/music/1.mp3"/></item></channel></rss>'
)


def test_a_feed_hands_its_pass_out_in_each_enclosure(passes: GuardFixture) -> None:
    found, sent = get(passes, "/feed.xml", OVERCAST, FEED, "application/rss+xml", Range="bytes=5-")
    marks = MARK.findall(sent.decode())
    assert len(marks) == 1
    assert sent.replace(f"?sd={marks[0]}".encode(), b"") == FEED
    assert "range" not in found.request.headers
    assert found.response is not None
    assert found.response.headers["cache-control"] == "private"
    # The same for this client the next time: nothing changes for it.
    assert get(passes, "/feed.xml", OVERCAST, FEED, "application/rss+xml")[1] == sent
    song, _ = get(
        passes, f"/music/1.mp3?sd={marks[0]}", OVERCAST, media="audio/mpeg", peer="203.0.113.7"
    )
    assert status(song) == 200
    assert song.request.path == "/music/1.mp3"


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_a_playlist_hands_its_pass_out_in_each_entry(passes: GuardFixture, coding: str) -> None:
    playlist = b"#EXTM3U\n#EXTINF:3,One\n/music/1.mp3\n#EXTINF:3,Two\nhttps://b.example/2.mp3\n"
    body = gzip.compress(playlist) if coding else playlist
    site = {"content_encoding": coding, "etag": '"5"'} if coding else {"etag": '"5"'}
    found, sent = get(passes, "/music/all.m3u", "VLC/3.0.21", body, "audio/mpegurl", site=site)
    text = (gzip.decompress(sent) if coding else sent).decode()
    assert len(MARK.findall(text)) == 1
    assert MARK.sub("sd", text).replace("?sd", "").encode() == playlist
    assert found.response is not None
    assert found.response.headers["etag"] == '"5"'
    assert "content-length" not in found.response.headers


def test_a_playlist_that_came_by_a_pass_hands_on_the_same(passes: GuardFixture) -> None:
    _, sent = get(passes, "/music/m.m3u8", "VLC/3", b"#EXTM3U\nv.m3u8\n", "audio/mpegurl")
    mark = MARK.findall(sent.decode())[0]
    body = b"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\ns1.ts\n#EXT-X-ENDLIST\n"
    _, variant = get(passes, f"/music/v.m3u8?sd={mark}", "VLC/3", body, "audio/mpegurl", peer="203.0.113.8")  # fmt: skip
    assert MARK.findall(variant.decode()) == [mark]
    piece, _ = get(passes, f"/music/s1.ts?sd={mark}", "VLC/3", media="video/mp2t", peer="203.0.113.8")  # fmt: skip
    assert status(piece) == 200
    # A browser shows its cookie with each piece: the playlist stays as it is.
    page, _ = get(passes, "/music/", body=b"<html>")
    _, own = get(passes, "/music/v.m3u8", FIREFOX, body, "audio/mpegurl", Cookie=cookie(page))
    assert own == body


def test_the_site_sees_no_mark(passes: GuardFixture) -> None:
    page, _ = get(passes, "/", body=b"<html>")
    mark = cookie(page)
    found, _ = get(
        passes, f"/music/a.mp3?x=1&{mark}&y=2", media="audio/mpeg", Cookie=mark,
        Referer=f"https://music.example/music/?{mark}",
    )  # fmt: skip
    assert found.request.path == "/music/a.mp3?x=1&y=2"
    assert "cookie" not in found.request.headers
    assert found.request.headers["referer"] == "https://music.example/music/"
    prefixed, _ = get(passes, f"/{mark.replace('=', '-')}/music/a.mp3", media="audio/mpeg")
    assert (status(prefixed), prefixed.request.path) == (200, "/music/a.mp3")


def test_a_forged_pass_lets_nobody_in(passes: GuardFixture) -> None:
    found, _ = get(passes, f"/music/a.mp3?sd={'a' * 20}", Cookie=f"sd={'b' * 20}")
    assert status(found) == 403
    assert found.request.path == "/music/a.mp3"


def test_another_way_to_write_the_path_needs_the_pass_too(passes: GuardFixture) -> None:
    for target in ("/x/..;/music/a.mp3", "//music/a.mp3", "/%6dusic/a.mp3", "/music/a.mp3?x"):
        assert status(get(passes, target)[0]) == 403, target


def test_too_many_passes_for_one_household_are_shared(opened: OpenGuard) -> None:
    few = ON["stance.yaml"].replace("paths", "per_hour: 3, paths")
    fixture = opened({**ON, "stance.yaml": few})
    fixture.guard.service.open()
    found = {cookie(get(fixture, "/", body=b"<html>")[0]) for _ in range(30)}
    assert len(found) == 3
    assert cookie(get(fixture, "/", body=b"<html>", peer="203.0.113.1")[0]) not in found


def test_a_browser_is_counted_by_its_pass_wherever_it_is(passes: GuardFixture) -> None:
    page, _ = get(passes, "/", body=b"<html>")
    for peer in ("198.51.100.7", "203.0.113.9"):
        found, _ = get(passes, "/music/a.mp3", media="audio/mpeg", peer=peer, Cookie=cookie(page))
        passage = found.metadata["stagedoor"]
        assert passage.listener.passed == cookie(page)[3:14]
    feed = get(passes, "/feed.xml", OVERCAST, FEED, "application/rss+xml")[1]
    mark = MARK.findall(feed.decode())[0]
    found, _ = get(passes, f"/music/1.mp3?sd={mark}", OVERCAST, media="audio/mpeg")
    assert found.metadata["stagedoor"].listener.passed == ""


# -- canaries ----------------------------------------------------------------------------------------

PAGE = (
    b'<html><head><link rel="canonical" href="https://music.example/music/"></head><body>'
    b'<a href="/music/a.mp3">a</a> <a href="/about">b</a></body></html>'
)


def follow(fixture: GuardFixture) -> list[object]:
    """What is reported about marks from now on."""
    events: list[object] = []

    class Recorder:
        def handlers(self) -> dict[type, Callable[[object], None]]:
            return {MarkHanded: events.append, MarkUsed: events.append}

        def close(self) -> None:
            """Nothing to write."""

    fixture.guard.service.suite.add(Recorder())
    return events


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_machines_get_marked_links_and_people_none(canaries: GuardFixture, coding: str) -> None:
    body = gzip.compress(PAGE) if coding else PAGE
    site = {"content_encoding": coding} if coding else {}
    for agent in (FIREFOX, OVERCAST):
        found, sent = get(canaries, "/music/", agent, body, site=site)
        text = gzip.decompress(sent) if coding else sent
        assert b'href="/music/a.mp3"' in text
        assert found.response is not None
        assert "cache-control" not in found.response.headers
    found, sent = get(canaries, "/music/", GPTBOT, body, site=site)
    text = gzip.decompress(sent) if coding else sent
    assert len(MARK.findall(text.decode())) == 1
    assert b'canonical" href="https://music.example/music/"' in text
    assert b'"/about"' in text
    assert found.response is not None
    assert found.response.headers["cache-control"] == "private"
    assert b"tdm-reservation" in text  # the tags are there as well


def test_a_proven_search_engine_gets_the_links_that_people_will_follow(
    canaries: GuardFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MARK.search(get(canaries, "/music/", GOOGLEBOT, PAGE)[1].decode())
    found = canaries.enter(flow("/music/", GOOGLEBOT))
    passage = found.metadata["stagedoor"]
    from dataclasses import replace

    passage.client = replace(passage.client, proof="verified")
    answered(found)
    canaries.guard.responseheaders(found)
    assert not MARK.search(out(found, PAGE).decode())


@pytest.mark.parametrize(
    ("target", "media", "body"),
    [
        ("/feed.xml", "application/rss+xml", FEED),
        ("/music/all.m3u", "audio/mpegurl", b"#EXTM3U\n/music/1.mp3\n"),
        ("/api/tracks", "application/json", b'{"tracks":[{"id":1,"url":"/music/1.mp3"}]}'),
        ("/oembed", "application/json", b'{"url":"https:\\/\\/music.example\\/music\\/1.mp3"}'),
    ],
)
def test_feeds_json_and_playlists_are_marked(
    canaries: GuardFixture, target: str, media: str, body: bytes
) -> None:
    assert len(MARK.findall(get(canaries, target, GPTBOT, body, media)[1].decode())) == 1
    assert get(canaries, target, OVERCAST, body, media)[1] == body


def test_what_may_not_be_changed_is_not(canaries: GuardFixture) -> None:
    for site in ({"cache_control": "no-transform"}, {"signature": "x"}, {"content_encoding": "odd"}):  # fmt: skip
        assert get(canaries, "/music/", GPTBOT, PAGE, site=site)[1] == PAGE
    assert b"sd=" not in get(canaries, "/music/", GPTBOT, PAGE, status=404)[1]


def test_the_use_of_a_machines_link_by_another_is_reported(canaries: GuardFixture) -> None:
    events = follow(canaries)
    sent = get(canaries, "/music/", GPTBOT, PAGE)[1].decode()
    mark = MARK.findall(sent)[0]
    given = events[0]
    assert isinstance(given, MarkHanded)
    assert (given.handout.client, given.handout.path) == ("GPTBot", "/music/")
    # Who it was handed to uses it: nothing to report.
    get(canaries, f"/music/a.mp3?sd={mark}", GPTBOT, media="audio/mpeg")
    assert len(events) == 1
    found, _ = get(canaries, f"/music/a.mp3?sd={mark}", "yt-dlp/2026", media="audio/mpeg", peer="203.0.113.9")  # fmt: skip
    assert found.request.path == "/music/a.mp3"
    used = events[-1]
    assert isinstance(used, MarkUsed)
    assert used.handout == given.handout
    assert not used.near
    get(canaries, f"/music/a.mp3?sd={mark}", "yt-dlp/2026", media="audio/mpeg", peer="203.0.113.9")
    assert len(events) == 2  # once a day


def test_a_canary_lets_nobody_in(passes: GuardFixture) -> None:
    marks = passes.guard.service.marks
    canary = marks._ring.issue("canary", marks._now(), 5)
    assert status(get(passes, f"/music/a.mp3?sd={canary}")[0]) == 403


def test_links_of_before_lose_their_marks_when_all_is_off_again(
    opened: OpenGuard, passes: GuardFixture, tmp_path: Path
) -> None:
    feed = get(passes, "/feed.xml", OVERCAST, FEED, "application/rss+xml")[1]
    mark = MARK.findall(feed.decode())[0]
    off = opened({**ON, "stance.yaml": "evidence: {ledger: no}"}, guard_state=f"{tmp_path}/state")
    off.guard.service.open()
    found, _ = get(off, f"/music/1.mp3?sd={mark}", OVERCAST, media="audio/mpeg")
    assert (status(found), found.request.path) == (200, "/music/1.mp3")


# -- purchases ---------------------------------------------------------------------------------------


def test_a_buyer_gets_what_was_sold(passes: GuardFixture, tmp_path: Path) -> None:
    state = passes.guard.service.settings.state  # type: ignore[union-attr]
    assert state is not None
    mark, _ = sell(state, ["/music/ep/**"], None, 0, "", time.time())
    passes.guard.service.marks.sold.open(state)
    sold, _ = get(passes, f"/music/ep/a.mp3?sd={mark}", media="audio/mpeg")
    assert status(sold) == 200
    passage = sold.metadata["stagedoor"]
    assert (passage.resource.form, passage.verdict.rule) == ("bought", "bought")
    assert sold.request.path == "/music/ep/a.mp3"
    assert status(get(passes, f"/music/other.mp3?sd={mark}", media="audio/mpeg")[0]) == 403
    revoke(state, mark[:11], time.time())
    passes.guard.service.marks.sold.open(state)
    assert status(get(passes, f"/music/ep/a.mp3?sd={mark}", media="audio/mpeg")[0]) == 403


def test_a_guard_looks_for_passes_once_there_is_a_key(opened: OpenGuard, tmp_path: Path) -> None:
    quiet = {**ON, "stance.yaml": "evidence: {ledger: no}"}
    fixture = opened(quiet, guard_state=f"{tmp_path}/state")
    fixture.guard.service.open()
    marks = fixture.guard.service.marks
    state = fixture.guard.service.settings.state  # type: ignore[union-attr]
    assert state is not None
    mark, _ = sell(state, ["/**"], None, 0, "", time.time())
    assert not marks.on
    marks.look_again()
    assert marks.on
    marks.sold.open(state)
    found, _ = get(fixture, f"/music/a.mp3?sd={mark}", media="audio/mpeg")
    assert found.metadata["stagedoor"].verdict.rule == "bought"


# -- keys --------------------------------------------------------------------------------------------


def test_a_guard_that_runs_for_months_has_new_keys(
    passes: GuardFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = passes.guard.service.marks
    feed = get(passes, "/feed.xml", OVERCAST, FEED, "application/rss+xml")[1]
    mark = MARK.findall(feed.decode())[0]
    now = marks._now
    monkeypatch.setattr(marks, "_now", lambda: now() + 100 * 86_400)
    get(passes, "/feed.xml", OVERCAST, FEED, "application/rss+xml")
    assert len(marks._ring.keys) == 2
    song, _ = get(passes, f"/music/1.mp3?sd={mark}", OVERCAST, media="audio/mpeg")
    assert status(song) == 200


def test_keys_that_are_spoilt_leave_those_of_before(
    passes: GuardFixture, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = passes.guard.service.marks
    state = passes.guard.service.settings.state  # type: ignore[union-attr]
    assert state is not None
    page, _ = get(passes, "/", body=b"<html>")
    (state / "marks.key").write_text("no keys")
    assert status(get(passes, f"/music/a.mp3?sd={'a' * 20}", peer="203.0.113.9")[0]) == 403
    assert "The keys of before stay in force" in caplog.text
    song, _ = get(passes, "/music/a.mp3", media="audio/mpeg", Cookie=cookie(page))
    assert status(song) == 200
    (state / "marks.key").unlink()
    # Another program has made new ones: they count from the next look on.
    other = ensure_keys(state, time.time())
    monkeypatch.setattr(marks, "_next_look", 0.0)
    assert marks.read(other.issue("page", time.time(), 5)) is not None


def test_without_a_state_directory_passes_last_until_the_end(
    opened: OpenGuard, caplog: pytest.LogCaptureFixture
) -> None:
    fixture = opened(ON)
    fixture.guard.service.open()
    assert "last until the guard stops" in caplog.text
    page, _ = get(fixture, "/", body=b"<html>")
    assert status(get(fixture, "/music/a.mp3", media="audio/mpeg", Cookie=cookie(page))[0]) == 200


def test_a_key_that_cannot_be_kept_is_said(
    opened: OpenGuard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixture = opened(ON, guard_state=f"{tmp_path}/state")

    really = os.open

    def full(path: str | Path, flags: int, mode: int = 0o777, **named: Any) -> int:
        if "marks" in str(path):
            raise OSError(28, "No space left on device")
        return really(path, flags, mode, **named)

    monkeypatch.setattr("stagedoor.verify.mark_keys.os.open", full)
    with pytest.raises(StagedoorError, match="cannot be kept"):
        fixture.guard.service.open()


# -- bounds ------------------------------------------------------------------------------------------


def test_who_calls_itself_differently_each_time_shares_a_playlists_pass(opened: OpenGuard) -> None:
    few = ON["stance.yaml"].replace("paths", "per_hour: 3, paths")
    fixture = opened({**ON, "stance.yaml": few})
    fixture.guard.service.open()
    found = set()
    for number in range(12):
        sent = get(fixture, "/all.m3u", f"Player{number}/1", b"/music/1.mp3\n", "audio/mpegurl")[1]
        found |= set(MARK.findall(sent.decode()))
    assert len(found) == 4  # three of their own, and one for all others


def test_what_is_remembered_is_bounded(
    canaries: GuardFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handouts, "MOST_HANDINGS", 3)
    monkeypatch.setattr(handouts, "MOST_USES", 3)
    marks = canaries.guard.service.marks
    events = follow(canaries)
    for number in range(6):
        page = get(canaries, f"/p{number}.html", GPTBOT, PAGE)[1].decode()
        mark = MARK.findall(page)[0]
        get(canaries, f"/music/a.mp3?sd={mark}", "yt-dlp/1", media="audio/mpeg", peer="203.0.113.9")
    assert len(marks._handings) == len(marks._uses) == 3
    assert len(events) == 12


def test_a_body_that_is_broken_on_its_way_ends_there(canaries: GuardFixture) -> None:
    words = b"".join(b"<item>%d</item>" % (number * 7919) for number in range(3000))
    feed = gzip.compress(FEED + words)
    site: dict[str, Any] = {"content_encoding": "gzip"}
    found = canaries.enter(flow("/feed.xml", GPTBOT))
    response = answered(found, "application/rss+xml", **site)
    canaries.guard.responseheaders(found)
    stream: Any = response.stream
    out_ = b"".join(b"".join(stream(part)) for part in (feed[:9000], b"\xff" * 500, b"more", b""))
    assert zlib.decompressobj(31).decompress(out_).startswith(FEED[:60])


def test_a_post_and_a_signal_file_hand_nothing_out(passes: GuardFixture) -> None:
    found = passes.enter(flow("/form", FIREFOX, "POST"))
    answered(found)
    passes.guard.responseheaders(found)
    assert cookie(found) == ""
    assert cookie(get(passes, "/robots.txt", body=b"<html>")[0]) == ""
