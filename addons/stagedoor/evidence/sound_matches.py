"""Two Chromaprints compared: is a recording of ours in this sound, where, and how surely?

A raw fingerprint is a list of numbers of 32 bits, one for each FRAME seconds of sound. Sound that was
encoded anew has most of its bits still; sound that has nothing to do with it agrees in about half, as
coins do. Where the two lie on each other is found by votes: every frame that has kept its upper 16 bits
says by how much they are apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

FRAME = 1365 / 11_025
"""Seconds (Chromaprint, algorithm 2)."""
SHORTEST = 64
"""Frames, about eight seconds: less proves nothing."""
SAME = 0.72
"""Share of bits that agree from which on it is the same sound; see tests/evidence/test_sound_matches.py
for what was measured."""
_WINDOW = 16
_WINDOW_SAME = 0.62
_PLACES = 12
_COMMON = 40
"""A number that stands in more places than this (silence, a long tone) has no vote."""


@dataclass(frozen=True, slots=True)
class SoundMatch:
    """`offset` seconds into ours begins what is found `at` seconds into the other and lasts `seconds`;
    `score` is the share of bits that agree there, 0.5 to 1.
    """

    score: float
    offset: float
    at: float
    seconds: float


def find(ours: Sequence[int], other: Sequence[int]) -> SoundMatch | None:
    """The longest part of `ours` that is in `other`; None where there is none."""
    best: SoundMatch | None = None
    for apart in _places(ours, other):
        found = _aligned(ours, other, apart)
        if found is not None and (
            best is None or found.seconds * found.score > best.seconds * best.score
        ):
            best = found
    return best


def _places(ours: Sequence[int], other: Sequence[int]) -> list[int]:
    """The likeliest distances: frame i + distance of the other is frame i of ours."""
    where: dict[int, list[int]] = defaultdict(list)
    for i, value in enumerate(ours):
        where[value >> 16].append(i)
    votes: Counter[int] = Counter()
    for j, value in enumerate(other):
        places = where.get(value >> 16, ())
        if len(places) <= _COMMON:
            votes.update(j - i for i in places)
    return [apart for apart, _ in votes.most_common(_PLACES)]


def _aligned(ours: Sequence[int], other: Sequence[int], apart: int) -> SoundMatch | None:
    """The longest run of frames that agree at this distance."""
    first = max(0, -apart)
    count = min(len(ours), len(other) - apart) - first
    if count < SHORTEST:
        return None
    differ = [(ours[i] ^ other[i + apart]).bit_count() for i in range(first, first + count)]
    limit = _WINDOW * 32 * (1 - _WINDOW_SAME)
    total, start, best = sum(differ[:_WINDOW]), -1, (0, 0)
    for end in range(_WINDOW, count + 1):
        if total <= limit:
            start = end - _WINDOW if start < 0 else start
            best = max(best, (end - start, -start))
        else:
            start = -1
        if end < count:
            total += differ[end] - differ[end - _WINDOW]
    length, start = best[0], -best[1]
    if length < SHORTEST:
        return None
    score = 1 - sum(differ[start : start + length]) / (32 * length)
    if score < SAME:
        return None
    begin = first + start
    return SoundMatch(score, begin * FRAME, (begin + apart) * FRAME, length * FRAME)
