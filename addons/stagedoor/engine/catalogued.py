"""The recordings that the guard has seen begin, numbered; and what of one a portion is.

Numbers are small, so that what was sent of many recordings fits into little memory.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Final

from stagedoor.model.heard import PARTS
from stagedoor.model.recording_keys import MAX_CACHED, recording_key
from stagedoor.model.sound import PORTION, SoundSent

MOST_NUMBERED = 4_096
"""Recordings with a number of their own. Those beyond are known by a hash, and not in any share."""
_FEW = 20
"""Of a smaller catalogue, a share would say nothing: one song of one."""
_NUMBER = re.compile(r"\d{1,6}")

Place = tuple[int, int]
"""The folder of a recording, as a hash, and its number there: "07 Load-in.mp3" is 7."""
ALL: Final = (1 << PARTS) - 1


class Catalogued:
    """Numbers of recordings, by their keys."""

    __slots__ = ("_numbers",)

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}

    @property
    def size(self) -> int:
        """How many recordings there are, for shares of them; never less than a few."""
        return max(_FEW, len(self._numbers))

    def number(self, track: str) -> int:
        """The number of a recording; it gets one where it has none yet."""
        key = recording_key(track)
        number = self._numbers.get(key)
        if number is None:
            if len(self._numbers) >= MOST_NUMBERED:
                return MOST_NUMBERED + int.from_bytes(key)
            number = self._numbers[key] = len(self._numbers)
        return number

    def known(self, track: str) -> int:
        """The number of a recording; -1 where it has none."""
        key = recording_key(track)
        found = self._numbers.get(key, -1)
        if found < 0 and len(self._numbers) >= MOST_NUMBERED:
            return MOST_NUMBERED + int.from_bytes(key)
        return found


def parts(sent: SoundSent) -> tuple[int, float]:
    """Which of the PARTS of its track a portion is, a bit each, and the seconds of all of them.

    A part that was touched counts whole: never too little, and at most two parts too much for each
    portion. Where nobody knows how large the whole is, each piece of a track is a part, by its number.
    """
    own = not sent.resource or sent.resource == sent.track
    size = sent.end - sent.start
    if sent.length > 0 and sent.seconds > 0:
        return between(
            sent.offset / sent.length, (sent.offset + sent.seconds) / sent.length
        ), sent.length
    if own and sent.size > 0:
        length = sent.length or (sent.seconds * sent.size / size if size else 0.0)
        return between(sent.start / sent.size, sent.end / sent.size), length
    if own and sent.last and sent.complete:
        return ALL, sent.offset + sent.seconds  # also what went out before
    if own:
        return 1 << (sent.start // PORTION % PARTS), sent.seconds * PARTS
    # The first portion of a piece stands for all of it: the others find its part taken.
    piece = sent.seconds * sent.size / size if sent.size and size else sent.seconds
    return 1 << (_piece(sent) % PARTS), piece * PARTS


def _piece(sent: SoundSent) -> int:
    """The number of a piece, which stands where its track has a star; by chance where it has none."""
    before, _, behind = sent.track.partition("*")
    found = sent.resource.removeprefix(before).removesuffix(behind)[-6:]
    return int(found) if found.isdecimal() else recording_key(sent.resource)[0]


def between(begin: float, end: float) -> int:
    """The parts from one share of a recording to another, a bit each."""
    low = min(PARTS, int(begin * PARTS + 1e-6))
    high = min(PARTS, math.ceil(end * PARTS - 1e-6))
    return (1 << max(high, low)) - (1 << low)


def place(track: str) -> Place | None:
    """Where a recording stands, by the first number in its name; None where there is none."""
    return _short_place(track) if len(track) <= MAX_CACHED else _place(track)


@lru_cache(maxsize=MOST_NUMBERED)
def _short_place(track: str) -> Place | None:
    return _place(track)


def _place(track: str) -> Place | None:
    folder, _, name = track.rpartition("/")
    found = _NUMBER.search(name.rpartition(".")[0] or name)
    return (int.from_bytes(recording_key(folder)), int(found[0])) if found else None
