"""Lengths of recordings: bytes and seconds, read from their first kilobytes as they pass.

So the guard can say what a refusal kept back, and turn bytes into hours. The figures are estimates:
a file without a length in its head is taken to go on as it begins.
"""

from __future__ import annotations

import re
from io import SEEK_END, SEEK_SET, BytesIO
from typing import Protocol

from tinytag import TinyTag, TinyTagException

HEAD = 64 << 10
"""Bytes that are looked at, after pictures and words in front (ID3)."""
_LONGEST = 7 * 24 * 3600.0
"""Seconds; a head that says more is not believed."""
_GOES_ON = frozenset({"audio/mpeg", "audio/ogg"})
"""Whose length may stand in their last bytes, or nowhere: then the head's bit rate counts."""
_RANGE = re.compile(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15})", re.ASCII)
_ID3 = 10


class Headers(Protocol):
    """Header fields by name, whatever the letters' case: of mitmproxy, or a dict in lower case."""

    def get(self, name: str, default: str, /) -> str: ...


def extent(status: int, headers: Headers) -> tuple[int, int] | None:
    """Where a response's body begins and how large the whole is, in bytes; None: nobody says."""
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        return None
    if status == 206:
        found = _RANGE.fullmatch(headers.get("content-range", "").strip())
        return (int(found[1]), int(found[2])) if found else None
    length = headers.get("content-length", "")
    if status != 200 or not (length.isascii() and length.isdigit() and len(length) < 16):
        return None
    return 0, int(length)


class Reader:
    """Gathers the head of one recording that passes."""

    __slots__ = ("_head", "_size", "_skip")

    def __init__(self, size: int) -> None:
        self._head, self._size, self._skip = bytearray(), size, -1

    def read(self, chunk: bytes) -> float | None:
        """Take the next bytes; the seconds of sound once they are known (0: they cannot be), else
        None. An empty chunk is the end.
        """
        if self._skip > 0 and not chunk:
            return 0.0  # it ended within the words in front of the sound
        ended = not chunk  # one that ends where the tag ends leaves nothing, and is no end
        if self._skip > 0:
            self._skip, chunk = max(0, self._skip - len(chunk)), chunk[self._skip :]
            if self._skip:
                return None
        self._head += chunk
        if self._skip < 0 and len(self._head) >= _ID3:
            tag = _id3_size(self._head)
            self._size -= tag
            self._skip = max(0, tag - len(self._head))
            del self._head[:tag]
        if len(self._head) < min(HEAD, self._size) and not ended:
            return None
        return seconds(bytes(self._head[:HEAD]), self._size)


def _id3_size(head: bytes | bytearray) -> int:
    """Bytes of an ID3v2 tag in front of the sound (ID3v2.4.0, 3.1: seven bits a byte)."""
    if not head.startswith(b"ID3") or max(head[6:10]) > 0x7F:
        return 0
    a, b, c, d = head[6:10]
    return _ID3 + (a << 21 | b << 14 | c << 7 | d)


class _Part(BytesIO):
    """The head of a file that says to be as large as the whole."""

    def __init__(self, head: bytes, size: int) -> None:
        super().__init__(head)
        self._size = size

    def seek(self, offset: int, whence: int = SEEK_SET, /) -> int:
        if whence == SEEK_END:
            return super().seek(max(0, self._size + offset))
        return super().seek(offset, whence)


def seconds(head: bytes, size: int) -> float:
    """How long a recording of `size` bytes is that begins so; 0 where that cannot be read."""
    try:
        tag = TinyTag.get(file_obj=_Part(head, size), tags=False)
    except (TinyTagException, ValueError, OverflowError):
        return 0.0
    told = tag.duration or 0.0
    if tag.mime_type and tag.mime_type.partition(";")[0] in _GOES_ON and tag.bitrate:
        by_rate = size * 8 / (tag.bitrate * 1000)
        told = told if told > by_rate * 0.9 else by_rate
    return told if 0 < told < _LONGEST else 0.0
