"""A recording on its way out: passed on as it is, counted in bytes and in seconds of sound."""

from __future__ import annotations

from collections.abc import Callable

from mitmproxy import http

from stagedoor.resources.media_lengths import Reader, extent
from stagedoor.store.interface import Length, Store

Sent = Callable[[int, float], None]
"""Is given bytes and seconds of sound as they go out."""


class AudioStream:
    """A response's stream."""

    __slots__ = ("_at_once", "_path", "_rate", "_reader", "_sent", "_size", "_store")

    def __init__(self, store: Store, path: str, response: http.Response, sent: Sent) -> None:
        self._store, self._path, self._sent = store, path, sent
        self._rate = _radio(response)
        self._reader: Reader | None = None
        self._at_once = 0
        where = extent(response.status_code, response.headers)
        self._size = where[1] if where else 0
        if self._rate or not self._size:
            return
        known = store.length(path)
        if known is not None and known.size == self._size:
            self._rate = known.seconds / known.size
        elif where is not None and where[0] == 0:
            self._reader = Reader(self._size)
            store.keep_length(path, Length(self._size))  # its size is known at once

    def __call__(self, chunk: bytes) -> bytes:
        size = len(chunk)
        seconds = 0.0
        if self._reader is not None:
            self._at_once += size
            seconds = self._read(self._reader, chunk)
        elif self._rate:
            seconds = size * self._rate
        self._sent(size, seconds)
        return chunk

    def _read(self, reader: Reader, chunk: bytes) -> float:
        found = reader.read(chunk)
        if found is None:
            return 0.0
        self._reader = None
        self._store.keep_length(self._path, Length(self._size, found))
        self._rate = found / self._size
        return self._at_once * self._rate


def _radio(response: http.Response) -> float:
    """Seconds of sound in a byte of an Icecast stream, which says its kilobits a second."""
    rate = response.headers.get("icy-br", "").partition(",")[0].strip()
    if rate.isascii() and rate.isdigit() and 0 < len(rate) < 5 and int(rate):
        return 8 / (int(rate) * 1000)
    return 0.0
