"""Lengths of recordings: resources/media_lengths.py."""

from __future__ import annotations

from stagedoor.resources.media_lengths import Meter, extent
from tools.fuzz.parts import split

_WAV = b"RIFF\x24\x10\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x44\xac\0\0\x88\x58\x01\0\x02\0\x10\0data\0\x10\0\0"
SEEDS = (
    b"\x10\x1e" + _WAV, b"\x01\x1eID3\x04\0\0\0\0\0\x05hello\xff\xfb\x90\x64" + b"\0" * 413 + b"\xff\xfb\x90\x64",
    b"\x40\x1efLaC\0\0\0\x22" + b"\x10\0\x10\0" + b"\0" * 6 + b"\x0a\xc4\x42\xf0\0\0\x10\0" + b"\0" * 16,
    b"\x20\x1eOggS\0\x02" + b"\0" * 20 + b"\x01\x13OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0",
    b"\x08\x1e\0\0\0\x18ftypM4A \0\0\0\0M4A mp42\0\0\0\x08moov", b"\x08\x1eFORM\0\0\0\x20AIFFCOMM",
)  # fmt: skip
_WEEK = 7 * 24 * 3600


def check(data: bytes) -> None:
    """Bounded, from the beginning and from the middle, and in whatever chunks."""
    head, body = split(data, 2)
    step = (head[:1] or b"\x01")[0] or 1
    for start, size in ((0, len(body)), (0, 0), (3, 10_000_000)):
        for name in ("/a.mp3", "/a.opus", "/a.m4a", "/a"):
            meter = Meter(start, size, name)
            for at in range(0, len(body), step):
                meter.feed(body[at : at + step])
            meter.end()
            assert 0 <= meter.seconds <= _WEEK
            assert 0 <= meter.rate < 1e9
    text = head.decode("latin-1")
    extent(206, {"content-range": text})
    extent(200, {"content-length": text})
