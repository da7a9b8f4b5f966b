"""Magic numbers: sound in the middle of a file, and what is nearly sound."""

from __future__ import annotations

import gzip

import pytest

from stagedoor.resources.magic import sniff, sound_within
from stagedoor.resources.mpeg_frames import first_frame, frames, measured, samples

MP3 = (b"\xff\xfb\x90\x00" + b"\0" * 413) * 8
"""128 kbit/s at 44.1 kHz: 417 bytes a frame, 1152 samples."""
LAYER_1 = (b"\xff\xff\xc4\x00" + b"\0" * 380) * 8
"""384 kbit/s at 48 kHz: 384 bytes a frame, 384 samples."""
AAC = (b"\xff\xf1\x50\x80\x08\x1f\xfc" + b"\0" * 57) * 40
"""ADTS at 44.1 kHz: 64 bytes a frame, 1024 samples."""


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"\0" * 40 + MP3, "audio"),  # players pass over zeros
        (b"\0" * 40, None),
        (b"\0" * 40 + b"\xff\xd8\xff\xe0", None),
        (b"G" + b"\0" * 187 + b"G" + b"\0" * 187 + b"G", "audio"),
        (b"G" + b"\0" * 187 + b"G", "audio"),
        (b"G" + b"\0" * 187 + b"G" + b"\0" * 200, None),
        (b"GIF89a", None),
        (b"BZh91AY&SY", "download"),
        (b"BZh91Ahead", None),
        (b"RIFF\x24\0\0\0AVI LIST", "audio"),
        (b"FORM\0\0\0\x10ILBM", None),
        (b"\0\0\0\x18moof\0\0\0\0", "audio"),
        (b"\x1f\x8b\x08" + b"\0" * 20, None),  # broken
        (gzip.compress(gzip.compress(MP3, mtime=0), mtime=0), None),  # is not looked through twice
        (b"  \r\n<playlist>", "playlist"),
        (b"<!DOCTYPE x><asx version='3'>", "playlist"),
        (b"<svg>", None),
        (b"[reference]\nRef1=a", "playlist"),
        (b"[section]\nkey=a", None),
    ],
)
def test_first_bytes(data: bytes, found: str | None) -> None:
    assert sniff(data) == found


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"x" * 700 + MP3, True),
        (b"\xff" * 50 + b"x" * 700 + MP3, True),  # bytes that begin a frame and are none
        (b"x" * 700 + AAC, True),
        (b"page of OggS\0\2", True),
        (b"....moof....", True),
        (b"x" * 9000, False),
        ((b"\xff" + b"x" * 99) * 90, False),
        (b"", False),
    ],
)
def test_sound_anywhere_in_a_piece(data: bytes, found: bool) -> None:
    assert sound_within(data) is found


@pytest.mark.parametrize(
    ("data", "size", "seconds"),
    [(MP3, 417, 1152 / 44_100), (LAYER_1, 384, 384 / 48_000), (AAC, 64, 1024 / 44_100)],
)
def test_frames_are_measured_one_by_one(data: bytes, size: int, seconds: float) -> None:
    found, sound = measured(data, 0, 3)
    assert found == 3 * size
    assert sound == pytest.approx(3 * seconds)
    # The last one is not looked at: its end is not there.
    count = len(data) // size
    assert measured(data, 0, 1000)[0] in {(count - 1) * size, count * size}


def test_frames_end_where_something_else_begins() -> None:
    size, sound = measured(MP3 + b"TAG" + b"\0" * 600, 0, 1000)
    assert size == len(MP3)
    assert sound == pytest.approx(8 * 1152 / 44_100)
    slower = b"\xff\xfb\x94\x00" + b"\0" * 600  # the same layer at another rate
    assert measured(MP3 + slower, 0, 1000)[0] == len(MP3)
    assert not frames(MP3[: 417 * 2] + slower, 0, most=4)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"\xff\xfb\x90\x00", (1152, 44_100, 36)),
        (b"\xff\xfb\x90\xc0", (1152, 44_100, 21)),  # mono
        (b"\xff\xf3\x90\x00", (576, 22_050, 21)),  # MPEG-2
        (b"\xff\xe3\x90\xc0", (576, 11_025, 13)),  # MPEG-2.5
        (b"\xff\xfd\x90\x00", (1152, 44_100, 0)),  # layer 2
        (b"\xff\xff\xc4\x00", (384, 48_000, 0)),  # layer 1
        (b"\xff\xf1\x50\x80\x08\x1f", (0, 0, 0)),  # AAC
        (b"\xff\xfb\xf0\x00", (0, 0, 0)),  # a rate that is none
        (b"\xff\xfb\x00\x00", (0, 0, 0)),
        (b"\xff\xfb\x9c\x00", (0, 0, 0)),
        (b"\xff\xeb\x90\x00", (0, 0, 0)),
        (b"\xff\xf1\x7c\x80\x08\x1f", (0, 0, 0)),  # ADTS with a rate that is none
        (b"\xff\xf1\x50", (0, 0, 0)),
    ],
)
def test_what_a_frame_says_of_itself(head: bytes, found: tuple[int, int, int]) -> None:
    assert samples(head, 0) == found


def test_where_frames_begin() -> None:
    assert first_frame(b"\xff\xfe\0\0 words " + MP3) == 11
    assert first_frame(b"\xff\xfe" * 400) == -1
    # One frame, and then something else.
    assert first_frame(MP3[:417] + b"x" * 900) == -1
