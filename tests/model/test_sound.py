"""Portions of recordings."""

from __future__ import annotations

import pytest

from stagedoor.model.sound import PORTION, SoundSent, portion


@pytest.mark.parametrize(
    ("size", "after"),
    [
        (0, PORTION),  # nobody knows
        (100 << 20, PORTION),
        (4 << 20, 512 << 10),  # an eighth
        (100_000, 64 << 10),  # but not each read of a small one
    ],
)
def test_a_small_recording_is_reported_while_it_runs(size: int, after: int) -> None:
    assert portion(size) == after


def test_the_bytes_of_a_portion() -> None:
    assert SoundSent("/a.mp3", "recording", 2.0, 1000, 33_000).bytes == 32_000
