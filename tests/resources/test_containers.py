"""Lengths by the heads of recordings, container by container: heads made by hand, from the formats'
own descriptions. Files of real encoders are read in `e2e/test_durations.py`.
"""

from __future__ import annotations

import struct

import pytest

from stagedoor.resources.containers import LONGEST, believed, extended, length, rate

SIZE = 4_000_000
NOTHING = 0.0

# MPEG-1 layer 3, 128 kbit/s, 44.1 kHz, stereo: 417 bytes, 1152 samples a frame.
FRAME = b"\xff\xfb\x90\x00"
MPEG_SECONDS = 10_000 * 1152 / 44100


def mp3(mark: bytes = b"Xing", flags: int = 1, count: int = 10_000, frame: bytes = FRAME) -> bytes:
    """A first frame with a header that counts the frames; its side information takes 32 bytes."""
    body = frame + b"\0" * 32 + mark + struct.pack(">II", flags, count)
    return body.ljust(417, b"\0") + (frame.ljust(417, b"\0")) * 3


def vbri(count: int) -> bytes:
    body = FRAME + b"\0" * 32 + b"VBRI" + b"\0" * 10 + struct.pack(">I", count)
    return body.ljust(417, b"\0") + (FRAME.ljust(417, b"\0")) * 3


@pytest.mark.parametrize(
    ("head", "size", "seconds"),
    [
        (mp3(), SIZE, MPEG_SECONDS),
        (mp3(b"Info"), SIZE, MPEG_SECONDS),
        (mp3(), 0, MPEG_SECONDS),
        (mp3(flags=0), SIZE, NOTHING),  # a header that does not count
        (vbri(10_000), SIZE, MPEG_SECONDS),
        (mp3(b"LAME"), SIZE, NOTHING),
        # Two files behind each other: the first says ten seconds, and 3 Mbit/s are no MP3.
        (mp3(count=383), SIZE, NOTHING),
        # MPEG-2 in mono: 576 samples, side information of nine bytes.
        (
            (b"\xff\xf3\x80\xc0" + b"\0" * 9 + b"Xing" + struct.pack(">II", 1, 5000)).ljust(208, b"\0")
            + (b"\xff\xf3\x80\xc0").ljust(208, b"\0") * 3,
            SIZE,
            5000 * 576 / 22050,
        ),
        (b"\xff\xf1\x50\x80\x02\x1f\xfc".ljust(16, b"\0") * 4, SIZE, NOTHING),  # AAC counts nothing
        (b"no frame anywhere" * 20, SIZE, NOTHING),
    ],
)  # fmt: skip
def test_mpeg_audio(head: bytes, size: int, seconds: float) -> None:
    assert length(head, size) == pytest.approx(seconds)


def flac(hertz: int, samples: int) -> bytes:
    return b"fLaC\0\0\0\x22" + b"\x10\0" * 2 + b"\0" * 6 + struct.pack(">Q", hertz << 44 | samples)


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        (flac(48_000, 48_000 * 200), 200.0),
        (flac(44_100, 0), NOTHING),  # the encoder did not know
        (flac(0, 1000), NOTHING),
        (flac(44_100, 44_100)[:20], NOTHING),
    ],
)
def test_flac(head: bytes, seconds: float) -> None:
    assert length(head, SIZE) == pytest.approx(seconds)


def chunk(name: bytes, body: bytes, form: str = "<I", says: int | None = None) -> bytes:
    size = len(body) if says is None else says
    return name + struct.pack(form, size) + body + b"\0" * (len(body) % 2)


def fmt(kind: bytes = b"\x01\0", hertz: int = 44_100, a_second: int = 176_400, form: str = "<") -> bytes:  # fmt: skip
    return kind + struct.pack(form + "HIIHH", 2, hertz, a_second, 4, 16)


def wav(*chunks: bytes, start: bytes = b"RIFF") -> bytes:
    return start + b"\0\0\0\0WAVE" + b"".join(chunks)


DATA = chunk(b"data", b"", says=1_764_000)
"""Ten seconds of CD sound."""
WAVE64 = bytes.fromhex("f3acd3118cd100c04f8edb8a")


def wave64(name: bytes, body: bytes, says: int | None = None) -> bytes:
    size = 24 + (len(body) if says is None else says)
    return name + WAVE64 + struct.pack("<Q", size) + body + b"\0" * (-len(body) % 8)


@pytest.mark.parametrize(
    ("head", "size", "seconds"),
    [
        (wav(chunk(b"fmt ", fmt()), DATA), SIZE, 10.0),
        (wav(chunk(b"LIST", b"odd"), chunk(b"fmt ", fmt()), DATA), SIZE, 10.0),
        # Streamed: the size was not known, so the file's counts. 44 bytes stand in front.
        (wav(chunk(b"fmt ", fmt()), chunk(b"data", b"", says=0)), 44 + 1_764_000, 10.0),
        (wav(chunk(b"fmt ", fmt()), chunk(b"data", b"", says=0xFFFF_FFFF)), 44 + 176_400, 1.0),
        # More than four gigabytes: `ds64` says how many.
        (
            wav(
                chunk(b"ds64", struct.pack("<QQ", 0, 176_400 * 60_000) + b"\0" * 12),
                chunk(b"fmt ", fmt()),
                chunk(b"data", b"", says=0xFFFF_FFFF),
                start=b"RF64",
            ),
            176_400 * 60_000 + 100,
            60_000.0,
        ),
        # Packed sound: the bytes a second are a guess, `fact` counts the samples.
        (
            wav(
                chunk(b"fmt ", fmt(b"\x11\0", a_second=1)),
                chunk(b"fact", struct.pack("<I", 441_000)),
                DATA,
            ),
            SIZE,
            10.0,
        ),
        # Of PCM `fact` counts nothing.
        (
            wav(chunk(b"fmt ", fmt()), chunk(b"fact", struct.pack("<I", 1)), DATA),
            SIZE,
            10.0,
        ),
        # A picture that reaches beyond the head: the rest of the file is sound.
        (
            wav(chunk(b"fmt ", fmt()), chunk(b"PICT", b"", says=1_000_000)),
            1_000_044 + 176_400,
            1.0,
        ),
        (wav(DATA), SIZE, NOTHING),
        (wav(chunk(b"LIST", b"", says=1_000_000)), SIZE, NOTHING),
        # The other order of bytes.
        (
            wav(
                chunk(b"fmt ", fmt(b"\0\x01", form=">"), ">I"),
                chunk(b"data", b"", ">I", says=1_764_000),
                start=b"RIFX",
            ),
            SIZE,
            10.0,
        ),
        (
            b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0"
            + struct.pack("<Q", 0)
            + b"wave" + WAVE64
            + wave64(b"fmt ", fmt())
            + wave64(b"data", b"", says=1_764_000),
            SIZE,
            10.0,
        ),
    ],
)  # fmt: skip
def test_wav(head: bytes, size: int, seconds: float) -> None:
    assert length(head, size) == pytest.approx(seconds)


RATE_44100 = bytes.fromhex("400eac44000000000000")
"""44,100 as an 80-bit number: what every AIFF of a CD has."""


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (RATE_44100, 44_100.0),
        (bytes.fromhex("3fff8000000000000000"), 1.0),
        (bytes(10), 0.0),
        (bytes.fromhex("7fff8000000000000000"), 0.0),  # infinite
    ],
)
def test_extended_numbers(raw: bytes, number: float) -> None:
    assert extended(raw) == number


def aiff(frames: int, hertz: bytes = RATE_44100) -> bytes:
    return b"FORM\0\0\0\0AIFFCOMM\0\0\0\x12\0\x02" + struct.pack(">IH", frames, 16) + hertz


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        (aiff(441_000), 10.0),
        (aiff(441_000, bytes(10)), NOTHING),
        (aiff(441_000)[:-4], NOTHING),
        (b"FORM\0\0\0\0AIFFSSND" + b"\0" * 40, NOTHING),
    ],
)
def test_aiff(head: bytes, seconds: float) -> None:
    assert length(head, SIZE) == pytest.approx(seconds)


def asf(seconds: float, preroll: int, flags: int = 2, bits: int = 128_000) -> bytes:
    properties = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365") + struct.pack("<Q", 104)
    properties += b"\0" * 16 + struct.pack("<QQQ", SIZE, 0, 0)  # file id, size, created, packets
    properties += struct.pack("<QQQ", int((seconds + preroll / 1e3) * 1e7), 0, preroll)
    properties += struct.pack("<IIII", flags, 3200, 3200, bits)
    return bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + b"\0" * 14 + properties


@pytest.mark.parametrize(
    ("head", "size", "seconds"),
    [
        (asf(200.0, 3000), SIZE, 200.0),
        (asf(0.0, 0, flags=1), 1_600_000, 100.0),  # a broadcast: by its bit rate
        (asf(0.0, 0, flags=1, bits=0), SIZE, NOTHING),
        (bytes.fromhex("3026b275") + b"\0" * 200, SIZE, NOTHING),
    ],
)
def test_windows_media(head: bytes, size: int, seconds: float) -> None:
    assert length(head, size) == pytest.approx(seconds)


EBML, INFO, DURATION = b"\x1a\x45\xdf\xa3\x80", b"\x15\x49\xa9\x66\xc0", b"\x44\x89"
SCALE = b"\x2a\xd7\xb1\x83\x0f\x42\x40"
"""A million nanoseconds: a millisecond."""


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        (EBML + INFO + SCALE + DURATION + b"\x88" + struct.pack(">d", 61_500.0), 61.5),
        (EBML + INFO + DURATION + b"\x84" + struct.pack(">f", 61_500.0), 61.5),
        (EBML + INFO + b"\x2a\xd7\xb1\x81\x0a" + DURATION + b"\x88" + struct.pack(">d", 6e9), 60.0),
        (EBML + INFO + b"\x2a\xd7\xb1\x81\0" + DURATION + b"\x88" + struct.pack(">d", 6e4), 60.0),
        (EBML + INFO + b"\x2a\xd7\xb1\x99" + DURATION + b"\x88" + struct.pack(">d", 6e4), 60.0),
        (EBML + INFO + DURATION + b"\x82\0\0", NOTHING),
        (EBML + INFO + DURATION + b"\x88" + struct.pack(">d", float("inf")), NOTHING),
        (EBML + INFO, NOTHING),
        (EBML + DURATION + b"\x88" + struct.pack(">d", 61_500.0), NOTHING),
    ],
)
def test_matroska(head: bytes, seconds: float) -> None:
    assert length(head, SIZE) == pytest.approx(seconds)


def caf(packet: int, frames: int, rest: bytes, hertz: float = 44_100.0) -> bytes:
    return (
        b"caff\0\x01\0\0desc" + struct.pack(">q", 32) + struct.pack(">d", hertz) + b"lpcm"
        + struct.pack(">IIIII", 0, packet, frames, 2, 16) + rest
    )  # fmt: skip


@pytest.mark.parametrize(
    ("head", "size", "seconds"),
    [
        # PCM: four bytes a packet, which is a frame. `data` and what is in front of it: 52 + 16.
        (caf(4, 1, b"data" + b"\0" * 12), 52 + 16 + 1_764_000, 10.0),
        (caf(0, 1024, b"pakt" + struct.pack(">qqq", 24, 431, 441_000)), SIZE, 10.0),
        (caf(0, 1024, b"data" + b"\0" * 12), SIZE, NOTHING),
        (caf(4, 1, b""), SIZE, NOTHING),
        (caf(4, 1, b"data" + b"\0" * 12, hertz=0.0), SIZE, NOTHING),
    ],
)
def test_core_audio(head: bytes, size: int, seconds: float) -> None:
    assert length(head, size) == pytest.approx(seconds)


def au(size: int, encoding: int, hertz: int = 44_100, channels: int = 2) -> bytes:
    return b".snd" + struct.pack(">5I", 32, size, encoding, hertz, channels) + b"\0" * 8


@pytest.mark.parametrize(
    ("head", "size", "seconds"),
    [
        (au(1_764_000, 3), SIZE, 10.0),
        (au(0xFFFF_FFFF, 3), 32 + 176_400, 1.0),
        (au(80_000, 1, 8000, 1), SIZE, 10.0),
        (au(1_764_000, 99), SIZE, NOTHING),
    ],
)
def test_sun_audio(head: bytes, size: int, seconds: float) -> None:
    assert length(head, size) == pytest.approx(seconds)


def wavpack(samples: int, rate_number: int) -> bytes:
    return b"wvpk" + b"\0" * 8 + struct.pack("<IIII", samples, 0, 0, rate_number << 23) + b"\0" * 4


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        (wavpack(441_000, 9), 10.0),
        (wavpack(0xFFFF_FFFF, 9), NOTHING),  # not known
        (wavpack(441_000, 15), NOTHING),  # a rate of its own, which stands elsewhere
        (b"TTA1" + struct.pack("<HHHII", 1, 2, 16, 44_100, 441_000), 10.0),
        (b"TTA1" + struct.pack("<HHHII", 1, 2, 16, 0, 441_000), NOTHING),
        (b"DSD " + b"\0" * 52 + struct.pack("<IIQ", 2_822_400, 1, 28_224_000), 10.0),
        (b"DSD " + b"\0" * 52 + struct.pack("<IIQ", 0, 1, 28_224_000), NOTHING),
        (b"DSD " + b"\0" * 10, NOTHING),
    ],
)
def test_wavpack_true_audio_and_dsd(head: bytes, seconds: float) -> None:
    assert length(head, SIZE) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("head", "size", "seconds"),
    [
        # AC-3: code 0x14 is 192 kbit/s (index 10), stream 8.
        (b"\x0b\x77\0\0\x14\x40", 240_000, 10.0),
        (b"\x0b\x77\0\0\x3e\x40", 240_000, NOTHING),  # no such rate
        # E-AC-3: 768 bytes for 6 × 256 samples at 48 kHz.
        (b"\x0b\x77\x01\x7f\x30\x80", 768 * 1000, 32.0),
        (b"\x0b\x77\x01\x7f\xf0\x80", 768 * 1000, NOTHING),
        (b"\x0b\x77\0", SIZE, NOTHING),
        # AMR at 12.2 kbit/s: 32 bytes for 20 ms; wide band, 61 bytes.
        (b"#!AMR\n" + (b"\x3c" + b"\0" * 31) * 50, 6 + 32 * 500, 10.0),
        (b"#!AMR-WB\n" + (b"\x44" + b"\0" * 60) * 50, 9 + 61 * 500, 10.0),
        (b"#!AMR\n", 6, NOTHING),
    ],
)
def test_ac3_and_amr(head: bytes, size: int, seconds: float) -> None:
    assert length(head, size) == pytest.approx(seconds)


def ape(version: int, blocks: int, last: int, count: int, hertz: int, at: int = 52) -> bytes:
    head = b"MAC " + struct.pack("<HHI", version, 0, at)
    return head.ljust(at, b"\0") + struct.pack("<HHIIIHHI", 2000, 0, blocks, last, count, 16, 2, hertz)  # fmt: skip


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        (ape(3990, 73_728, 50_000, 10, 44_100), (73_728 * 9 + 50_000) / 44_100),
        (ape(3970, 73_728, 50_000, 10, 44_100), NOTHING),
        (ape(3990, 73_728, 50_000, 0, 44_100), NOTHING),
        (ape(3990, 73_728, 50_000, 10, 0), NOTHING),
        (ape(3990, 73_728, 50_000, 10, 44_100, at=8000), NOTHING),
    ],
)
def test_monkeys_audio(head: bytes, seconds: float) -> None:
    assert length(head, SIZE) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("seconds", "size", "found"),
    [
        (200.0, SIZE, 200.0),
        (200.0, 0, 200.0),
        (-1.0, 0, NOTHING),
        (LONGEST, 0, NOTHING),
        (201.0, 12_500, NOTHING),  # fewer than 500 bits a second
        (200.0, 12_500, 200.0),
    ],
)
def test_a_length_is_believed_where_it_can_be_true(seconds: float, size: int, found: float) -> None:
    assert believed(seconds, size) == found


def test_what_goes_on_evenly_has_a_rate() -> None:
    streamed = wav(chunk(b"fmt ", fmt()), chunk(b"data", b"", says=0))
    assert rate(streamed) == pytest.approx(1 / 176_400, rel=1e-4)
    assert rate(b"\x0b\x77\0\0\x14\x40") == pytest.approx(1 / 24_000)
    assert rate(flac(48_000, 48_000 * 200)) == 0
    assert rate(b"nothing of all that") == 0
