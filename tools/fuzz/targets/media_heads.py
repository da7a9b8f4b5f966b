"""Lengths of recordings: resources/media_lengths.py."""

from __future__ import annotations

from stagedoor.resources.media_lengths import Reader, extent, seconds
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
    """Bounded, and the same in whatever chunks."""
    head, body = split(data, 2)
    step = (head[:1] or b"\x01")[0] or 1
    assert 0 <= seconds(body, 10_000_000) < _WEEK
    whole, pieces = Reader(len(body)), Reader(len(body))
    one = whole.read(body) if body else None
    one = whole.read(b"") if one is None else one
    two: float | None = None
    for at in range(0, len(body), step):
        two = pieces.read(body[at : at + step])
        if two is not None:
            break
    two = pieces.read(b"") if two is None else two
    assert one == two, (one, two)
    assert one is not None
    assert 0 <= one < _WEEK
    text = head.decode("latin-1")
    extent(206, {"content-range": text})
    extent(200, {"content-length": text})
