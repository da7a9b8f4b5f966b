"""Times that stand within a recording: Ogg's granules, FLAC's frame numbers, Matroska's clusters, the
clock of a transport stream. Where the head has no length, the last of them does.

Each reads a piece of a file and returns the last time in it, and where in the piece that time is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from stagedoor.resources.containers import tick

Mark = tuple[float, int]
"""Seconds since the beginning, and the byte in the piece that they are reached at."""
NONE: Final[Mark] = (0.0, 0)
Marks = Callable[[bytes], Mark]


def marks(head: bytes) -> Marks | None:
    """What reads the times of a file that begins with `head`; None where it has none."""
    if head.startswith(b"OggS"):
        return _ogg(head)
    if head.startswith(b"fLaC") and len(head) > 26:
        return _flac(head)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _matroska(head)
    if head[:1] == b"G" and head[188:189] == b"G":
        return _transport(head)
    return None


# -- Ogg (RFC 3533) ----------------------------------------------------------------------------


def granules(serial: bytes, hertz: float, before: float) -> Marks:
    """The pages of one logical stream: samples at `hertz`, of which `before` are not heard.

    `serial` may be empty: then every page counts.
    """

    def last(data: bytes) -> Mark:
        at = len(data)
        while (at := data.rfind(b"OggS\x00", 0, at)) >= 0:
            page = data[at : at + 27]
            granule = int.from_bytes(page[6:14], "little")
            if len(page) == 27 and page[14:18].startswith(serial) and 0 < granule < 1 << 62:
                sizes = data[at + 27 : at + 27 + page[26]]
                end = at + 27 + page[26] + sum(sizes)
                return max(0.0, granule - before) / hertz, end
        return NONE

    return last


def _ogg(head: bytes) -> Marks | None:
    at = 0
    while head[at : at + 4] == b"OggS" and at + 27 < len(head):
        sizes = head[at + 27 : at + 27 + head[at + 26]]
        body = at + 27 + len(sizes)
        hertz = before = 0
        if head.startswith(b"OpusHead", body):
            hertz, before = 48000, int.from_bytes(head[body + 10 : body + 12], "little")
        elif head.startswith(b"\x01vorbis", body):
            hertz = int.from_bytes(head[body + 12 : body + 16], "little")
        elif head.startswith(b"\x7fFLAC", body):
            hertz = int.from_bytes(head[body + 27 : body + 30]) >> 4
        elif head.startswith(b"Speex   ", body):
            hertz = int.from_bytes(head[body + 36 : body + 40], "little")
        if hertz:
            serial = head[at + 14 : at + 18]
            first = _first_granule(head, serial)
            # A recording of a radio begins in the middle.
            return granules(serial, hertz, first if first > 10 * hertz else before)
        at = body + sum(sizes)
    return None


def _first_granule(head: bytes, serial: bytes) -> int:
    at = -1
    while (at := head.find(b"OggS\x00", at + 1)) >= 0:
        granule = int.from_bytes(head[at + 6 : at + 14], "little")
        if head[at + 14 : at + 18] == serial and 0 < granule < 1 << 62:
            return granule
    return 0


# -- FLAC (RFC 9639) ---------------------------------------------------------------------------


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 7 if crc & 0x80 else crc << 1) & 0xFF
    return crc


_BLOCKS: Final = (0, 192, 576, 1152, 2304, 4608, 0, 0, *(256 << n for n in range(8)))
_NUMBER_BYTES: Final = ((0x80, 1), (0xE0, 2), (0xF0, 3), (0xF8, 4), (0xFC, 5), (0xFE, 6), (0xFF, 7))


def _flac(head: bytes) -> Marks | None:
    hertz = int.from_bytes(head[18:21]) >> 4
    usual = int.from_bytes(head[8:10])
    if not hertz:
        return None

    def last(data: bytes) -> Mark:
        at = len(data)
        while (at := data.rfind(b"\xff", 0, at)) >= 0:
            if data[at + 1 : at + 2] in {b"\xf8", b"\xf9"} and at + 16 <= len(data):
                samples = _frame(data, at, usual)
                if samples:
                    return samples / hertz, at
        return NONE

    return last


def _frame(data: bytes, at: int, usual: int) -> int:
    """The sample that the frame at `at` begins with; 0 where there is no frame."""
    size, rate, first = data[at + 2] >> 4, data[at + 2] & 15, data[at + 4]
    width = next((width for limit, width in _NUMBER_BYTES if first < limit), 0)
    if not width or (width == 2 and first < 0xC0):
        return 0
    end = at + 4 + width
    end += {6: 1, 7: 2}.get(size, 0) + {12: 1, 13: 2, 14: 2}.get(rate, 0)
    if data[at + 3] & 1 or _crc8(data[at:end]) != data[end]:
        return 0
    number = first & (0x7F if width == 1 else 0xFF >> (width + 1))
    for byte in data[at + 5 : at + 4 + width]:
        number = number << 6 | byte & 0x3F
    return number if data[at + 1] & 1 else number * usual


# -- Matroska (RFC 9559) -----------------------------------------------------------------------

_CLUSTER: Final = b"\x1f\x43\xb6\x75"


def _matroska(head: bytes) -> Marks:
    a_tick = tick(head)

    def last(data: bytes) -> Mark:
        at = len(data)
        while (at := data.rfind(_CLUSTER, 0, at)) >= 0:
            stamp = data.find(b"\xe7", at + 4, at + 20)
            if stamp >= 0 and 0x81 <= data[stamp + 1] <= 0x88:
                width = data[stamp + 1] & 15
                place = stamp + 2 + width
                begin = int.from_bytes(data[stamp + 2 : place])
                within, end = _blocks(data, place)
                return (begin + within) * a_tick, end if within else at
        return NONE

    return last


def _blocks(data: bytes, at: int) -> Mark:
    """The last block of a cluster that begins within `data`: its time in the cluster, its place."""
    found, end = 0, len(data) - 12
    place = at
    while at < end:
        head, length = _size(data, at + 1)
        name = data[at]
        if name not in {0xA3, 0xA0, 0xA7, 0xAB, 0xEC, 0xBF} or not head:
            break
        body = at + 1 + head
        if name == 0xA0 and data[body] == 0xA1:  # a group, with the block in it
            inner, _ = _size(data, body + 1)
            found, place = int.from_bytes(data[body + 2 + inner : body + 4 + inner]), at
        elif name == 0xA3:
            found, place = int.from_bytes(data[body + 1 : body + 3]), at
        at = body + length
    return float(found if found < 0x8000 else 0), place


def _size(data: bytes, at: int) -> tuple[int, int]:
    """An element's size as EBML writes it: the bytes it takes, and the number."""
    first = data[at]
    width = 9 - first.bit_length() if first else 0
    if not width:
        return 0, 0
    number = int.from_bytes(data[at : at + width]) & (1 << 7 * width) - 1
    return width, number


# -- MPEG transport streams --------------------------------------------------------------------


def _transport(head: bytes) -> Marks:
    first = _stamps(head, first=True)

    def last(data: bytes) -> Mark:
        found = _stamps(data, first=False)
        if found is None or first is None:
            return NONE
        return (found[0] - first[0] & 0x1_FFFF_FFFF) / 90_000, found[1]

    return last


def _stamps(data: bytes, *, first: bool) -> tuple[int, int] | None:
    """The first or last presentation time of sound in `data`, and its place."""
    at = -1 if first else len(data)
    while True:
        at = data.find(b"\0\0\1", at + 1) if first else data.rfind(b"\0\0\1", 0, at)
        if at < 0:
            return None
        pes = data[at : at + 14]
        if len(pes) == 14 and (0xC0 <= pes[3] <= 0xDF or pes[3] == 0xBD) and pes[7] & 0x80:
            a, b, c, d, e = pes[9:14]
            return (a >> 1 & 7) << 30 | b << 22 | c >> 1 << 15 | d << 7 | e >> 1, at
