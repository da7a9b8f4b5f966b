"""Usual bit rates, for sound whose length nobody says: by the ending of its name, or its type.

They are rather high, so that what is only estimated counts as too short, never as too long.
"""

from __future__ import annotations

from typing import Final

_KBITS: Final[dict[str, int]] = {
    "mp3": 256, "mp2": 256, "mpga": 256, "mpeg": 256, "aac": 192, "aacp": 64, "adts": 192,
    "m4a": 256, "m4b": 128, "m4p": 256, "m4r": 256, "mp4": 256, "ogg": 192, "oga": 192, "opus": 160,
    "spx": 32, "webm": 160, "weba": 160, "mka": 320, "wma": 192, "flac": 1000, "x-flac": 1000,
    "alac": 1000, "ape": 900, "wv": 1000, "tta": 1000, "tak": 900, "wav": 1411, "wave": 1411,
    "x-wav": 1411, "bwf": 2304, "w64": 1411, "rf64": 2304, "aif": 1411, "aiff": 1411, "aifc": 1411,
    "x-aiff": 1411, "caf": 1411, "au": 1411, "snd": 1411, "dsf": 5645, "dff": 5645, "amr": 12,
    "ac3": 448, "eac3": 448, "dts": 1509, "ts": 256, "m4s": 256, "cmfa": 256, "mp2t": 256,
    # Films: mostly picture.
    "mkv": 4000, "mov": 4000, "avi": 2000, "m4v": 4000, "ogv": 2000, "cmfv": 4000,
}  # fmt: skip
USUAL: Final = 256
"""Kilobits a second of what nothing is known of."""


def bytes_a_second(*names: str) -> float:
    """Of the first of `names` that stands in the table: paths, endings, Content-Types."""
    for name in names:
        word = name.partition(";")[0].strip().lower()
        for separator in ("/", "."):
            word = word.rpartition(separator)[2] or word
        if word in _KBITS:
            return _KBITS[word] * 125.0
    return USUAL * 125.0
