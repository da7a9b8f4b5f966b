"""A page on its way: taken out of its compression, tagged, put back in.

A tag cannot be slipped into compressed data: what follows it refers to distances before it. So the
page is compressed anew, quickly, as the same coding. (To ask the site for uncompressed pages would
be cheaper here and dearer for every visitor, and a site's cache of ready-compressed pages would be
of no use.) As long as nothing is known to be inserted the original bytes are kept, and where
nothing is, they go out as they came.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from stagedoor.signals.html.codings import CodingError, Encoder, coders
from stagedoor.signals.html.insertion import HOLD, Outcome

FREE: Final = 32 << 20
MOST: Final = 256
"""A page that grows to more than FREE bytes and to MOST times its compressed size is no page."""


class Through(Protocol):
    """What a page goes through: the inserter of tags, or something with it inside."""

    @property
    def outcome(self) -> Outcome | None:
        """None until it is known what becomes of the page."""

    def feed(self, data: bytes) -> bytes:
        """More of the page; returns what can go out."""

    def finish(self) -> bytes:
        """The page is over; returns the rest."""


class Plain:
    """A page that is not compressed. `outcome` is None as long as it is not known."""

    def __init__(self, inserter: Through) -> None:
        self._inserter = inserter

    @property
    def outcome(self) -> Outcome | None:
        return self._inserter.outcome

    def feed(self, data: bytes) -> bytes:
        """More of the page; returns what can go out."""
        return self._inserter.feed(data)

    def finish(self) -> bytes:
        """The page is over; returns the rest."""
        return self._inserter.finish()


class Recoded:
    """A compressed page. `flush`: what comes in goes out at once, as a page that is sent while it
    is being made needs it; it costs a few bytes a chunk.

    Raises nothing: data that turns out broken after the tags are in ends there, unfinished, which
    readers notice as they would have noticed the broken data; `outcome` is then `coding`.
    """

    def __init__(self, coding: str, inserter: Through, *, flush: bool) -> None:
        self._decoder, self._new = coders(coding)
        self._inserter = inserter
        self._flush = flush
        self._encoder: Encoder | None = None
        self._originals = bytearray()
        self._silent = False
        self._came = self._grown = 0
        self.outcome: Outcome | None = None

    def feed(self, data: bytes) -> bytes:
        """More of the compressed page; returns what can go out, compressed."""
        if self._silent:
            return b""
        if self.outcome is not None and self._encoder is None:
            return data
        if self._encoder is None:
            self._originals += data
        out, before = bytearray(), self._grown
        try:
            for piece in self._decoded(data):
                self._take(self._inserter.feed(piece), out)
                if self.outcome is not None and self._encoder is None:
                    return self._as_it_came()
        except CodingError:
            return self._broken(out)
        if self._encoder is None and len(self._originals) > 2 * HOLD:
            return self._broken(out)  # so much data that says nothing
        if self._encoder is not None and self._flush and self._grown > before:
            out += self._encoder.flush()
        return bytes(out)

    def finish(self) -> bytes:
        """The page is over; returns the rest."""
        if self._silent or (self.outcome is not None and self._encoder is None):
            return b""
        out = bytearray()
        self._take(self._inserter.finish(), out)
        if self._encoder is None:
            return self._as_it_came()
        # Data that does not end by itself must not seem to.
        out += self._encoder.finish() if self._decoder.complete else self._encoder.flush()
        return bytes(out)

    def _decoded(self, data: bytes) -> Iterator[bytes]:
        self._came += len(data)
        for piece in self._decoder.feed(data):
            self._grown += len(piece)
            if self._grown > FREE and self._grown > MOST * self._came:
                raise CodingError("it grows without bound")
            yield piece

    def _take(self, page: bytes, out: bytearray) -> None:
        """What the inserter gives goes into the new compression, once there is one."""
        if self._encoder is None:
            self.outcome = self._inserter.outcome
            if self.outcome != "tagged":
                return
            self._encoder = self._new()
            self._originals = bytearray()
        out += self._encoder.feed(page)

    def _broken(self, out: bytearray) -> bytes:
        self.outcome = "coding"
        if self._encoder is None:
            return self._as_it_came()
        self._silent = True
        return bytes(out + self._encoder.flush())

    def _as_it_came(self) -> bytes:
        data, self._originals = bytes(self._originals), bytearray()
        return data


def page_in(coding: str, inserter: Through, *, flush: bool) -> Plain | Recoded:
    """A page in `coding` (empty for none, or one of CODINGS) on its way through `inserter`."""
    return Recoded(coding, inserter, flush=flush) if coding else Plain(inserter)
