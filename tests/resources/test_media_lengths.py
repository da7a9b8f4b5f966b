"""How long recordings are, read from real files as they pass in pieces."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings import LENGTH, MADE, recording
from stagedoor.resources.containers import LONGEST
from stagedoor.resources.media_lengths import HEAD, Meter, extent


def measured(
    data: bytes, piece: int, start: int = 0, size: int | None = None, name: str = "/a"
) -> Meter:
    """A meter that has seen `data` from `start` to its end."""
    meter = Meter(start, len(data) if size is None else size, name)
    for place in range(start, len(data), piece):
        meter.feed(data[place : place + piece])
    meter.end()
    return meter


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("piece", [1000, 65536, 1 << 20])
def test_real_files(name: str, piece: int) -> None:
    meter = measured(recording(name), piece)
    assert meter.seconds == pytest.approx(LENGTH, rel=0.02), name
    assert meter.exact
    assert meter.rate * len(recording(name)) == pytest.approx(meter.seconds)


@pytest.mark.parametrize("name", MADE)
def test_real_files_of_unknown_size(name: str) -> None:
    meter = measured(recording(name), 65536, size=0, name=f"/{name}")
    assert meter.seconds == pytest.approx(LENGTH, rel=0.02), name


@pytest.mark.parametrize("name", ["cbr.mp3", "bare.mp3", "a.opus", "late.m4a"])
def test_the_second_half_alone_shows_it(name: str) -> None:
    data = recording(name)
    meter = measured(data, 30_000, len(data) // 2, name=f"/{name}")
    assert meter.seconds == pytest.approx(LENGTH, rel=0.03), name


def test_the_head_alone_is_enough_mostly() -> None:
    for name in ("cbr.mp3", "vbr.mp3", "a.flac", "a.wav", "fast.m4a", "a.opus"):
        data = recording(name)
        meter = Meter(0, len(data), f"/{name}")
        meter.feed(data[: HEAD + 5000])
        assert meter.settled, name
        assert meter.seconds == pytest.approx(LENGTH, rel=0.03), name


@pytest.mark.parametrize("name", ["cbr.mp3", "bare.mp3"])
@pytest.mark.parametrize("version", [b"\x03", b"\x04"])
def test_a_large_picture_in_front_is_stepped_over(name: str, version: bytes) -> None:
    size = 700_000
    syncsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    data = b"ID3" + version + b"\x00\x00" + syncsafe + bytes(size) + recording(name)
    for piece in (7, 5000, 1 << 20):
        meter = measured(data, piece)
        assert meter.seconds == pytest.approx(LENGTH, rel=0.02)


def test_a_piece_that_ends_with_the_tag_is_not_the_end() -> None:
    """Found by `./run fuzz`: nothing was left of that piece, which was taken for the last."""
    tag = b"ID3\x04\x00\x00\x00\x00\x00\x28" + bytes(40)
    data = tag + recording("cbr.mp3")
    for piece in (1, 10, 25, 50):
        meter = Meter(0, len(data), "/a")
        for place in range(0, 70_000, piece):
            meter.feed(data[place : place + piece])
        assert meter.seconds == pytest.approx(LENGTH, rel=0.02), piece


def test_what_is_no_sound_has_no_length() -> None:
    assert measured(b"", 10, name="/a").seconds == 0
    page = measured(b"<!doctype html>" * 5000, 9000, name="/a.mp3")
    assert page.silent
    assert page.seconds == 0
    answer = measured(b'{"error": "no such song"}', 9000, name="/rest/stream")
    assert answer.silent


def test_what_nothing_is_known_of_counts_by_the_table() -> None:
    noise = random.Random(1).randbytes(1_411_000 // 8 * 3)
    meter = measured(noise, 9000, name="/a.wav")
    assert meter.seconds == pytest.approx(3)
    assert not meter.exact
    assert measured(noise, 9000, name="/a.mp3").seconds > 10


def test_a_head_that_says_too_much_is_not_believed() -> None:
    """A thousand hours in a few bytes are a mistake of the file's."""
    flac = b"fLaC\0\0\0\x22" + b"\x10\0\x10\0" + bytes(6) + b"\x0a\xc4\x42\xff\xff\xff\xff\xff"
    assert measured(flac + bytes(90_000), 9000, name="/a.flac").seconds < LONGEST / 100


@given(st.binary(max_size=400), st.sampled_from([b"", b"fLaC", b"OggS", b"RIFF\0\0\0\0WAVEfmt ", b"ID3\4\0\0", b"\xff\xfb\x90\x64", b"\0\0\0\x20ftypM4A ", b"\0\0\0\x08moov", b"FORM\0\0\0\0AIFF", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", b"\x1aE\xdf\xa3", b"caff\0\1\0\0desc", b".snd", b"wvpk", b"TTA1", b"\x0b\x77", b"#!AMR\n", b"MAC \x96\x0f", b"OggS\0\2" + bytes(20) + b"\1\x13OpusHead", b"G" + bytes(187) + b"G"]), st.integers(0, 1 << 40), st.sampled_from([1, 7, 600]))  # fmt: skip
def test_nonsense_does_no_harm(body: bytes, magic: bytes, size: int, piece: int) -> None:
    data = magic + body
    for start in (0, 5):
        for name in ("/a.mp3", "/a.opus", "/a.m4a", "/a"):
            meter = Meter(start, size, name)
            for place in range(0, len(data), piece):
                meter.feed(data[place : place + piece])
            meter.end()
            assert 0 <= meter.seconds <= LONGEST
            assert 0 <= meter.rate < 1e9


@given(
    st.sampled_from(["late.m4a", "a.opus", "vbr-bare.mp3", "cut.mp4"]),
    st.integers(0, 1000),
    st.sampled_from([300, 9000, 70_000]),
)
@settings(max_examples=40)
def test_pieces_make_no_difference(name: str, seed: int, most: int) -> None:
    file, chance = recording(name)[:300_000], random.Random(seed)
    meter = Meter(0, len(file), f"/{name}")
    at = 0
    while at < len(file):
        step = chance.randint(1, most)
        meter.feed(file[at : at + step])
        at += step
    meter.end()
    whole = measured(file, 1 << 20, name=f"/{name}")
    assert meter.seconds == pytest.approx(whole.seconds, rel=0.02)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {"content-length": "1000"}, (0, 1000)),
        (206, {"content-range": "bytes 500-999/1000", "content-length": "500"}, (500, 1000)),
        (206, {"content-range": "bytes 0-499/*"}, None),
        (206, {}, None),
        (200, {}, None),
        (200, {"content-length": "1000", "content-encoding": "gzip"}, None),
        (200, {"content-length": "-5"}, None),
        (200, {"content-length": "９"}, None),
        (200, {"content-length": "9" * 400}, None),
        (404, {"content-length": "1000"}, None),
    ],
)
def test_extents(status: int, headers: dict[str, str], expected: tuple[int, int] | None) -> None:
    assert extent(status, headers) == expected


def test_what_somebody_else_says_of_the_length_counts_until_the_file_says_it() -> None:
    meter = Meter(5000, 1_000_000, "/a.xyz", usual=200.0)
    assert (meter.seconds, meter.rate) == (200.0, 200.0 / 1_000_000)
    assert not meter.exact
    assert not meter.awaits


def test_a_head_that_says_more_than_its_bytes_can_hold_is_no_length() -> None:
    sixty = (
        b"fLaC\0\0\0\x22" + b"\x10\0" * 2 + bytes(6) + (44_100 << 44 | 44_100 * 86_400).to_bytes(8)
    )
    short = measured(sixty + bytes(90_000), 9000, name="/a.flac")
    assert not short.exact


def test_only_a_head_behind_the_sound_is_waited_for() -> None:
    meter = Meter(0, 1_000_000, "/a.m4a")
    meter.feed(b"\0\0\0\x10ftypM4A \0\0\0\0" + b"\0\x0f\0\0mdat" + bytes(90_000))
    assert meter.awaits
    meter = Meter(0, 1_000_000, "/a.mp3")
    meter.feed((b"\xff\xfb\x90\x00" + bytes(413)) * 200)
    assert not meter.awaits
    assert meter.measured
