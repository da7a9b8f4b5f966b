"""What is reported of a recording on its way out: bytes, and seconds of sound."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest

from recordings import LENGTH, MADE, recording
from stagedoor.fronts.mitmproxy.audio_stream import LIVE_AFTER, LIVE_FOR_ALL, AudioStream
from stagedoor.model.sound import PORTION, SoundKind, SoundSent
from stagedoor.resources.listings import Listed
from stagedoor.store.interface import Length
from stagedoor.store.memory import MemoryStore
from stagedoor.store.tracks import Tracks

PIECE = 9000


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Site:
    """A store, its tracks, and all that was reported."""

    def __init__(self) -> None:
        self.store, self.tracks, self.clock = MemoryStore(1), Tracks(), Clock()
        self.sent: list[SoundSent] = []

    def stream(
        self, key: str, status: int = 200, kind: SoundKind | None = None, **headers: str
    ) -> AudioStream:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.sent = []
        return AudioStream(
            self.store,
            self.tracks,
            key,
            (status, named),
            self.sent.append,
            kind,
            clock=self.clock,
        )

    def play(self, key: str, data: bytes, start: int = 0, end: int | None = None) -> float:
        """Seconds that are counted when these bytes of a file go out."""
        end = len(data) if end is None else end
        if (start, end) == (0, len(data)):
            stream = self.stream(key, content_length=str(len(data)))
        else:
            told = f"bytes {start}-{end - 1}/{len(data)}"
            stream = self.stream(key, 206, content_range=told)
        out = b"".join(stream(data[n : min(n + PIECE, end)]) for n in range(start, end, PIECE))
        assert out + stream(b"") == data[start:end]
        stream.end()
        return self.seconds

    @property
    def seconds(self) -> float:
        return sum(one.seconds for one in self.sent)


@pytest.mark.parametrize("name", MADE)
def test_all_of_it_in_any_ranges_is_its_length(name: str) -> None:
    data, site = recording(name), Site()
    assert site.play(f"/{name}", data) == pytest.approx(LENGTH, rel=0.02)
    assert site.sent[0].first
    assert site.sent[-1].last
    assert site.sent[-1].complete
    # From now on any share of it counts as that share.
    for start, end in ((0, 1000), (len(data) // 2, len(data)), (len(data) // 3, len(data) // 2)):
        share = (end - start) / len(data)
        assert site.play(f"/{name}", data, start, end) == pytest.approx(LENGTH * share, rel=0.02)
        assert site.sent[-1].length == pytest.approx(LENGTH, rel=0.02)
        assert site.sent[0].offset == pytest.approx(LENGTH * start / len(data), rel=0.02)


def test_portions_follow_each_other_and_add_up() -> None:
    data, site = recording("a.wav") * 2, Site()
    site.play("/a.wav", data)
    assert len(site.sent) > len(data) // (PORTION + PIECE)
    bounds = [(one.start, one.end) for one in site.sent]
    assert bounds[0][0] == 0
    assert bounds[-1][1] == len(data)
    assert all(before[1] == after[0] for before, after in pairwise(bounds))
    assert [one.first for one in site.sent] == [True] + [False] * (len(bounds) - 1)
    assert [one.last for one in site.sent] == [False] * (len(bounds) - 1) + [True]


def test_a_file_that_was_replaced_is_measured_anew() -> None:
    site = Site()
    site.play("/a", recording("cbr.mp3"))
    assert site.store.length("/a") == Length(len(recording("cbr.mp3")), pytest.approx(LENGTH, rel=0.02))  # type: ignore[arg-type] # fmt: skip
    bare = recording("bare.mp3")
    assert site.play("/a", bare) == pytest.approx(LENGTH, rel=0.02)
    assert site.store.length("/a") == Length(len(bare), pytest.approx(LENGTH, rel=0.02))  # type: ignore[arg-type] # fmt: skip


def test_whoever_hangs_up_has_taken_what_went_out() -> None:
    data, site = recording("cbr.mp3"), Site()
    stream = site.stream("/a.mp3", content_length=str(len(data)))
    for n in range(0, len(data) // 2, PIECE):
        stream(data[n : n + PIECE])
    stream.end()
    assert site.seconds == pytest.approx(LENGTH / 2, rel=0.05)
    assert site.sent[-1].last
    assert not site.sent[-1].complete
    stream.end()
    assert sum(one.last for one in site.sent) == 1


def test_a_page_in_place_of_a_recording_is_no_sound() -> None:
    page, site = b"<!doctype html><title>Not here</title>" + b"<p>" * 40_000, Site()
    assert site.play("/a.mp3", page) == 0
    assert not site.sent


@pytest.mark.parametrize("name", ["cbr.mp3", "a.flac", "a.wav", "a.ogg", "a.opus"])
def test_a_recording_without_a_size_is_measured_as_it_passes(name: str) -> None:
    """A site that converts as it sends says no size (Subsonic's servers do)."""
    data, site = recording(name), Site()
    stream = site.stream(f"/rest/stream?id={name}")
    for n in range(0, len(data), PIECE):
        stream(data[n : n + PIECE])
    stream(b"")
    assert site.seconds == pytest.approx(LENGTH, rel=0.02)
    assert {one.kind for one in site.sent} == {"recording"}
    assert site.sent[-1].complete


def test_several_ranges_in_one_answer_are_told_apart() -> None:
    data, site = recording("cbr.mp3"), Site()
    site.play("/a.mp3", data)
    size = len(data)
    parts = [(0, 1000), (size // 2, size // 2 + 200_000), (size - 500, size)]
    body = b""
    for start, end in parts:
        head = f"\r\n--b\r\nContent-Type: audio/mpeg\r\nContent-Range: bytes {start}-{end - 1}/{size}\r\n\r\n"
        body += head.encode() + data[start:end]
    body = (body + b"\r\n--b--\r\n").removeprefix(b"\r\n")
    stream = site.stream(
        "/a.mp3",
        206,
        content_type="multipart/byteranges; boundary=b",
        content_length=str(len(body)),
    )
    for n in range(0, len(body), 777):
        stream(body[n : n + 777])
    stream(b"")
    covered = sorted((one.start, one.end) for one in site.sent if one.bytes)
    joined = [list(covered[0])]
    for start, end in covered[1:]:
        if start == joined[-1][1]:
            joined[-1][1] = end
        else:
            joined.append([start, end])
    assert [tuple(one) for one in joined] == parts
    share = sum(end - start for start, end in parts) / size
    assert site.seconds == pytest.approx(LENGTH * share, rel=0.03)


def test_segments_are_as_long_as_their_playlist_says() -> None:
    site = Site()
    for number in range(3):
        site.tracks.learn(
            "/set/index.m3u8", Listed(f"/set/{number}.ts", "segment", 10, number * 10)
        )
    site.play("/set/1.ts", bytes(100_000), 0, 50_000)
    assert site.seconds == pytest.approx(5)
    (first, *_) = site.sent
    assert (first.track, first.kind, first.offset, first.length) == (
        "/set/index.m3u8",
        "segment",
        10,
        30,
    )
    assert first.resource == "/set/1.ts"
    assert site.play("/set/2.ts", bytes(80_000)) == pytest.approx(10)


# -- live ---------------------------------------------------------------------------------------


def test_a_radio_is_counted_by_the_clock() -> None:
    site = Site()
    stream = site.stream("/live", kind="live", icy_br="128", content_length="54000000")
    stream(bytes(64_000))  # its burst
    assert site.seconds == 0
    for _ in range(600):
        site.clock.now += 1
        stream(bytes(16_000))
    assert site.seconds == pytest.approx(600, abs=3)
    assert {one.kind for one in site.sent} == {"live"}
    site.clock.now += 5
    stream.end()
    assert site.seconds == pytest.approx(605)


def test_what_goes_on_at_the_speed_of_sound_turns_out_to_be_live() -> None:
    data, site = recording("bare.mp3"), Site()
    stream = site.stream("/radio", content_type="audio/mpeg")
    at = 0
    second = round(len(data) / LENGTH)
    for _ in range(int(LIVE_AFTER) + 60):
        site.clock.now += 1
        stream((data * 2)[at : at + second])
        at = (at + second) % len(data)
    assert site.sent[-1].kind == "live"
    assert site.seconds == pytest.approx(LIVE_AFTER + 60, rel=0.03)
    assert not site.tracks.is_live("/radio")  # a mix of an hour would look the same
    while site.clock.now < 1000 + LIVE_FOR_ALL + 60:
        site.clock.now += 10
        stream(bytes(10 * second))
    assert site.tracks.is_live("/radio")
    site.stream("/radio", content_type="audio/mpeg")(b"x")
    assert site.sent[0].kind == "live"


@pytest.mark.parametrize("pace", [0.05, 0.5, 0.75, 2.0])
def test_one_slow_visitor_does_not_make_a_live_stream_of_a_recording(pace: float) -> None:
    """A transcoded recording has no size; how fast it goes out is up to the visitor."""
    data, site = recording("bare.mp3"), Site()
    stream = site.stream("/rest/stream?id=1", content_type="audio/mpeg")
    sent, whole, at = 0.0, data * 20, 0
    for _ in range(int(LIVE_AFTER) + 120):
        site.clock.now += 1
        sent += pace * len(data) / LENGTH
        while at < sent:
            stream(whole[at % len(whole) : at % len(whole) + 4000])
            at += 4000
    assert {one.kind for one in site.sent} == {"recording"}
    assert not site.tracks.is_live("/rest/stream?id=1")


def test_what_has_ended_before_is_no_live_stream_however_slowly_it_comes() -> None:
    data, site = recording("cbr.mp3"), Site()
    stream = site.stream("/rest/stream?id=1", content_type="audio/mpeg")
    for at in range(0, len(data), PIECE):
        stream(data[at : at + PIECE])
    stream(b"")
    stream = site.stream("/rest/stream?id=1", content_type="audio/mpeg")
    for _ in range(int(LIVE_AFTER) + 60):
        site.clock.now += 1
        stream(data[:16_000])
    assert {one.kind for one in site.sent} == {"recording"}


@pytest.mark.parametrize("rate", ["128", "off", ""])
def test_a_recording_with_the_fields_of_a_radio_is_one_all_the_same(rate: str) -> None:
    """Subsonic servers write them where their visitor asks for a radio's titles."""
    site, size = Site(), 8_000_000
    site.tracks.live("/rest/stream?id=1")
    stream = site.stream("/rest/stream?id=1", kind="live", content_type="audio/mpeg", icy_br=rate)
    for _ in range(size // 100_000):
        site.clock.now += 0.01
        stream(bytes(100_000))
    stream(b"")
    assert site.sent[-1].kind == "recording"
    bytes_a_second = 16_000 if rate == "128" else 32_000
    found = sum(one.seconds for one in site.sent if one.kind == "recording")
    assert found == pytest.approx(size / bytes_a_second, rel=0.01)
    assert site.sent[-1].complete
    assert not site.tracks.is_live("/rest/stream?id=1")


def test_a_radio_that_the_site_ends_at_once_was_a_recording() -> None:
    site = Site()
    stream = site.stream("/rest/stream?id=2", kind="live", icy_br="128")
    for _ in range(90):
        site.clock.now += 1
        stream(bytes(16_000))
    stream(b"")
    assert (site.sent[-1].kind, site.sent[-1].complete) == ("recording", True)


def test_a_radio_that_is_quicker_than_its_field_says_stays_one() -> None:
    site = Site()
    stream = site.stream("/radio", kind="live", icy_br="64")
    stream(bytes(400_000))
    for _ in range(1200):
        site.clock.now += 1
        stream(bytes(24_000))
    assert {one.kind for one in site.sent} == {"live"}


def test_a_fast_one_without_a_size_stays_a_recording() -> None:
    data, site = recording("cbr.mp3"), Site()
    stream = site.stream("/rest/stream?id=1", content_type="audio/mpeg")
    for _ in range(int(LIVE_AFTER) // 30 + 3):
        site.clock.now += 30
        for n in range(0, len(data), 60_000):
            stream(data[n : n + 60_000])
            stream(data[n : n + 60_000])
    assert {one.kind for one in site.sent} == {"recording"}


def test_a_day_of_radio_grows_nothing() -> None:
    site = Site()
    stream = site.stream("/live", kind="live")
    chunk = bytes(4000)

    def hours(number: int) -> None:
        for _ in range(number * 900):
            site.clock.now += 4
            stream(chunk)
            site.sent.clear()

    hours(1)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        hours(23)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 4096


@pytest.mark.parametrize("size", ["known", "unknown"])
def test_what_is_long_is_no_piece_of_a_track_whatever_its_name_says(size: str) -> None:
    """Whole tracks, each one file in byte ranges: `/hls/7.ts`, and nobody has asked for a playlist."""
    site, song = Site(), recording("bare.mp3") * 4
    length = str(len(song)) if size == "known" else ""
    for number in (7, 8):
        stream = site.stream(f"/hls/{number}.ts", content_type="audio/mpeg", content_length=length)
        for at in range(0, len(song), PIECE):
            stream(song[at : at + PIECE])
        stream(b"")
        assert site.sent[-1].track == f"/hls/{number}.ts"
        assert site.sent[-1].kind == "recording"
    short = song[: len(song) // 40]
    stream = site.stream("/hls/9.ts", content_type="audio/mpeg", content_length=str(len(short)))
    stream(short)
    stream(b"")
    assert {(sent.track, sent.kind) for sent in site.sent} == {("/hls/*.ts", "segment")}
