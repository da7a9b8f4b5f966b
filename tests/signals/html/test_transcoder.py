"""Compressed pages: the same page comes out, tagged; broken ones are not made worse."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard

from pages import TAGS
from stagedoor.signals.html.codings import CODINGS
from stagedoor.signals.html.insertion import Inserter
from stagedoor.signals.html.transcoder import Plain, Recoded, page_in

TAG = TAGS.text.encode()
START = b"<!doctype html><html><head>"
PAGE = (
    START
    + b"<title>A</title></head><body>"
    + b"".join(b"<p>Song %d of %d</p>\n" % (n, n * 7919 % 1009) for n in range(20_000))
)
FRAGMENT = PAGE[len(START) :].replace(b"<title>A</title>", b"<p>")
TAGGED = START + TAG + PAGE[len(START) :]


def raw_deflate(page: bytes) -> bytes:
    return zlib.compress(page, wbits=-15)


def unzstd(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj(read_across_frames=True).decompress(data)


WAYS: dict[str, tuple[str, Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "none": ("", bytes, bytes),
    "gzip": ("gzip", gzip.compress, gzip.decompress),
    "x-gzip": ("x-gzip", gzip.compress, gzip.decompress),
    "deflate": ("deflate", zlib.compress, zlib.decompress),
    "raw deflate": ("deflate", raw_deflate, lambda data: zlib.decompress(data, -15)),
    "br": ("br", brotli.compress, brotli.decompress),
    "zstd": ("zstd", zstandard.compress, unzstd),
}
COMPRESSED = {name: way for name, way in WAYS.items() if name != "none"}


def through(
    coding: str, data: bytes, size: int = 4096, *, flush: bool = False
) -> tuple[Plain | Recoded, bytes]:
    """Data on its way, in chunks of one size."""
    page = page_in(coding, Inserter(TAGS, "utf-8"), flush=flush)
    out = b"".join(page.feed(data[at : at + size]) for at in range(0, len(data), size))
    return page, out + page.finish()


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
@pytest.mark.parametrize("flush", [False, True])
def test_a_page_comes_through_with_its_tags(name: str, size: int, flush: bool) -> None:
    coding, pack, unpack = WAYS[name]
    page = PAGE if size > 1 else PAGE[:20_000]
    passed, out = through(coding, pack(page), size, flush=flush)
    assert passed.outcome == "tagged"
    assert unpack(out) == START + TAG + page[len(START) :]


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_what_gets_no_tags_comes_out_byte_for_byte(name: str, size: int) -> None:
    coding, pack, _ = WAYS[name]
    for content, outcome in (
        (FRAGMENT[:9000], "not-html"),
        (b"", "not-html"),
        (START[:20], "no-place"),
    ):
        data = pack(content)
        passed, out = through(coding, data, size)
        assert (passed.outcome, out) == (outcome, data)


Bytes = Callable[[bytes], bytes]


def _plain() -> tuple[str, Bytes, Bytes]:
    return "", bytes, bytes


def _zlib(window: int) -> tuple[str, Bytes, Bytes]:
    packer, reader = zlib.compressobj(wbits=window), zlib.decompressobj(window)

    def flushed(part: bytes) -> bytes:
        return packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH)

    return "gzip" if window == 31 else "deflate", flushed, reader.decompress


def _brotli() -> tuple[str, Bytes, Bytes]:
    packer, reader = brotli.Compressor(), brotli.Decompressor()
    return "br", lambda part: bytes(packer.process(part) + packer.flush()), reader.process


def _zstd() -> tuple[str, Bytes, Bytes]:
    packer = zstandard.ZstdCompressor().compressobj()
    reader = zstandard.ZstdDecompressor().decompressobj()

    def flushed(part: bytes) -> bytes:
        return packer.compress(part) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    return "zstd", flushed, reader.decompress


FLUSHING: dict[str, Callable[[], tuple[str, Bytes, Bytes]]] = {
    "none": _plain,
    "gzip": lambda: _zlib(31),
    "deflate": lambda: _zlib(15),
    "raw deflate": lambda: _zlib(-15),
    "br": _brotli,
    "zstd": _zstd,
}
"""Codings, and for each a way in that can be read so far, and a way out that reads so far."""


@pytest.mark.parametrize("name", FLUSHING)
def test_what_the_site_sends_early_goes_out_early(name: str) -> None:
    """Each chunk can be read as soon as it has come."""
    coding, flushed, read = FLUSHING[name]()
    page = page_in(coding, Inserter(TAGS, "utf-8"), flush=True)
    assert read(page.feed(flushed(START + b"<title>"))) == START + TAG + b"<title>"
    for part in (b"A</title>", b"<p>one", b"<p>two"):
        assert read(page.feed(flushed(part))) == part


def test_gzip_in_several_members_and_with_padding() -> None:
    data = gzip.compress(PAGE[:10]) + gzip.compress(b"") + gzip.compress(PAGE[10:]) + b"\0" * 100
    for size in (1, 7, 1 << 20):
        passed, out = through("gzip", data, size)
        assert passed.outcome == "tagged"
        assert gzip.decompress(out) == TAGGED


def test_zstd_in_several_frames() -> None:
    data = zstandard.compress(PAGE[:10]) + zstandard.compress(PAGE[10:])
    for size in (1, 7, 1 << 20):
        assert unzstd(through("zstd", data, size)[1]) == TAGGED


@pytest.mark.parametrize("name", COMPRESSED)
def test_a_page_that_stops_in_the_middle_does_not_seem_whole(name: str) -> None:
    coding, pack, unpack = WAYS[name]
    data = pack(PAGE)
    passed, out = through(coding, data[: len(data) // 2])
    assert passed.outcome == "tagged"
    with pytest.raises((EOFError, zlib.error, brotli.error, AssertionError)):
        assert unpack(out) == TAGGED


@pytest.mark.parametrize("name", COMPRESSED)
def test_what_is_not_compressed_as_it_says_goes_out_as_it_came(name: str) -> None:
    coding, pack, _ = WAYS[name]
    packed = pack(PAGE)
    for data in (PAGE[:3000], b"\xff" * 3000, packed[:4] + b"\xff" * 3000, packed[:1]):
        for size in (1, 1 << 20):
            passed, out = through(coding, data, size)
            assert passed.outcome in {"coding", "no-place", "not-html"}
            assert out == data


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_data_that_breaks_later_ends_there(coding: str) -> None:
    """After a page that can be read so far: a block of a type that does not exist."""
    _, flushed, read = FLUSHING[coding]()
    page = page_in(coding, Inserter(TAGS, "utf-8"), flush=False)
    out = page.feed(flushed(PAGE))
    out += page.feed(b"\x07\xff\xff" + b"more" * 100)
    assert page.outcome == "coding"
    assert read(out) == TAGGED, "what could be read has to arrive"
    assert page.feed(b"more") == page.finish() == b""


def test_a_wrong_checksum_is_not_made_right() -> None:
    data = gzip.compress(PAGE)
    passed, out = through("gzip", data[:-8] + b"\0" * 8)
    assert passed.outcome == "coding"
    with pytest.raises(EOFError):
        gzip.decompress(out)


@pytest.mark.parametrize("name", COMPRESSED)
def test_a_bomb_fills_no_memory(name: str) -> None:
    """64 MB out of a few KB: memory stays at some pieces, and it is not carried to its end."""
    coding, pack, _ = WAYS[name]
    data = pack(START + b" " * (64 << 20))
    tracemalloc.start()
    try:
        passed, out = through(coding, data, 65536)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert passed.outcome == "coding"
    assert len(out) < 1 << 20
    assert peak < 24 << 20


def test_data_that_never_says_anything_is_let_go() -> None:
    empty = zlib.compressobj(wbits=31)
    data = empty.compress(START) + b"".join(empty.flush(zlib.Z_FULL_FLUSH) for _ in range(100_000))
    data += b"\0\0\0\xff\xff" * 60_000  # stored blocks of no length
    passed, out = through("gzip", data)
    assert (passed.outcome, out) == ("coding", data)


def test_every_coding_is_here() -> None:
    assert {coding for coding, _, _ in COMPRESSED.values()} == CODINGS
