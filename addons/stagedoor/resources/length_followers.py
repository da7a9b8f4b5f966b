"""Followers: what learns a recording's length from its bytes as they pass, where its head has none.

Each is given every chunk with its place in the file, keeps no more than CARRY bytes or one tail, and
says what it knows so far, and what it knows at the end.
"""

from __future__ import annotations

from typing import Final, Protocol

from stagedoor.resources import containers
from stagedoor.resources.mp4_boxes import Boxes, found_behind
from stagedoor.resources.mpeg_frames import first_frame, measured
from stagedoor.resources.time_marks import NONE, Marks

EVERY: Final = 512 << 10
"""Bytes between two looks."""
FRAMES: Final = 24
"""Frames that are looked at each time, behind the head."""
CARRY: Final = 256
"""Bytes kept of a chunk, because what is looked for may lie across its end."""
REACH: Final = 192 << 10
"""Bytes before the end of a file within which its last mark stands."""
TAIL: Final = 4 << 10
HELD: Final = 65_536 - 1
"""Bytes of a file without a size that are held for its end: an Ogg page has no more."""


class Follower(Protocol):
    """Learns while bytes pass."""

    rate: float
    """Seconds a byte so far; 0 where nothing is known."""
    seconds: float
    """Of the whole recording, as soon as it says so itself; else 0."""

    def feed(self, chunk: bytes, at: int, /) -> None:
        """Take the chunk that begins at byte `at` of the file."""

    def end(self, size: int, /) -> float:
        """The whole length, where the file's `size` bytes have all passed; 0: still not known."""


class BoxFollower:
    """MP4, from its first byte."""

    __slots__ = ("_boxes", "rate", "seconds")

    def __init__(self) -> None:
        self._boxes = Boxes()
        self.rate = self.seconds = 0.0

    def feed(self, chunk: bytes, _at: int) -> None:
        """Until the movie's header has passed; of a file in fragments, all of them."""
        if not self.seconds:
            self._boxes.feed(chunk)
            if self._boxes.seconds:
                self.seconds = self._boxes.seconds
            elif (begun := self._boxes.begun)[0]:
                self.rate = begun[0] / begun[1]

    def end(self, _size: int) -> float:
        """The fragments' sum."""
        return self._boxes.fragments


class MovieBehind:
    """A piece of an MP4 that may hold the movie's header."""

    __slots__ = ("_carry", "rate", "seconds")

    def __init__(self) -> None:
        self._carry = b""
        self.rate = self.seconds = 0.0

    def feed(self, chunk: bytes, _at: int) -> None:
        """Look for it."""
        if not self.seconds:
            self.seconds = found_behind(chunk) or found_behind(self._carry + chunk[:CARRY])
            self._carry = chunk[-CARRY:]

    def end(self, _size: int) -> float:
        """Nothing more than was found."""
        return self.seconds


class MarkFollower:
    """Ogg, FLAC without samples, Matroska without Duration, transport streams.

    `size` of the file as far as it is known: only its end is looked at, then. Of one without a size
    the last HELD bytes are kept, because its end comes without a sign.
    """

    __slots__ = ("_carry", "_held", "_last", "_marks", "_next", "_size", "rate", "seconds")

    def __init__(self, marks: Marks, size: int, head: bytes = b"", tag: int = 0) -> None:
        self._marks, self._size = marks, size
        self._carry, self._held = b"", b""
        self._next = 0
        self.rate = self.seconds = 0.0
        self._last = NONE
        if head:
            time, place = marks(head)
            if place:
                self._last = time, place + tag
                self.rate = time / (place + tag)

    def feed(self, chunk: bytes, at: int) -> None:
        """Look for the last mark in it."""
        if self._size and at + len(chunk) < self._size - REACH:
            return
        if not self._size:
            self._held = chunk if len(chunk) >= HELD else (self._held + chunk)[-HELD:]
            if at >= self._next:
                self._next = at + EVERY
                self._look(self._held, at + len(chunk) - len(self._held))
            return
        self._look(self._carry + chunk, at - len(self._carry))
        self._carry = chunk[-CARRY:]

    def _look(self, data: bytes, at: int) -> None:
        time, place = self._marks(data)
        if place and at + place > 0:
            self._last = time, at + place
            self.rate = time / self._last[1]

    def end(self, size: int) -> float:
        """The last mark, and as much again as stands behind it."""
        if self._held:
            self._look(self._held, size - len(self._held))
        time, place = self._last
        if not place or size - place > REACH:
            return 0.0
        return time * max(1.0, size / place)


class FrameFollower:
    """MP3 and AAC: a few frames every EVERY bytes, and their mean."""

    __slots__ = ("_looks", "_next", "_sum", "rate", "seconds")

    def __init__(self, head: bytes = b"") -> None:
        self._sum, self._looks, self._next = 0.0, 0, 0
        self.rate = self.seconds = 0.0
        if head:
            self._look(head, len(head))
            self._next = EVERY

    def feed(self, chunk: bytes, at: int) -> None:
        """Look at a few, where it is time to."""
        if at >= self._next and len(chunk) >= 8 * FRAMES:
            self._look(chunk, FRAMES)
            self._next = at + EVERY

    def _look(self, data: bytes, most: int) -> None:
        begin = first_frame(data[:16384])
        if begin < 0:
            return
        size, seconds = measured(data, begin, most)
        self._sum += seconds / size
        self._looks += 1
        self.rate = self._sum / self._looks

    def end(self, size: int) -> float:
        """By the mean."""
        return self.rate * size


class EvenFollower:
    """What goes on at one rate, and has no size that anybody knew."""

    __slots__ = ("rate", "seconds")

    def __init__(self, rate: float) -> None:
        self.rate, self.seconds = rate, 0.0

    def feed(self, _chunk: bytes, _at: int) -> None:
        """It goes on."""

    def end(self, size: int) -> float:
        """By its size."""
        return self.rate * size


class TailFollower:
    """AIFF and CAF, whose numbers may stand behind the sound."""

    __slots__ = ("_head", "_tail", "rate", "seconds")

    def __init__(self, head: bytes) -> None:
        self._head, self._tail = head[:64], b""
        self.rate = self.seconds = 0.0

    def feed(self, chunk: bytes, _at: int) -> None:
        """Keep the last bytes."""
        self._tail = chunk[-TAIL:] if len(chunk) >= TAIL else (self._tail + chunk)[-TAIL:]

    def end(self, size: int) -> float:
        """Read them."""
        return containers.length(self._head + self._tail, size)
