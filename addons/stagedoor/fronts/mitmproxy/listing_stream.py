"""A playlist or a feed on its way out: passed on as it is, and read (`resources.listings`)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from stagedoor.resources.listings import Reader
from stagedoor.signals.html.codings import CodingError, Decoder, coders

_log = logging.getLogger("stagedoor.door")
Stream = bool | Callable[[bytes], Iterable[bytes] | bytes]


class ListingStream:
    """A response's stream. `through` is what the response went through before.

    `failed` is called where a listing cannot be read; it goes out all the same. `done`: it was read
    to its end.
    """

    __slots__ = ("_decoder", "_done", "_failed", "_reader", "_through")

    def __init__(
        self,
        reader: Reader,
        coding: str,
        through: Stream,
        failed: Callable[[], None],
        done: Callable[[], None] = lambda: None,
    ) -> None:
        self._done = done
        self._reader: Reader | None = reader
        self._decoder: Decoder | None = coders(coding)[0] if coding else None
        self._through = through if callable(through) else None
        self._failed = failed

    def __call__(self, chunk: bytes) -> Iterable[bytes] | bytes:
        if self._reader is not None:
            self._read(self._reader, chunk)
        return chunk if self._through is None else self._through(chunk)

    def _read(self, reader: Reader, chunk: bytes) -> None:
        try:
            if not chunk:
                self._reader = None
                reader.end()
                self._done()
            elif self._decoder is None:
                reader.feed(chunk)
            else:
                for piece in self._decoder.feed(chunk):
                    reader.feed(piece)
                    if reader.full:
                        break
            if reader.full:
                self._reader = None
        except CodingError:
            self._reader = None
        except Exception:  # noqa: BLE001 (a listing that nobody can read is no reason to fail)
            self._reader = None
            _log.exception("a playlist or feed could not be read; it went out all the same")
            self._failed()
