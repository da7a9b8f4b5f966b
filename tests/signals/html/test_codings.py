"""Codings read in pieces that are never large, and written so that other readers read them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard

from stagedoor.signals.html.codings import CODINGS, PIECE, CodingError, coders

PAGE = b"".join(b"<p>Song %d of %d</p>\n" % (n, n * 7919 % 1009) for n in range(20_000))
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("coding", sorted(CODINGS))
def test_what_is_packed_is_read(coding: str) -> None:
    decoder, _ = coders(coding)
    data = PACK[coding](PAGE)
    assert not decoder.complete
    begun = b"".join(decoder.feed(data[:-1]))
    assert not decoder.complete
    assert begun + b"".join(decoder.feed(data[-1:])) == PAGE
    assert decoder.complete


@pytest.mark.parametrize("coding", sorted(CODINGS))
def test_what_is_written_is_read_so_far_after_every_flush(coding: str) -> None:
    decoder, new = coders(coding)
    encoder = new()
    for part in (PAGE[:5], PAGE[5:70_000], PAGE[70_000:]):
        data = encoder.feed(part) + encoder.flush()
        assert b"".join(decoder.feed(data)) == part
    assert b"".join(decoder.feed(encoder.finish())) == b""
    assert decoder.complete


@pytest.mark.parametrize("coding", sorted(CODINGS))
def test_pieces_are_bounded_whatever_the_ratio(coding: str) -> None:
    decoder, _ = coders(coding)
    sizes = [len(piece) for piece in decoder.feed(PACK[coding](b" " * (16 << 20)))]
    assert sum(sizes) == 16 << 20
    # A block of zstd, 4 bytes, is 128 KB of page; some of them come at once.
    assert max(sizes) <= (5 << 20 if coding == "zstd" else 2 * PIECE)


@pytest.mark.parametrize("coding", sorted(CODINGS))
def test_other_data_is_an_error(coding: str) -> None:
    decoder, _ = coders(coding)
    with pytest.raises(CodingError):
        list(decoder.feed(b"\x07<!doctype html>" + b"\xff" * 5000))


def test_deflate_keeps_its_form() -> None:
    for window in (15, -15):
        decoder, new = coders("deflate")
        list(decoder.feed(zlib.compress(PAGE, wbits=window)))
        encoder = new()
        assert zlib.decompress(encoder.feed(PAGE) + encoder.finish(), window) == PAGE


def test_a_window_larger_than_browsers_allow_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=24)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    decoder, _ = coders("zstd")
    with pytest.raises(CodingError):
        list(decoder.feed(packer.compress(PAGE) + packer.flush()))
