"""The codings of pages, read and written as they stream. What is read is bounded at every step.

Sources: RFC 9110 section 8.4.1 (codings; `deflate` also without its wrapper, as some servers
send it), RFC 1952 (several members in a row), RFC 8878 and RFC 9659 (zstd, windows of 8 MB).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import brotli
import zstandard

PIECE: Final = 65_536
"""Bytes that are decompressed at once."""
_ZSTD_WINDOW: Final = 8 << 20
_ZSTD_SLICE: Final = 128
"""The decoder knows no limit of its own; a block of 4 bytes can become 128 KB."""

_GZIP_LEVEL: Final = 4
_BROTLI_QUALITY: Final = 4
_BROTLI_WINDOW: Final = 18
_ZSTD_LEVEL: Final = 3


class CodingError(Exception):
    """The data is not what its coding says, or would fill the memory."""


class Decoder(Protocol):
    """Out of one coding. Pieces have at most some PIECE bytes each; raises CodingError."""

    @property
    def complete(self) -> bool:
        """Whether the data has come to its own end."""
        ...

    def feed(self, data: bytes) -> Iterator[bytes]: ...


class Encoder(Protocol):
    """Into one coding. `flush`: so that everything so far can be read; `finish`: the end."""

    def feed(self, data: bytes) -> bytes: ...
    def flush(self) -> bytes: ...
    def finish(self) -> bytes: ...


class _Inflate:
    """gzip, or deflate with or without its wrapper."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._start = b""
        self._object: zlib._Decompress | None = zlib.decompressobj(31) if gzip else None
        self.wrapped = True
        self.complete = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._object is None:
            self._start += data
            if len(self._start) < 2:
                return
            data, self._start = self._start, b""
            self.wrapped = data[0] & 15 == 8 and int.from_bytes(data[:2]) % 31 == 0
            self._object = zlib.decompressobj(15 if self.wrapped else -15)
        while not (self.complete and not self._gzip):
            if self.complete:
                data = self._start + data
                if len(data) < 2 and b"\x1f\x8b".startswith(data):
                    self._start = data
                    return
                self._start = b""
                if data[:2] != b"\x1f\x8b":
                    self._gzip = False  # padding after the last member: no reader minds
                    return
                self._object, self.complete = zlib.decompressobj(31), False
            try:
                piece = self._object.decompress(data, PIECE)
            except zlib.error as error:
                raise CodingError(str(error)) from error
            if piece:
                yield piece
            self.complete = self._object.eof
            data = self._object.unused_data if self.complete else self._object.unconsumed_tail
            if not data and len(piece) < PIECE and not self.complete:
                return


class _Unbrotli:
    def __init__(self) -> None:
        self._object = brotli.Decompressor()

    @property
    def complete(self) -> bool:
        return bool(self._object.is_finished())

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            while not self.complete:
                piece = self._object.process(data, output_buffer_limit=PIECE)
                if not piece and self._object.can_accept_more_data():
                    return  # any other piece may have more behind it, even if all data was taken
                yield piece
                data = b""
        except brotli.error as error:
            raise CodingError(str(error)) from error


class _Unzstd:
    def __init__(self) -> None:
        whole = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._new = whole.decompressobj
        self._object = self._new()

    @property
    def complete(self) -> bool:
        return self._object.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            for begin in range(0, len(data), _ZSTD_SLICE):
                part = data[begin : begin + _ZSTD_SLICE]
                while part:
                    if self._object.eof:
                        self._object = self._new()
                    yield self._object.decompress(part)
                    part = self._object.unused_data if self._object.eof else b""
        except zstandard.ZstdError as error:
            raise CodingError(str(error)) from error


class _Deflate:
    def __init__(self, window: int) -> None:
        self._object = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, window)
        self.feed = self._object.compress
        self.finish = self._object.flush

    def flush(self) -> bytes:
        return self._object.flush(zlib.Z_SYNC_FLUSH)


class _Zstd:
    def __init__(self) -> None:
        self._object = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj()
        self.feed = self._object.compress
        self.finish = self._object.flush

    def flush(self) -> bytes:
        return self._object.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


class _Brotli:
    def __init__(self) -> None:
        self._object = brotli.Compressor(
            mode=brotli.MODE_TEXT, quality=_BROTLI_QUALITY, lgwin=_BROTLI_WINDOW
        )
        self.feed: Callable[[bytes], bytes] = self._object.process
        self.flush: Callable[[], bytes] = self._object.flush
        self.finish: Callable[[], bytes] = self._object.finish


def _gzip() -> tuple[Decoder, Callable[[], Encoder]]:
    return _Inflate(gzip=True), lambda: _Deflate(31)


def _deflate() -> tuple[Decoder, Callable[[], Encoder]]:
    decoder = _Inflate(gzip=False)
    return decoder, lambda: _Deflate(15 if decoder.wrapped else -15)


_PAIRS: dict[str, Callable[[], tuple[Decoder, Callable[[], Encoder]]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": lambda: (_Unbrotli(), _Brotli),
    "zstd": lambda: (_Unzstd(), _Zstd),
}
CODINGS: Final = frozenset(_PAIRS)
"""The codings that are understood, besides none; several at once are not."""


def coders(coding: str) -> tuple[Decoder, Callable[[], Encoder]]:
    """The way out of one of CODINGS, and the way in, to be asked for when something came out."""
    return _PAIRS[coding]()
