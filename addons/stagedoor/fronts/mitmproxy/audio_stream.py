"""A recording on its way out: passed on as it is, counted in bytes and in seconds of sound."""

from __future__ import annotations

from collections.abc import Callable

from mitmproxy import http

from stagedoor.resources.media_lengths import Reader, Recording, Shelf, extent

Count = Callable[[float], None]


class Playing:
    """A response's stream. `sent` is told bytes, `played` seconds of sound, as they go out."""

    __slots__ = ("_at_once", "_path", "_played", "_rate", "_reader", "_sent", "_shelf", "_size")

    def __init__(
        self, shelf: Shelf, path: str, response: http.Response, sent: Count, played: Count
    ) -> None:
        self._shelf, self._path, self._sent, self._played = shelf, path, sent, played
        self._rate = _radio(response)
        self._reader: Reader | None = None
        self._at_once = 0
        where = extent(response.status_code, response.headers)
        self._size = where[1] if where else 0
        if self._rate or not self._size:
            return
        known = shelf.known(path)
        if known is not None and known.size == self._size:
            self._rate = known.seconds / known.size
        elif where is not None and where[0] == 0:
            self._reader = Reader(self._size)
            shelf.keep(path, Recording(self._size))  # its size is known at once

    def __call__(self, chunk: bytes) -> bytes:
        size = len(chunk)
        self._sent(size)
        if self._reader is not None:
            self._at_once += size
            self._read(self._reader, chunk)
        elif self._rate:
            self._played(size * self._rate)
        return chunk

    def _read(self, reader: Reader, chunk: bytes) -> None:
        found = reader.read(chunk)
        if found is None:
            return
        self._reader = None
        self._shelf.keep(self._path, Recording(self._size, found))
        self._rate = found / self._size
        if self._rate:
            self._played(self._at_once * self._rate)


def _radio(response: http.Response) -> float:
    """Seconds of sound in a byte of an Icecast stream, which says its kilobits a second."""
    told = response.headers.get("icy-br", "").partition(",")[0].strip()
    if told.isascii() and told.isdigit() and 0 < len(told) < 5 and int(told):
        return 8 / (int(told) * 1000)
    return 0.0
