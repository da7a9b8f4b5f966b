"""Followers by hand: what each knows while bytes pass, and at the end."""

from __future__ import annotations

import struct

import pytest

from stagedoor.resources.length_followers import (
    CARRY,
    EVERY,
    FRAMES,
    TAIL,
    EvenFollower,
    FrameFollower,
    MovieBehind,
    TailFollower,
)

FRAME = b"\xff\xfb\x90\x00" + b"\0" * 413
A_SECOND = 44_100 / 1152 * 417
"""Bytes."""
MVHD = struct.pack(">I", 108) + b"mvhd\0\0\0\0" + struct.pack(">IIII", 0, 0, 1000, 200_000) + b"\0" * 80  # fmt: skip


def test_a_movies_header_is_found_across_two_chunks_and_then_stays() -> None:
    follower = MovieBehind()
    follower.feed(b"\0" * 3 * CARRY + MVHD[:20], 0)
    assert follower.end(0) == 0
    follower.feed(MVHD[20:] + b"\0" * 500, 0)
    assert follower.seconds == 200.0
    other = MVHD.replace(struct.pack(">I", 200_000), struct.pack(">I", 90_000))
    follower.feed(other, 0)
    assert follower.end(0) == 200.0


def test_frames_are_looked_at_now_and_then() -> None:
    follower = FrameFollower()
    follower.feed(FRAME, 0)
    assert follower.rate == pytest.approx(1 / A_SECOND)
    follower.feed(b"no frames, but it is not time yet" * 20, 600)
    assert follower.rate == pytest.approx(1 / A_SECOND)
    slow = (b"\xff\xfb\x50\x00" + b"\0" * 204) * 40  # 64 kbit/s
    follower.feed(slow, EVERY)
    assert follower.rate == pytest.approx((1 / A_SECOND + 2 * 417 / 416 / A_SECOND) / 2)
    follower.feed(b"x" * 8 * FRAMES, 2 * EVERY)  # a picture in between says nothing
    assert follower.end(1000) == pytest.approx(1000 * follower.rate)


def test_frames_in_the_head_count_first() -> None:
    follower = FrameFollower(b"\0" * 100 + FRAME * 30)
    assert follower.rate == pytest.approx(1 / A_SECOND)
    assert FrameFollower(b"no frames at all").rate == 0


def test_what_goes_on_evenly_is_as_long_as_its_size() -> None:
    follower = EvenFollower(1 / 176_400)
    follower.feed(b"\0" * 100, 0)
    assert follower.seconds == 0
    assert follower.end(1_764_000) == pytest.approx(10.0)


@pytest.mark.parametrize("piece", [7, 1000, 1 << 20])
def test_what_stands_behind_the_sound_is_read_at_the_end(piece: int) -> None:
    comm = b"COMM\0\0\0\x12\0\x02" + struct.pack(">IH", 441_000, 16) + bytes.fromhex("400eac44000000000000")  # fmt: skip
    sound = b"SSND" + struct.pack(">I", 2 * TAIL) + b"\0" * 2 * TAIL
    data = sound + comm
    follower = TailFollower(b"FORM\0\0\0\0AIFF")
    for at in range(0, len(data), piece):
        follower.feed(data[at : at + piece], at)
    assert follower.end(1_764_000) == pytest.approx(10.0)
