"""Frames of MPEG audio (layers 1 to 3) and of AAC in ADTS: where each ends, and how long it sounds.

ISO/IEC 11172-3, 13818-3 and 13818-7.
"""

from __future__ import annotations

from typing import Final

_RATES: Final = (44100, 48000, 32000)
_ADTS_RATES: Final = (
    *(96000, 88200, 64000, 48000, 44100, 32000),
    *(24000, 22050, 16000, 12000, 11025, 8000, 7350),
)
_KBITS: Final = {
    # (MPEG-1, layer): bit rates of indices 1 to 14; ISO/IEC 11172-3 and 13818-3.
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Bytes of the MPEG audio or AAC frame at `at`, and what its followers share; 0: none."""
    if len(data) < at + 4 or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return 0, 0
    second, third = data[at + 1], data[at + 2]
    if second & 0xF6 == 0xF0:  # ADTS: layer 0
        if len(data) < at + 6 or third >> 2 & 15 > 12:
            return 0, 0
        size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        return (size if size > 7 else 0), second << 8 | third & 0x3C
    version, layer = second >> 3 & 3, 4 - (second >> 1 & 3)
    index, rate = third >> 4, third >> 2 & 3
    if version == 1 or layer == 4 or rate == 3 or index in {0, 15}:
        return 0, 0
    hertz = _RATES[rate] // {3: 1, 2: 2, 0: 4}[version]
    bits = _KBITS[version == 3, layer][index - 1] * 1000
    padding = third >> 1 & 1
    if layer == 1:
        size = (12 * bits // hertz + padding) * 4
    else:
        size = (72 if layer == 3 and version != 3 else 144) * bits // hertz + padding
    return size, second << 8 | third & 0x0C


def _spell(data: bytes, at: int) -> float:
    """Seconds of the frame at `at`, which is one."""
    second, third = data[at + 1], data[at + 2]
    if second & 0xF6 == 0xF0:
        return 1024 * ((data[at + 6] & 3) + 1) / _ADTS_RATES[third >> 2 & 15]
    version, layer = second >> 3 & 3, 4 - (second >> 1 & 3)
    hertz = _RATES[third >> 2 & 3] // {3: 1, 2: 2, 0: 4}[version]
    if layer == 1:
        return 384 / hertz
    return (576 if layer == 3 and version != 3 else 1152) / hertz


def first_frame(data: bytes, at: int = 0) -> int:
    """Where the first of three frames in a row begins, from `at` on; -1 where there are none."""
    at = data.find(b"\xff", at)
    while 0 <= at < len(data) - 6:
        if frames(data, at):
            return at
        at = data.find(b"\xff", at + 1)
    return -1


def measured(data: bytes, at: int, most: int) -> tuple[int, float]:
    """Bytes and seconds of the frames that follow each other from `at`, at most `most` of them."""
    begin, end, seconds = at, len(data) - 7, 0.0
    _, shared = _length(data, at)
    for _ in range(most):
        if at > end:
            break
        size, following = _length(data, at)
        if not size or following != shared:
            break
        seconds += _spell(data, at)
        at += size
    return at - begin, seconds


def samples(data: bytes, at: int) -> tuple[int, int, int]:
    """Of the MPEG audio frame at `at`: its samples, their rate, bytes before its side information's
    end (where a Xing header stands). Zeros where there is none.
    """
    if not _length(data, at)[0] or data[at + 1] & 0xF6 == 0xF0:
        return 0, 0, 0
    version, layer = data[at + 1] >> 3 & 3, 4 - (data[at + 1] >> 1 & 3)
    hertz = _RATES[data[at + 2] >> 2 & 3] // {3: 1, 2: 2, 0: 4}[version]
    mono = data[at + 3] >> 6 == 3
    side = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    if layer != 3:
        return (384 if layer == 1 else 1152), hertz, 0
    return (1152 if version == 3 else 576), hertz, 4 + side


def frames(data: bytes, at: int, most: int = 3) -> bool:
    """Whether frames of sound follow each other from `at`, up to `most` or to the end of `data`."""
    size, shared = _length(data, at)
    if not size or (at + size >= len(data) and shared >> 9 & 3 == 3):
        return False  # nothing, or a byte order mark that looks like a frame of layer 1
    for _ in range(most - 1):
        at += size
        if at + 6 > len(data):
            return True
        size, following = _length(data, at)
        if not size or following != shared:
            return False
    return True
