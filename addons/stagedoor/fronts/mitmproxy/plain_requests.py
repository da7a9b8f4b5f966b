"""Plain HTTP requests as a browser sends them to a proxy: where each begins, and where it goes.

Nothing is changed but what a proxy has to change: the address in the first line becomes a path, and
Proxy-Connection is called Connection again, as the site would get it without a proxy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

MOST = 256 << 10
"""Bytes of a head that are waited for."""
_FIRST = re.compile(rb"([!-~]+) http://([^/?# ]*)([^ #]*)(?:#[^ ]*)? (HTTP/1\.[01])", re.IGNORECASE)
_PLACE = re.compile(rb"(?:[^@]*@)?(\[[0-9A-Fa-f:.]+\]|[^:@\[\]]+)(?::(\d{1,5}))?")
_END = re.compile(rb"\r?\n\r?\n")
_OF_PROXY = re.compile(rb"^proxy-(connection|authorization)(?=[ \t]*:)", re.IGNORECASE)
_LENGTH = re.compile(
    rb"^content-length[ \t]*:[ \t]*(\d{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)
_CHUNKED = re.compile(
    rb"^transfer-encoding[ \t]*:[^\r\n]*\bchunked[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)
_UPGRADE = re.compile(rb"^upgrade[ \t]*:", re.IGNORECASE | re.MULTILINE)


class NotPlainError(ValueError):
    """What came is no request for a plain http:// address."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request as its site gets it. `upgrade`: it asks for another protocol."""

    host: str
    port: int
    data: bytes
    upgrade: bool


def target(data: bytes) -> tuple[str, int] | None:
    """Host and port of the request that begins here; None where it is none, or not there yet."""
    line, end, _ = data.lstrip(b"\r\n").partition(b"\n")
    found = _FIRST.fullmatch(line.rstrip(b"\r")) if end else None
    return _place(found[2]) if found else None


def _place(text: bytes) -> tuple[str, int] | None:
    found = _PLACE.fullmatch(text)
    if found is None or not 0 < int(found[2] or 80) < 65_536:
        return None
    return found[1].strip(b"[]").decode("latin-1").lower(), int(found[2] or 80)


class Requests:
    """Feed what a browser sends; take heads, and the bytes of bodies as they came.

    Raises NotPlainError. `tunnel` ends the reading: from then on all bytes are passed.
    """

    def __init__(self) -> None:
        self.tunnel = False
        self._state: Literal["head", "length", "size", "chunk", "trailers"] = "head"
        self._left = 0
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[Head | bytes]:
        """What is complete by now."""
        if self.tunnel:
            yield data
            return
        self._held += data
        while self._held:
            before = len(self._held), self._state
            piece = self._next()
            if piece:
                yield piece
            elif (len(self._held), self._state) == before:
                if len(self._held) > MOST:
                    raise NotPlainError("a head without an end")
                return

    def _next(self) -> Head | bytes:
        if self._state == "head":
            return self._head()
        if self._state in {"length", "chunk"}:
            piece = self._take(min(self._left, len(self._held)))
            self._left -= len(piece)
            if not self._left:
                self._state = "head" if self._state == "length" else "size"
            return piece
        end = self._held.find(b"\n") + 1
        if not end:
            return b""
        line = self._take(end)
        if self._state == "trailers":
            self._state = "trailers" if line.strip() else "head"
            return line
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError as error:
            raise NotPlainError("a chunk without a size") from error
        self._left, self._state = size + 2, "chunk" if size else "trailers"
        return line

    def _take(self, count: int) -> bytes:
        piece = bytes(self._held[:count])
        del self._held[:count]
        return piece

    def _head(self) -> Head | bytes:
        while self._held.startswith((b"\r", b"\n")):
            del self._held[:1]
        end = _END.search(self._held)
        if end is None:
            return b""
        head = self._take(end.end())
        line, _, fields = head.partition(b"\n")
        found = _FIRST.fullmatch(line.rstrip(b"\r"))
        place = _place(found[2]) if found else None
        if found is None or place is None:
            raise NotPlainError("no address of plain HTTP")
        if _CHUNKED.search(fields):
            self._state = "size"
        elif (length := _LENGTH.search(fields)) is not None and int(length[1]):
            self._state, self._left = "length", int(length[1])
        path = found[3] if found[3].startswith(b"/") else b"/" + found[3]
        first = b"%s %s %s%s" % (found[1], path, found[4], line[len(line.rstrip(b"\r")) :])
        kept = b"".join(_as_sent(line) for line in fields.splitlines(keepends=True))
        return Head(*place, first + b"\n" + kept, upgrade=bool(_UPGRADE.search(fields)))


def _as_sent(line: bytes) -> bytes:
    found = _OF_PROXY.match(line)
    if found is None:
        return line
    return line[len(b"Proxy-") :] if found[1].lower() == b"connection" else b""
