"""The last time that stands in a piece of a file, in each of the formats that have such times."""

from __future__ import annotations

import struct

import pytest

from stagedoor.resources.length_followers import HELD, REACH, MarkFollower
from stagedoor.resources.time_marks import NONE, Marks, marks


def of(head: bytes) -> Marks:
    found = marks(head)
    assert found is not None
    return found


# -- Ogg -------------------------------------------------------------------------------------------


def page(granule: int, body: bytes, serial: bytes = b"song") -> bytes:
    sizes = [255] * (len(body) // 255) + [len(body) % 255]
    return (
        b"OggS\0\0" + struct.pack("<q", granule) + serial + b"\0" * 8
        + bytes([len(sizes), *sizes]) + body
    )  # fmt: skip


VORBIS = b"\x01vorbis" + struct.pack("<IBI", 0, 2, 44_100) + b"\0" * 14
OPUS = b"OpusHead\x01\x02" + struct.pack("<HI", 312, 48_000) + b"\0\0\0"
SPEEX = b"Speex   " + b"1.2".ljust(20, b"\0") + struct.pack("<III", 1, 80, 16_000) + b"\0" * 40
FLAC = b"\x7fFLAC\x01\0\0\x01fLaC\0\0\0\x22" + b"\0" * 10 + (48_000 << 4).to_bytes(3) + b"\0" * 20
SOUND = b"\xaa" * 1000


@pytest.mark.parametrize(
    ("first", "hertz", "before"),
    [(VORBIS, 44_100, 0), (OPUS, 48_000, 312), (SPEEX, 16_000, 0), (FLAC, 48_000, 0)],
)
def test_an_ogg_page_says_the_samples_up_to_its_end(first: bytes, hertz: int, before: int) -> None:
    head = page(0, first) + page(hertz, SOUND)
    piece = page(hertz * 200 + before, SOUND)
    assert of(head)(SOUND + piece) == (200.0, len(SOUND + piece))
    assert of(head)(SOUND) == NONE


def test_only_the_pages_of_the_sound_count() -> None:
    head = page(0, b"fishead\0" + b"\0" * 56, b"skel") + page(0, VORBIS) + page(44_100, SOUND)
    last, other = page(44_100 * 200, SOUND), page(44_100 * 300, SOUND, b"pict")
    unfinished = page(-1, SOUND)  # a packet that goes on in the next page
    assert of(head)(last + other + unfinished) == (200.0, len(last))


def test_a_recording_of_a_radio_begins_in_the_middle() -> None:
    head = page(0, VORBIS) + page(44_100 * 5000, SOUND)
    assert of(head)(page(44_100 * 5060, SOUND))[0] == 60.0


def test_an_ogg_stream_of_pictures_has_no_times() -> None:
    assert marks(page(0, b"\x80theora" + b"\0" * 40) + page(9, SOUND)) is None
    assert marks(b"OggS") is None


# -- FLAC ------------------------------------------------------------------------------------------


def crc8(data: bytes) -> int:
    """CRC-8 with the polynomial x⁸ + x² + x + 1, by long division."""
    rest = int.from_bytes(data) << 8
    for bit in range(rest.bit_length() - 1, 7, -1):
        if rest >> bit & 1:
            rest ^= 0x107 << bit - 8
    return rest


def flac(hertz: int) -> bytes:
    return b"fLaC\0\0\0\x22" + b"\x10\0" * 2 + b"\0" * 6 + (hertz << 4).to_bytes(3) + b"\0" * 21


def frame(number: bytes, fixed: bool = True, size: int = 12, rate: int = 9, more: bytes = b"") -> bytes:  # fmt: skip
    head = bytes([0xFF, 0xF8 if fixed else 0xF9, size << 4 | rate, 0x18]) + number + more
    return head + bytes([crc8(head)]) + b"\0" * 40


def coded(number: int) -> bytes:
    """As UTF-8 codes a character, up to 36 bits."""
    if number < 0x80:
        return bytes([number])
    width = next(n for n in range(2, 8) if number < 1 << 5 * n + 1 or n == 7)
    rest = [0x80 | number >> 6 * n & 0x3F for n in range(width - 2, -1, -1)]
    return bytes([0xFF << 8 - width & 0xFF | number >> 6 * (width - 1), *rest])


@pytest.mark.parametrize(
    ("found", "sample"),
    [
        (frame(coded(100)), 100 * 4096),
        (frame(coded(1000)), 1000 * 4096),
        (frame(coded(100_000), fixed=False), 100_000),
        (frame(coded(2_000_000), fixed=False), 2_000_000),
        (frame(coded(40_000_000), fixed=False), 40_000_000),
        (frame(coded(1_500_000_000), fixed=False), 1_500_000_000),
        (frame(coded(20_000_000_000), fixed=False), 20_000_000_000),
        # The block's size and the rate may stand at the end of the head.
        (frame(coded(100), size=6, more=b"\x7f"), 100 * 4096),
        (frame(coded(100), size=7, more=b"\x7f\xff"), 100 * 4096),
        (frame(coded(100), rate=12, more=b"\x30"), 100 * 4096),
        (frame(coded(100), size=7, rate=13, more=b"\x7f\xff\xac\x44"), 100 * 4096),
    ],
)
def test_a_flac_frame_says_where_it_begins(found: bytes, sample: int) -> None:
    piece = b"\xff\xf8" + b"\0" * 100 + found
    seconds, at = of(flac(44_100))(piece)
    assert seconds == pytest.approx(sample / 44_100)
    assert at == 102


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 100,
        b"\xff\xf8" + b"\0" * 100,
        frame(coded(100))[:12],  # cut off
        frame(coded(100)).replace(b"\xc9\x18", b"\xca\x18"),  # its sum is wrong
        frame(b"\x81"),  # no number begins so
        frame(b"\xff"),
        frame(coded(100)).replace(b"\x18", b"\x19", 1),  # a bit that is reserved
    ],
)
def test_what_only_looks_like_a_flac_frame_is_none(data: bytes) -> None:
    assert of(flac(44_100))(data) == NONE


def test_flac_without_a_rate_has_no_times() -> None:
    assert marks(flac(0)) is None
    assert marks(b"fLaC") is None


# -- Matroska --------------------------------------------------------------------------------------

EBML = b"\x1a\x45\xdf\xa3\x80"


def cluster(milliseconds: int, *blocks: bytes) -> bytes:
    return b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff\xe7\x84" + struct.pack(">I", milliseconds) + b"".join(blocks)  # fmt: skip


def simple(time: int, size: int = 40) -> bytes:
    body = b"\x81" + struct.pack(">h", time) + b"\x80" + b"\0" * size
    return b"\xa3" + bytes([0x80 | len(body)]) + body


def grouped(time: int) -> bytes:
    block = b"\x81" + struct.pack(">h", time) + b"\x80" + b"\0" * 40
    group = b"\xa1" + bytes([0x80 | len(block)]) + block
    return b"\xa0" + bytes([0x80 | len(group)]) + group


def test_the_last_block_of_the_last_cluster_counts() -> None:
    data = cluster(0, simple(0)) + cluster(60_000, simple(0), simple(500))
    last = len(data) - len(simple(500))
    assert of(EBML)(data + b"\0" * 12) == (60.5, last)
    again = cluster(60_000, grouped(0), grouped(20))
    assert of(EBML)(again + b"\0" * 12) == (60.02, len(again) - len(grouped(20)))


def test_a_cluster_without_a_block_begins_at_its_own_time() -> None:
    data = b"\0" * 100 + cluster(60_000, b"\xec\x80", b"\x99")
    assert of(EBML)(data + b"\0" * 12) == (60.0, 100)
    # Its first block has the same time, and a negative one is of before.
    assert of(EBML)(data[:100] + cluster(60_000, simple(-5)) + b"\0" * 12) == (60.0, 100)
    # An element without a size ends it.
    assert of(EBML)(data[:100] + cluster(60_000, b"\xa3\0") + b"\0" * 20) == (60.0, 100)


def test_a_cluster_without_a_time_is_passed_over() -> None:
    assert of(EBML)(b"\x1f\x43\xb6\x75" + b"\0" * 40) == NONE
    first = cluster(1000, simple(9))
    assert of(EBML)(first + b"\x1f\x43\xb6\x75\x01" + b"\0" * 40)[0] == pytest.approx(1.009)


# -- transport streams -----------------------------------------------------------------------------


def stamp(seconds: float) -> bytes:
    ticks = int(seconds * 90_000)
    return bytes([
        0x21 | ticks >> 29 & 0xE, ticks >> 22 & 0xFF, ticks >> 14 & 0xFE | 1,
        ticks >> 7 & 0xFF, ticks << 1 & 0xFE | 1,
    ])  # fmt: skip


def packet(seconds: float, stream: int = 0xC0) -> bytes:
    pes = b"\0\0\1" + bytes([stream]) + b"\0\0\x80\x80\x05" + stamp(seconds)
    return (b"G\x41\0\x10" + pes).ljust(188, b"\xff")


def test_a_transport_stream_has_a_clock_that_starts_anywhere() -> None:
    head = packet(1000.0) + packet(1000.1)
    piece = packet(1200.0) + packet(1500.0, 0xE0)  # the last is a picture's
    assert of(head)(piece) == (200.0, 4)
    assert of(head)(packet(1200.0, 0xBD)) == (200.0, 4)
    assert of(head)(b"G" + b"\xff" * 400) == NONE


def test_the_clock_of_a_transport_stream_goes_round_after_a_day() -> None:
    round_ = 2**33 / 90_000
    assert of(packet(round_ - 10) * 2)(packet(5.0))[0] == pytest.approx(15.0)


def test_a_transport_stream_without_a_time_at_its_start_has_none() -> None:
    assert of((b"G" + b"\xff" * 187) * 2)(packet(1200.0)) == NONE


def test_what_is_none_of_these_has_no_times() -> None:
    assert marks(b"ID3\4" * 50) is None
    assert marks(b"") is None


# -- as they pass ----------------------------------------------------------------------------------


def test_of_a_file_of_known_size_only_the_end_is_looked_at() -> None:
    size = 4 * REACH
    end = page(44_100 * 200, SOUND)
    follower = MarkFollower(of(page(0, VORBIS)), size)
    follower.feed(page(44_100 * 100, SOUND), 0)
    assert follower.rate == 0
    follower.feed(end[:500], size - len(end))
    follower.feed(end[500:], size - len(end) + 500)
    assert follower.rate == 200 / size
    assert follower.end(size) == 200.0


def test_of_a_file_without_a_size_the_last_bytes_are_kept() -> None:
    follower = MarkFollower(of(page(0, VORBIS)), 0)
    data = page(44_100, SOUND) * 3 + page(44_100 * 200, SOUND)
    for at in range(0, len(data), 700):
        follower.feed(data[at : at + 700], at)
    assert follower.end(len(data)) == 200.0
    follower.feed(b"\0" * 2 * HELD, len(data))
    # The mark stands far in front of the end: as much again stands behind it.
    assert follower.end(len(data) + 2 * HELD) == pytest.approx(
        200.0 * (len(data) + 2 * HELD) / len(data)
    )
    assert follower.end(len(data) + 2 * REACH) == 0
