"""How long a recording is, by its container's own head: one function for each container.

Each takes the first kilobytes of a file (and its size) and returns seconds, or 0 where they do not
say. Nothing here believes a figure further than the file's own bytes: what is longer than a week, or
needs less than MIN_BITS a second, is no length.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Final

from stagedoor.resources.mpeg_frames import first_frame, samples

LONGEST: Final = 7 * 24 * 3600.0
"""Seconds; a head that says more is not believed."""
MIN_BITS: Final = 500
"""Bits a second; the slowest speech codecs need a little more. Silence in FLAC may need less, and is
then counted by its size."""


def believed(seconds: float, size: int) -> float:
    """`seconds` where they can be true of a file of `size` bytes (0: not known); else 0."""
    if not 0 < seconds < LONGEST:
        return 0.0
    return seconds if not size or size * 8 >= seconds * MIN_BITS else 0.0


def _at(form: str, data: bytes, place: int) -> int:
    """One whole number at `place`; struct.error where the data ends before."""
    return int(struct.unpack_from(form, data, place)[0])


def mpeg(head: bytes, size: int) -> float:
    """MP3 by its Xing, Info or VBRI header, which counts the frames."""
    at = first_frame(head[:8192])
    if at < 0:
        return 0.0
    each, hertz, side = samples(head, at)
    if not each:
        return 0.0
    count = 0
    if head[at + side : at + side + 4] in {b"Xing", b"Info"}:
        if head[at + side + 7] & 1:
            count = _at(">I", head, at + side + 8)
    elif head[at + 36 : at + 40] == b"VBRI":
        count = _at(">I", head, at + 36 + 14)
    seconds = count * each / hertz
    # A file that was put together of several says the length of its first.
    if size and seconds and not 7_000 < size * 8 / seconds < 600_000:
        return 0.0
    return seconds


def flac(head: bytes, _size: int) -> float:
    """STREAMINFO: 20 bits of rate, 36 bits of samples (RFC 9639, section 8.2)."""
    packed = _at(">Q", head, 18)
    hertz, count = packed >> 44, packed & 0xF_FFFF_FFFF
    return count / hertz if hertz else 0.0


_EVEN_WAV: Final = frozenset({b"\x01\0", b"\x03\0", b"\x06\0", b"\x07\0", b"\xfe\xff", b"\0\x01"})
"""PCM, floats, A-law, µ-law and extensible: their bytes a second are true. Of others, `fact` is."""


def riff(head: bytes, size: int) -> float:
    """WAV, RF64 and Wave64: the bytes of sound, by bytes a second."""
    little = head[:4] != b"RIFX"
    form = "<I" if little else ">I"
    wave64 = head.startswith(b"riff")
    at, step = (40, 24) if wave64 else (12, 8)
    a_second = long = hertz = count = 0
    packed = False
    while at + step <= len(head):
        name = head[at : at + 4]
        length = _at("<Q", head, at + 16) - 24 if wave64 else _at(form, head, at + 4)
        at += step
        if name == b"ds64":
            long = _at("<Q", head, at + 8)
        elif name == b"fmt ":
            hertz, a_second = _at(form, head, at + 4), _at(form, head, at + 8)
            packed = head[at : at + 2] not in _EVEN_WAV
        elif name == b"fact" and packed:
            count = _at(form, head, at)
        elif name == b"data":
            if count and hertz:
                return count / hertz
            if length == 0xFFFF_FFFF and long:
                length = long
            left = max(0, size - at)
            length = left if not 0 < length <= left else length
            return length / a_second if a_second else 0.0
        at += length + (-length % 8 if wave64 else length % 2)
    # What stands between (a picture) goes on behind the head.
    return max(0, size - at) / a_second if a_second else 0.0


def extended(raw: bytes) -> float:
    """An 80-bit number of IEEE 754, as AIFF has its rate."""
    exponent, mantissa = struct.unpack(">HQ", raw)
    if exponent & 0x7FFF == 0x7FFF or not mantissa:
        return 0.0
    return math.ldexp(mantissa, (exponent & 0x7FFF) - 16383 - 63)


def aiff(head: bytes, _size: int) -> float:
    """COMM: frames and their rate; it stands in front of the sound, or behind it."""
    at = head.find(b"COMM")
    if at < 0:
        return 0.0
    hertz = extended(head[at + 16 : at + 26])
    return _at(">I", head, at + 10) / hertz if hertz >= 1 else 0.0


_FILE_PROPERTIES: Final = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def asf(head: bytes, size: int) -> float:
    """WMA: the file properties object; a broadcast says its bit rate alone."""
    at = head.find(_FILE_PROPERTIES)
    if at < 0:
        return 0.0
    if _at("<I", head, at + 88) & 1:
        bits = _at("<I", head, at + 100)
        return size * 8 / bits if bits else 0.0
    return _at("<Q", head, at + 64) / 1e7 - _at("<Q", head, at + 80) / 1e3


def matroska(head: bytes, _size: int) -> float:
    """WebM and Matroska: Duration in Info (RFC 9559), as a float of 4 or 8 bytes."""
    info = head.find(b"\x15\x49\xa9\x66")
    at = head.find(b"\x44\x89", info) if info >= 0 else -1
    if at < 0 or head[at + 2] not in {0x84, 0x88}:
        return 0.0
    duration: float = struct.unpack_from(">f" if head[at + 2] == 0x84 else ">d", head, at + 3)[0]
    return duration * tick(head) if math.isfinite(duration) else 0.0


def tick(head: bytes) -> float:
    """Seconds of one tick of Matroska's clock: TimestampScale, a millisecond where it is absent."""
    info = head.find(b"\x15\x49\xa9\x66")
    at = head.find(b"\x2a\xd7\xb1", info, info + 1024) if info >= 0 else -1
    if at < 0 or not 0x81 <= head[at + 3] <= 0x88:
        return 1e-3
    width = head[at + 3] & 15
    return int.from_bytes(head[at + 4 : at + 4 + width]) / 1e9 or 1e-3


def caf(head: bytes, size: int) -> float:
    """Core Audio: bytes a packet, or the packet table, which may stand behind the sound."""
    hertz: float = struct.unpack_from(">d", head, 20)[0]
    packet, frames = _at(">I", head, 36), _at(">I", head, 40)
    if not 1 <= hertz < 1e7:
        return 0.0
    table = head.find(b"pakt")
    if table >= 0:
        return _at(">Q", head, table + 20) / hertz
    data = head.find(b"data")
    if not packet or data < 0:
        return 0.0
    return max(0, size - data - 16) / packet * frames / hertz


_AU_BYTES: Final = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}


def au(head: bytes, size: int) -> float:
    """Sun audio: a head of six numbers."""
    offset, length, encoding, hertz, channels = struct.unpack_from(">5I", head, 4)
    a_second = _AU_BYTES.get(encoding, 0) * hertz * channels
    if length in {0, 0xFFFF_FFFF}:
        length = max(0, size - offset)
    return length / a_second if a_second else 0.0


_WAVPACK_RATES: Final = (
    *(6000, 8000, 9600, 11025, 12000, 16000, 22050),
    *(24000, 32000, 44100, 48000, 64000, 88200, 96000, 192000),
)


def wavpack(head: bytes, _size: int) -> float:
    """The samples of all blocks stand in the first one."""
    count, rate = _at("<I", head, 12), _at("<I", head, 24) >> 23 & 15
    if count == 0xFFFF_FFFF or rate >= len(_WAVPACK_RATES):
        return 0.0
    return count / _WAVPACK_RATES[rate]


def tta(head: bytes, _size: int) -> float:
    """True Audio: rate and samples."""
    hertz = _at("<I", head, 10)
    return _at("<I", head, 14) / hertz if hertz else 0.0


def dsf(head: bytes, _size: int) -> float:
    """DSD: rate and samples of a channel."""
    hertz = _at("<I", head, 56)
    return _at("<Q", head, 64) / hertz if hertz else 0.0


_AC3_KBITS: Final = (
    *(32, 40, 48, 56, 64, 80, 96, 112, 128, 160),
    *(192, 224, 256, 320, 384, 448, 512, 576, 640),
)


def ac3(head: bytes, size: int) -> float:
    """AC-3 and E-AC-3 by the rate of their first frame (ETSI TS 102 366)."""
    code, stream = head[4], head[5] >> 3
    if stream > 10:
        rate, frames = (48000, 44100, 32000, 0)[code >> 6], (1, 2, 3, 6)[code >> 4 & 3]
        words = (_at(">H", head, 2) & 0x7FF) + 1
        return size / (words * 2) * frames * 256 / rate if rate else 0.0
    index = (code & 0x3F) >> 1
    return size * 8 / (_AC3_KBITS[index] * 1000) if index < len(_AC3_KBITS) else 0.0


_AMR_BYTES: Final = (13, 14, 16, 18, 20, 21, 27, 32, 6)
_AMR_WIDE_BYTES: Final = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6)


def amr(head: bytes, size: int) -> float:
    """Frames of 20 ms, each of the size its first byte says."""
    wide = head.startswith(b"#!AMR-WB\n")
    sizes, at = (_AMR_WIDE_BYTES, 9) if wide else (_AMR_BYTES, 6)
    begin, count = at, 0
    while at < len(head):
        mode = head[at] >> 3 & 15
        at += sizes[mode] if mode < len(sizes) else 1
        count += 1
    return (size - begin) / (at - begin) * count * 0.02 if count else 0.0


def ape(head: bytes, _size: int) -> float:
    """Monkey's Audio, since version 3.98."""
    at = _at("<I", head, 8)
    if _at("<H", head, 4) < 3980 or at > 4096:
        return 0.0
    blocks, last, count = struct.unpack_from("<3I", head, at + 4)
    hertz = _at("<I", head, at + 20)
    return (blocks * (count - 1) + last) / hertz if hertz and count else 0.0


_BY_START: Final[tuple[tuple[bytes, Callable[[bytes, int], float]], ...]] = (
    (b"fLaC", flac),
    (b"RIFF", riff),
    (b"RIFX", riff),
    (b"RF64", riff),
    (b"BW64", riff),
    (b"riff", riff),
    (b"FORM", aiff),
    (b"\x30\x26\xb2\x75", asf),
    (b"\x1a\x45\xdf\xa3", matroska),
    (b"caff", caf),
    (b".snd", au),
    (b"wvpk", wavpack),
    (b"TTA1", tta),
    (b"DSD ", dsf),
    (b"\x0b\x77", ac3),
    (b"#!AMR", amr),
    (b"MAC ", ape),
    (b"", mpeg),
)


def length(head: bytes, size: int) -> float:
    """Seconds of the recording of `size` bytes that begins with `head`; 0 where it does not say."""
    read = next(read for start, read in _BY_START if head.startswith(start))
    try:
        return believed(read(head, size), size)
    except (struct.error, IndexError, OverflowError):
        return 0.0


def rate(head: bytes) -> float:
    """Seconds a byte of what goes on evenly (WAV, AC-3 …); 0 where the head does not say so."""
    small, large = length(head, 1 << 20), length(head, 1 << 21)
    return large / (1 << 21) if large > 1.5 * small > 0 else 0.0
