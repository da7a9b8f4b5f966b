"""MP4 made by hand, box by box (ISO/IEC 14496-12): what its head says, and what its fragments do."""

from __future__ import annotations

import struct

import pytest

from stagedoor.resources.mp4_boxes import MOST, Boxes, found_behind, is_mp4


def box(name: bytes, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    return struct.pack(">I", 8 + len(body)) + name + body


def long_box(name: bytes, body: bytes) -> bytes:
    """Its size in eight bytes, as `mdat` has it beyond four gigabytes."""
    return struct.pack(">I", 1) + name + struct.pack(">Q", 16 + len(body)) + body


def mvhd(scale: int, duration: int, version: int = 0) -> bytes:
    head = bytes([version, 0, 0, 0])
    if version:
        return box(b"mvhd", head, struct.pack(">QQIQ", 0, 0, scale, duration), b"\0" * 80)
    return box(b"mvhd", head, struct.pack(">IIII", 0, 0, scale, duration), b"\0" * 80)


def mdhd(scale: int) -> bytes:
    return box(b"mdhd", b"\0\0\0\0", struct.pack(">IIII", 0, 0, scale, 0), b"\0" * 4)


def moov(*boxes: bytes) -> bytes:
    return box(b"moov", *boxes)


FTYP = box(b"ftyp", b"M4A \0\0\0\0")
MEDIA = box(b"mdat", b"\0" * 5000)


def passed(data: bytes, piece: int = 1 << 20) -> Boxes:
    boxes = Boxes()
    for at in range(0, len(data), piece):
        boxes.feed(data[at : at + piece])
    return boxes


@pytest.mark.parametrize("piece", [1, 7, 16, 1000, 1 << 20])
@pytest.mark.parametrize(
    "data",
    [
        FTYP + moov(mvhd(1000, 200_000)) + MEDIA,
        FTYP + MEDIA + moov(mvhd(1000, 200_000)),
        FTYP + long_box(b"mdat", b"\0" * 5000) + moov(mvhd(48_000, 48_000 * 200, version=1)),
        FTYP + moov() + moov(mvhd(1000, 200_000)),  # an empty box is stepped over
        FTYP + box(b"free", b"moov mvhd" * 9) + moov(mvhd(1000, 200_000)),
        FTYP + moov(mvhd(1000, 200_000), b"\0" * 2 * MOST) + MEDIA,  # long tables, a picture
    ],
)
def test_the_movies_header_is_found_wherever_it_stands(data: bytes, piece: int) -> None:
    assert passed(data, piece).seconds == 200.0


@pytest.mark.parametrize(
    "data",
    [
        FTYP + moov(mvhd(1000, 0xFFFF_FFFF)),  # not known
        FTYP + moov(mvhd(1000, 0xFFFF_FFFF_FFFF_FFFF, version=1)),
        FTYP + moov(mvhd(0, 200_000)),
        FTYP + moov(box(b"trak", b"\0" * 100)),
        FTYP + moov(b"mvhd\0"),  # cut off
        FTYP + struct.pack(">I", 4) + b"moov" + mvhd(1000, 200_000),  # smaller than its own head
        FTYP + struct.pack(">I", 0) + b"mdat" + moov(mvhd(1000, 200_000)),  # to the end of the file
        FTYP + struct.pack(">I", 1) + b"mdat" + b"\xff" * 8 + moov(mvhd(1000, 200_000)),
    ],
)
def test_a_head_that_says_nothing_has_no_length(data: bytes) -> None:
    found = passed(data)
    assert (found.seconds, found.fragments) == (0, 0)


@pytest.mark.parametrize("version", [0, 1])
def test_of_a_movie_in_fragments_mehd_says_how_long_all_are(version: int) -> None:
    form = ">Q" if version else ">I"
    mehd = box(b"mehd", bytes([version, 0, 0, 0]), struct.pack(form, 200_000))
    assert passed(FTYP + moov(mvhd(1000, 0), box(b"mvex", mehd))).seconds == 200.0
    assert passed(FTYP + moov(mvhd(1000, 90_000), box(b"mvex", mehd))).seconds == 90.0
    assert passed(FTYP + moov(mvhd(0, 0), box(b"mvex", mehd))).seconds == 0


# -- fragments -------------------------------------------------------------------------------------


def tfdt(time: int, version: int = 0) -> bytes:
    return box(b"tfdt", bytes([version, 0, 0, 0]), struct.pack(">Q" if version else ">I", time))


def tfhd(flags: int = 0, *fields: int) -> bytes:
    head = struct.pack(">II", flags, 1)
    return box(b"tfhd", head, *(struct.pack(">I", one) for one in fields))


def trun(count: int, flags: int = 0, *fields: int) -> bytes:
    head = struct.pack(">II", flags, count)
    return box(b"trun", head, *(struct.pack(">I", one) for one in fields))


def moof(*boxes: bytes) -> bytes:
    return box(b"moof", box(b"traf", *boxes))


HEAD = FTYP + moov(mvhd(1000, 0), mdhd(48_000))
SECOND = 48_000


@pytest.mark.parametrize(
    ("fragment", "seconds"),
    [
        # The samples' length by the fragment's default: 100 of 1024 ticks.
        (moof(tfhd(0x8, 960), tfdt(10 * SECOND), trun(100)), 12.0),
        (moof(tfhd(0x8, 960), tfdt(10 * SECOND, 1), trun(100)), 12.0),
        # Behind an offset of eight bytes and a description of four.
        (moof(tfhd(0xB, 0, 0, 1, 960), tfdt(10 * SECOND), trun(100)), 12.0),
        # Each sample with a length of its own, behind an offset and first flags, and with a size.
        (moof(tfhd(), tfdt(10 * SECOND), trun(2, 0x305, 8, 9, SECOND, 77, SECOND, 77)), 12.0),
        (moof(tfhd(), tfdt(10 * SECOND), trun(2, 0x100, SECOND, SECOND)), 12.0),
        (moof(tfdt(10 * SECOND), trun(100)), 10.0),
        (moof(tfhd(), tfdt(10 * SECOND)), 10.0),
        (moof(tfhd(0x8, 960), trun(100)), 0.0),  # nobody says when
        (moof(b"tfdt\0\0"), 0.0),
    ],
)
def test_a_fragment_says_where_it_ends(fragment: bytes, seconds: float) -> None:
    found = passed(HEAD + fragment + MEDIA)
    assert (found.seconds, found.fragments) == (0, seconds)


def test_fragments_give_a_rate_as_they_pass() -> None:
    first = moof(tfhd(0x8, 960), tfdt(0), trun(100)) + MEDIA
    second = moof(tfhd(0x8, 960), tfdt(2 * SECOND), trun(100))
    found = passed(HEAD + first + second + MEDIA, 777)
    assert found.begun == (2.0, len(HEAD + first + second))
    assert found.fragments == 4.0


def test_fragments_without_a_head_have_no_clock() -> None:
    found = passed(box(b"styp", b"msdh\0\0\0\0") + moof(tfdt(10 * SECOND), trun(100)) + MEDIA)
    assert (found.begun, found.fragments) == ((0.0, 0), 0.0)


def sidx(scale: int, *durations: int, version: int = 0) -> bytes:
    head = bytes([version, 0, 0, 0]) + struct.pack(">II", 1, scale)
    head += b"\0" * (16 if version else 8) + struct.pack(">HH", 0, len(durations))
    return box(b"sidx", head, *(struct.pack(">III", 5000, one, 0) for one in durations))


@pytest.mark.parametrize("version", [0, 1])
def test_an_index_adds_up(version: int) -> None:
    index = sidx(1000, 4000, 4000, 2500, version=version)
    assert passed(FTYP + index + MEDIA).fragments == 10.5
    assert passed(FTYP + index + sidx(1000, 4000) + MEDIA).fragments == 10.5  # the first says all
    assert passed(FTYP + sidx(0, 4000) + MEDIA).fragments == 0


def test_a_header_is_found_in_a_piece_from_the_end_of_a_file() -> None:
    behind = b"\xff" * 500 + moov(mvhd(1000, 200_000)) + b"\xff" * 500
    assert found_behind(behind) == 200.0
    assert found_behind(b"\xff" * 500 + moov(mvhd(1000, 200_000, version=1))) == 200.0
    assert found_behind(behind[:530]) == 0  # cut off
    assert found_behind(b"mvhd" + b"\0" * 100) == 0
    assert found_behind(b"a song about mvhd" + b"\0" * 100) == 0


@pytest.mark.parametrize(
    ("head", "boxes"), [(FTYP, True), (MEDIA, True), (b"ID3\4", False), (b"", False)]
)
def test_files_of_boxes(head: bytes, boxes: bool) -> None:
    assert is_mp4(head) is boxes
