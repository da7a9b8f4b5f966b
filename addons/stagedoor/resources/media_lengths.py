"""Lengths of recordings: seconds of sound, learned while their bytes pass.

From the container's own head where that says it; else from what stands within, as it passes
(`length_followers`); else from a table of bit rates. Bytes go out as they come: what is kept of them
is a head of HEAD bytes, until it was read.
"""

from __future__ import annotations

import re
from typing import Final, Protocol

from stagedoor.resources import containers
from stagedoor.resources.bit_rates import bytes_a_second
from stagedoor.resources.length_followers import (
    BoxFollower,
    EvenFollower,
    Follower,
    FrameFollower,
    MarkFollower,
    MovieBehind,
    TailFollower,
)
from stagedoor.resources.mp4_boxes import is_mp4
from stagedoor.resources.mpeg_frames import first_frame
from stagedoor.resources.time_marks import granules, marks

HEAD: Final = 64 << 10
"""Bytes that are looked at, after pictures and words in front (ID3)."""
_ID3: Final = 10
_RANGE = re.compile(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15})", re.ASCII)
_FRAMED = re.compile(
    r"\.(?:mp3|mp2|mpga|aac|adts)(?:[;? ]|$)|audio/(?:mpeg|mp3|aac|aacp)\b", re.ASCII
)
_OPUS = re.compile(r"\.opus(?:[;? ]|$)|codecs=\W*opus", re.ASCII)
_PAGE = re.compile(rb"\s*<(?:!doctype|html|\?xml|!--)|\s*\{\s*[\"}]", re.IGNORECASE)
_BOXED = re.compile(r"\.(?:m4[abprv]|mp4|mov|alac)(?:[;? ]|$)|/(?:x-m4a|mp4|quicktime)\b", re.ASCII)


class Headers(Protocol):
    """Header fields by name, whatever the letters' case: of mitmproxy, or a dict in lower case."""

    def get(self, name: str, default: str, /) -> str: ...


def announced(headers: Headers) -> int | None:
    """Bytes that a response says its body has; None where it says nothing that is believed."""
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 16 else None


def extent(status: int, headers: Headers) -> tuple[int, int] | None:
    """Where a response's body begins and how large the whole is, in bytes; None: nobody says."""
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        return None
    if status == 206:
        found = _RANGE.fullmatch(headers.get("content-range", "").strip())
        return (int(found[1]), int(found[2])) if found else None
    length = announced(headers) if status == 200 else None
    return None if length is None else (0, length)


class Meter:
    """The length of one recording, of which a response's bytes pass.

    `start` and `size` as by `extent`, 0 where nobody says; `names` are its path and its type, for
    what the bytes do not say; `usual` is how long somebody else says the whole is, in seconds.
    """

    __slots__ = (
        *("_at", "_follower", "_head", "_names", "_size", "_skip", "_start", "_tag", "_usual"),
        *("exact", "measured", "rate", "seconds", "settled", "silent"),
    )

    def __init__(self, start: int, size: int, *names: str, usual: float = 0.0) -> None:
        self._start, self._size, self._names, self._usual = start, size, names, usual
        self._at = start
        self._skip = self._tag = 0
        self._head: bytearray | None = None
        self._follower: Follower | None = None
        self.seconds = 0.0
        """Of the whole recording, as well as is known; 0: not known."""
        self.exact = False
        """The recording says so itself."""
        self.rate = 0.0
        """Seconds of sound a byte, as well as is known; 0 until the head has passed."""
        self.measured = False
        """`rate` was read from the bytes that passed, and is no table's."""
        self.silent = False
        """It is no recording, whatever its name says: a page, most likely."""
        self.settled = start > 0
        """The head has passed, or will not."""
        if start:
            self._follower = _within(" ".join(names).lower(), size)
            self._estimate(0.0)
        else:
            self._head = bytearray()

    @property
    def awaits(self) -> bool:
        """Whether the length may stand behind the sound, so that all there is yet is a guess."""
        return not self.exact and isinstance(self._follower, BoxFollower | TailFollower)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        at, self._at = self._at, self._at + len(chunk)
        if self._head is not None:
            self._gather(self._head, chunk)
        elif self._follower is not None and not (self.exact and self._size):
            self._follower.feed(chunk, at)
            self._learn(self._follower)

    def end(self) -> None:
        """All has passed that will. Where the file's end was among it, its length is known now."""
        if self._head is not None:
            self._begin(bytes(self._head))
        size = self._size or (0 if self._start else self._at)
        if self.exact or self._follower is None or not size or self._at != size:
            return
        found = self._follower.end(size - self._tag)
        if found and (self._start == 0 or not isinstance(self._follower, FrameFollower)):
            self._know(found)

    def _gather(self, head: bytearray, chunk: bytes) -> None:
        """The head, without the words and pictures in front of the sound."""
        if self._skip:
            step = min(self._skip, len(chunk))
            self._skip -= step
            chunk = chunk[step:]
        head += chunk
        while not self._skip and len(head) >= _ID3 and (tag := _id3_size(head)):
            self._tag += tag
            self._skip = max(0, tag - len(head))
            del head[:tag]
        if len(head) >= HEAD or (len(head) >= 8 and is_mp4(head)):
            self._begin(bytes(head))

    def _begin(self, head: bytes) -> None:
        """The head is there."""
        self._head, self.settled = None, True
        if _PAGE.match(head):
            self.silent = True
            return
        size = max(0, self._size - self._tag)
        even = not size and containers.rate(head)
        if not even and not is_mp4(head) and (found := containers.length(head, size)):
            self._know(found)
            if size:
                return
        self._follower = _beginning(head, self._size, self._tag)
        if isinstance(self._follower, BoxFollower):
            self._follower.feed(head, 0)
        if not self.exact:
            self._estimate(self._follower.rate if self._follower else 0.0)
        if self._follower is not None:
            self._learn(self._follower)

    def _learn(self, follower: Follower) -> None:
        if follower.seconds and not self.exact:
            self._know(follower.seconds)
        elif follower.rate:
            self.measured = True
            self._estimate(follower.rate)

    def _estimate(self, rate: float) -> None:
        """So far: `rate` seconds a byte of sound, or the table's where that is 0."""
        if not rate and self._usual and self._size:
            rate = self._usual / self._size
        self.rate = rate or 1 / bytes_a_second(*self._names)
        if self._size:
            self.seconds = min(self.rate * max(0, self._size - self._tag), containers.LONGEST)
            self.rate = self.seconds / self._size

    def _know(self, seconds: float) -> None:
        found = containers.believed(seconds, self._size)
        if not found:
            return
        self.seconds, self.exact = found, True
        self.rate = found / self._size if self._size else 1 / bytes_a_second(*self._names)


def _beginning(head: bytes, size: int, tag: int) -> Follower | None:
    """What follows a file that begins so."""
    if is_mp4(head):
        return BoxFollower()
    if not size and (even := containers.rate(head)):
        return EvenFollower(even)
    found = marks(head)
    if found is not None:
        return MarkFollower(found, size, head, tag)
    if head.startswith((b"FORM", b"caff")):
        return TailFollower(head)
    return FrameFollower(head) if first_frame(head[:16384]) >= 0 else None


def _within(names: str, size: int) -> Follower | None:
    """What follows a piece from the middle of a file of this path and type."""
    if _FRAMED.search(names):
        return FrameFollower()
    if _OPUS.search(names):
        return MarkFollower(granules(b"", 48_000, 0), size)
    return MovieBehind() if _BOXED.search(names) else None


def _id3_size(head: bytes | bytearray) -> int:
    """Bytes of an ID3v2 tag in front of the sound (ID3v2.4.0, 3.1: seven bits a byte)."""
    if not head.startswith(b"ID3") or max(head[6:10]) > 0x7F:
        return 0
    a, b, c, d = head[6:10]
    return _ID3 + (a << 21 | b << 14 | c << 7 | d)
