"""How long recordings are, read from the heads of real files as they pass in pieces."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings import LENGTH, MADE, recording
from stagedoor.resources.media_lengths import HEAD, Reader, extent, seconds


def read(data: bytes, size: int, piece: int) -> tuple[float | None, int]:
    """What a reader finds, and how many bytes it has seen by then."""
    reader = Reader(size)
    for place in range(0, len(data), piece):
        found = reader.read(data[place : place + piece])
        if found is not None:
            return found, min(len(data), place + piece)
    return reader.read(b""), len(data)


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("piece", [1000, 65536, 1 << 20])
def test_real_files(name: str, piece: int) -> None:
    found, seen = read(recording(name), len(recording(name)), piece)
    assert found == pytest.approx(LENGTH, rel=0.15), name
    assert seen <= HEAD + piece


def test_a_large_picture_in_front_is_stepped_over() -> None:
    size = 700_000
    syncsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    data = b"ID3\x04\x00\x00" + syncsafe + bytes(size) + recording("cbr.mp3")
    for piece in (7, 5000, 1 << 20):
        found, _ = read(data[: size + 200_000], len(data), piece)
        assert found == pytest.approx(LENGTH, rel=0.05)


def test_a_piece_that_ends_with_the_tag_is_not_the_end() -> None:
    """Found by `./run fuzz`: nothing was left of that piece, which was taken for the last."""
    tag = b"ID3\x04\x00\x00\x00\x00\x00\x28" + bytes(40)
    data = tag + recording("cbr.mp3")
    for piece in (1, 10, 25, 50):
        found, _ = read(data, len(data), piece)
        assert found == pytest.approx(LENGTH, rel=0.05), piece


def test_what_cannot_be_read_has_no_length() -> None:
    assert seconds(b"", 0) == 0
    assert seconds(b"<!doctype html>" * 500, 1 << 20) == 0
    noise = random.Random(1).randbytes(HEAD)
    assert seconds(b"fLaC" + noise, 1 << 20) >= 0


@given(st.binary(max_size=400), st.sampled_from([b"", b"fLaC", b"OggS", b"RIFF\0\0\0\0WAVEfmt ", b"ID3\4\0\0", b"\xff\xfb\x90\x64", b"\0\0\0\x20ftypM4A ", b"FORM\0\0\0\0AIFF", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"]), st.integers(0, 1 << 40))  # fmt: skip
def test_nonsense_has_no_length_and_does_no_harm(body: bytes, magic: bytes, size: int) -> None:
    assert 0 <= seconds(magic + body, size) < 8 * 24 * 3600
    reader = Reader(size)
    reader.read(magic + body)
    assert reader.read(b"") is not None


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
