"""Compressed pages: signals/html/transcoder.py and codings.py."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli
import zstandard

from stagedoor.signals.html.insertion import Inserter, Tags, meta
from stagedoor.signals.html.transcoder import page_in
from tools.fuzz.parts import split

TAGS = Tags.of(meta("robots", "noai"))
MOST_GROWN = 1 << 20


def _unzstd(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj(read_across_frames=True).decompress(data)


WAYS: tuple[tuple[str, Callable[[bytes], bytes], Callable[[bytes], bytes]], ...] = (
    ("gzip", lambda data: gzip.compress(data, mtime=0), gzip.decompress),
    ("deflate", zlib.compress, zlib.decompress),
    ("br", lambda data: brotli.compress(data, quality=1), brotli.decompress),
    ("zstd", zstandard.compress, _unzstd),
)
SEEDS = (
    b"\0\x05\x01\x1e<!doctype html><html><head><title>A</title>", b"\x01\x20\0\x1e<p>no head, but text",
    b"\x02\x01\x7f\x1e<html><head><meta charset=utf-8>", b"\x03\x40\x09\x1e{json}",
)  # fmt: skip


def check(data: bytes) -> None:
    """What comes out is the page, with the tags or without."""
    how, page = split(data, 2)
    kind, size, times = (*how, 0, 1, 0)[:3]
    page += b"<p>more</p>" * (times * 16)  # long enough for several pieces
    coding, pack, unpack = WAYS[kind % len(WAYS)]
    packed, size = pack(page), size or 1
    passage = page_in(coding, Inserter(TAGS, "utf-8"), flush=bool(kind & 128))
    out = b"".join(passage.feed(packed[at : at + size]) for at in range(0, len(packed), size))
    out += passage.finish()
    if passage.outcome != "tagged":
        assert out == packed
        return
    shown = unpack(out)
    assert len(shown) == len(page) + len(TAGS.text)
    at = shown.find(TAGS.text.encode())
    assert at >= 0
    assert shown[:at] + shown[at + len(TAGS.text) :] == page or TAGS.text.encode() in page
