"""Music for the trap: short pieces of our own, composed by chance from a site's seed and synthesised here.

The same seed makes the same pieces, and no other seed does: key, scale, tempo, harmony, melody and rhythm
are drawn from it. Nobody else has written them, and nobody else has them. Signals are lists of floats in
about -1..1 at RATE samples a second; pitches are MIDI note numbers (69 = A4 = 440 Hz).
"""

from __future__ import annotations

import hashlib
import math
import random
from array import array
from dataclasses import dataclass

RATE = 22_050
SECONDS = 60
_TABLE = 2_048
_SCALES = (
    (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10), (0, 2, 4, 5, 7, 9, 10),
    (0, 2, 4, 6, 7, 9, 11), (0, 1, 3, 5, 7, 8, 10),
)  # fmt: skip
"""Seven notes of an octave each, as semitones above the first one."""
_FIRST = (
    "Amber", "Paper", "Winter", "Salt", "Hollow", "Copper", "Quiet", "Northern", "Velvet", "Chalk",
    "Distant", "Ivory", "Narrow", "Silver", "Borrowed", "Second",
)  # fmt: skip
_SECOND = (
    "Harbour", "Lantern", "Garden", "Stairs", "Orchard", "Signal", "Meadow", "Window", "River",
    "Letter", "Staircase", "Ferry", "Clock", "Kitchen", "Balcony", "Bridge",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """`title` as people read it; `samples` of 16 bits, one channel."""

    title: str
    samples: array[int]


def compose(seed: bytes, number: int) -> Piece:
    """The piece of this number that belongs to the seed; it takes about three seconds."""
    dice = random.Random(hashlib.sha256(seed + number.to_bytes(4)).digest())  # noqa: S311 (music)
    first, second = _FIRST[dice.randrange(len(_FIRST))], _SECOND[dice.randrange(len(_SECOND))]
    title = f"{first} {second} {dice.randrange(2, 100)}"
    scale, root = _SCALES[dice.randrange(len(_SCALES))], dice.randrange(50, 62)
    beat = 60 / dice.uniform(72, 132)
    mix = [0.0] * (RATE * SECONDS)
    lead, pad, bass = (_wave(dice, brightness) for brightness in (0.55, 0.35, 0.25))
    at, degree = 0.0, dice.randrange(7)
    while at < SECONDS:
        chord = dice.randrange(7)
        length = beat * dice.choice((2, 3, 4))
        for step in (0, 2, 4):
            _note(mix, pad, _pitch(scale, root, chord + step), at, length, 0.10)
        _note(mix, bass, _pitch(scale, root - 24, chord), at, length * 0.9, 0.22)
        end = at + length
        while at < end - 1e-6:
            lasts = min(beat * dice.choice((0.5, 0.5, 1.0, 1.5)), end - at)
            degree = max(-3, min(12, degree + dice.choice((-4, -2, -1, -1, 1, 1, 2, 3))))
            if dice.random() < 0.85:
                _note(mix, lead, _pitch(scale, root + 12, degree), at, lasts, 0.26)
            at += lasts
    peak = max(map(abs, mix)) or 1.0
    return Piece(title, array("h", [round(value / peak * 28_000) for value in mix]))


def _wave(dice: random.Random, brightness: float) -> list[float]:
    """One period of a tone."""
    parts = [(n, brightness ** (n - 1) * dice.uniform(0.4, 1)) for n in range(1, 7)]
    return [
        sum(gain * math.sin(math.tau * n * i / _TABLE) for n, gain in parts) for i in range(_TABLE)
    ]


def _pitch(scale: tuple[int, ...], root: int, degree: int) -> int:
    octave, step = divmod(degree, len(scale))
    return root + 12 * octave + scale[step]


def _note(
    mix: list[float], wave: list[float], pitch: int, at: float, seconds: float, gain: float
) -> None:
    """Add a tone that fades; what goes beyond the end is left out."""
    start = int(at * RATE)
    count = min(int(seconds * RATE), len(mix) - start)
    step = 440 * 2 ** ((pitch - 69) / 12) * _TABLE / RATE
    fade, level, phase = 0.1 ** (1 / max(1, count)), gain, 0.0
    for i in range(start, start + count):
        mix[i] += wave[int(phase) % _TABLE] * level
        phase += step
        level *= fade
