"""MP4 (ISO/IEC 14496-12) as it passes: its boxes are stepped over, and `moov` is read wherever it
stands, in front of the sound or behind it. Nothing is kept but the box at hand, up to MOST bytes.

A fragmented file has no length in its head: there the fragments' own times are added up.
"""

from __future__ import annotations

import struct
from typing import Final

MOST: Final = 64 << 10
"""Bytes of a box that are looked at. `mvhd` and `trak` stand at the beginning of `moov`."""
_READ: Final = frozenset({b"moov", b"moof", b"sidx"})
_TYPES: Final = frozenset(
    {b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"free", b"skip", b"wide", b"uuid"}
    | {b"pnot", b"meta", b"emsg", b"prft", b"mfra", b"pdin", b"bloc", b"junk"}
)


def is_mp4(head: bytes | bytearray) -> bool:
    """Whether a file that begins so is made of these boxes."""
    return bytes(head[4:8]) in _TYPES


class Boxes:
    """Follows one file from its first byte."""

    __slots__ = (
        *("_held", "_left", "_passed", "_scale", "_skip", "_type"),
        *("begun", "fragments", "seconds"),
    )

    def __init__(self) -> None:
        self.seconds = 0.0
        """As `moov` says."""
        self.fragments = 0.0
        """Where the last fragment that has passed ends, in seconds."""
        self.begun = (0.0, 0)
        """Where it begins, in seconds and in bytes."""
        self._held = bytearray()
        self._type = b""
        self._skip = self._left = self._scale = self._passed = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        at, end = 0, len(chunk)
        while at < end:
            if self._left:  # and what is to be skipped of the same box comes behind it
                step = min(self._left, end - at)
                self._held += chunk[at : at + step]
                self._left -= step
                at += step
                if not self._left:
                    self._read(self._passed + at)
            elif self._skip:
                step = min(self._skip, end - at)
                self._skip -= step
                at += step
            else:
                step = min(16 - len(self._held), end - at)
                self._held += chunk[at : at + step]
                at += step
                at -= self._head()
        self._passed += end

    def _head(self) -> int:
        """A box's head is there, in whole or in part; how many bytes were taken too many."""
        held = self._held
        if len(held) < 8:
            return 0
        size, self._type = int.from_bytes(held[:4]), bytes(held[4:8])
        long = size == 1
        if long and len(held) < 16:
            return 0
        head = 16 if long else 8
        if long:
            size = int.from_bytes(held[8:16])
        surplus = len(held) - head
        held.clear()
        body = size - head
        if size == 0 or body < 0 or body >> 62:
            self._skip = 1 << 62  # to the end of the file, or no box
        elif self._type in _READ and body:
            self._left = min(body, MOST)
            self._skip = body - self._left
        else:
            self._skip = body
        return surplus

    def _read(self, place: int) -> None:
        box, self._held = bytes(self._held), bytearray()
        try:
            if self._type == b"moov":
                self.seconds, self._scale = movie(box)
            elif self._type == b"moof":
                self._fragment(box, place)
            elif not self.fragments:
                self.fragments = _indexed(box)
        except (struct.error, IndexError, ZeroDivisionError):
            return

    def _fragment(self, box: bytes, place: int) -> None:
        at = box.find(b"tfdt")
        if at < 0 or not self._scale:
            return
        (time,) = struct.unpack_from(">Q" if box[at + 4] else ">I", box, at + 8)
        self.begun = time / self._scale, place
        self.fragments = max(self.fragments, (time + _run(box)) / self._scale)


def movie(box: bytes) -> tuple[float, int]:
    """Seconds of a `moov`, and ticks a second of its track: the seconds of its header, or where that
    has none, those that its fragments have together (`mehd`).
    """
    seconds, scale = _duration(box, box.find(b"mvhd")) if b"mvhd" in box else (0.0, 0)
    at = box.find(b"mehd")
    if not seconds and scale and at >= 0:
        (ticks,) = struct.unpack_from(">Q" if box[at + 4] else ">I", box, at + 8)
        seconds = ticks / scale
    return seconds, _duration(box, box.find(b"mdhd"))[1] if b"mdhd" in box else 0


def _duration(box: bytes, at: int) -> tuple[float, int]:
    """Seconds, and ticks a second, of the `mvhd` or `mdhd` whose name stands at `at`."""
    if box[at + 4] == 1:
        scale, duration = struct.unpack_from(">IQ", box, at + 24)
        unknown = 0xFFFF_FFFF_FFFF_FFFF
    else:
        scale, duration = struct.unpack_from(">II", box, at + 16)
        unknown = 0xFFFF_FFFF
    return (duration / scale if scale and duration != unknown else 0.0), scale


def _run(box: bytes) -> int:
    """Ticks of all samples of a fragment's first track (`trun`, with the defaults of `tfhd`)."""
    at, default = box.find(b"tfhd"), 0
    if at >= 0:
        flags, place = int.from_bytes(box[at + 5 : at + 8]), at + 12
        place += 8 * (flags & 1) + 4 * (flags >> 1 & 1)
        if flags & 8:
            default = int.from_bytes(box[place : place + 4])
    at = box.find(b"trun")
    if at < 0:
        return 0
    flags, (count,) = int.from_bytes(box[at + 5 : at + 8]), struct.unpack_from(">I", box, at + 8)
    if not flags & 0x100:
        return int(count) * default
    place = at + 12 + 4 * (flags & 1) + 4 * (flags >> 2 & 1)
    width = 4 * sum(flags >> bit & 1 for bit in (8, 9, 10, 11))
    ticks = [box[n : n + 4] for n in range(place, min(len(box), place + count * width), width)]
    return sum(map(int.from_bytes, ticks))


def _indexed(box: bytes) -> float:
    """Seconds of all that a `sidx` lists."""
    scale = int.from_bytes(box[8:12])
    at = 12 + (16 if box[0] else 8)
    count = int.from_bytes(box[at + 2 : at + 4])
    at += 4
    total = sum(int.from_bytes(box[n + 4 : n + 8]) for n in range(at, at + 12 * count, 12))
    return total / scale if scale else 0.0


def found_behind(chunk: bytes) -> float:
    """Seconds of a movie header anywhere in a piece of a file; 0: there is none."""
    at = chunk.find(b"mvhd")
    if at < 4 or at + 40 > len(chunk) or int.from_bytes(chunk[at - 4 : at]) not in {108, 120}:
        return 0.0
    return _duration(chunk, at)[0]
