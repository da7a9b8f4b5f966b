"""Fingerprints compared: what is the same sound, where, and what is not.

Measured with fpcalc 1.5.1 on pieces of load/trap_music.py: after MP3 and Opus at 64 kbit/s, cut to 30 s,
0.94 to 1.00 of the bits agree over 27 s; of 272 pairs of different pieces none had eight seconds in a row
in which even 0.62 agreed.
"""

from __future__ import annotations

import random

import pytest

from stagedoor.evidence.sound_matches import FRAME, SHORTEST, find


def sound(seed: int, count: int = 460) -> list[int]:
    """As a fingerprint is: each frame has most bits of the one before."""
    dice = random.Random(seed)
    found = [dice.getrandbits(32)]
    while len(found) < count:
        found.append(found[-1] ^ (dice.getrandbits(32) & dice.getrandbits(32)))
    return found


def encoded(frames: list[int], share: float, seed: int = 9) -> list[int]:
    """The same with so many of its bits turned over."""
    dice = random.Random(seed)
    return [f ^ sum(1 << b for b in range(32) if dice.random() < share) for f in frames]


def test_it_is_found_where_it_is() -> None:
    ours = sound(1)
    whole = find(ours, ours)
    assert whole is not None
    assert (whole.score, whole.offset, whole.at) == (1.0, 0.0, 0.0)
    assert whole.seconds == pytest.approx(460 * FRAME)
    part = find(ours, [*sound(2, 300), *encoded(ours[100:340], 0.06), *sound(3, 200)])
    assert part is not None
    assert part.score == pytest.approx(0.92, abs=0.04)
    assert part.offset == pytest.approx(100 * FRAME, abs=1.5)
    assert part.at == pytest.approx(300 * FRAME, abs=1.5)
    assert part.seconds == pytest.approx(240 * FRAME, abs=6)


@pytest.mark.parametrize("seed", range(20))
def test_other_sound_is_not(seed: int) -> None:
    assert find(sound(1), sound(100 + seed, 2000)) is None


def test_too_little_or_too_unlike_proves_nothing() -> None:
    ours = sound(1)
    assert find(ours, [*sound(2), *ours[: SHORTEST - 20], *sound(3)]) is None
    assert find(ours, ours[: SHORTEST - 1]) is None
    assert find(ours, encoded(ours, 0.33)) is None
    assert find(ours, []) is None
    assert find([], ours) is None


def test_silence_is_nobodys() -> None:
    silence = [0] * 460
    assert find(silence, [0] * 2000) is None


def test_the_longer_of_two_places_is_named() -> None:
    ours = sound(1)
    found = find(ours, [*ours[:100], *sound(2), *ours[:200]])
    assert found is not None
    assert found.at == pytest.approx((100 + 460) * FRAME, abs=1)
