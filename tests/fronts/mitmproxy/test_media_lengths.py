"""How long recordings are, read from the heads of real files as they pass in pieces."""

from __future__ import annotations

import random
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import http

from e2e.programs import program
from stagedoor.fronts.mitmproxy.audio_stream import AudioStream
from stagedoor.fronts.mitmproxy.media_lengths import HEAD, Reader, extent, seconds
from stagedoor.store.interface import Length
from stagedoor.store.memory import MemoryStore

LENGTH = 30.0
MADE = {
    "cbr.mp3": ["-b:a", "128k"],
    "vbr.mp3": ["-q:a", "6"],
    "bare.mp3": ["-b:a", "64k", "-write_xing", "0", "-id3v2_version", "0"],
    "vbr-bare.mp3": ["-q:a", "6", "-write_xing", "0"],
    "a.flac": [],
    "a.wav": [],
    "a.ogg": ["-c:a", "libvorbis", "-b:a", "96k", "-minrate", "96k", "-maxrate", "96k"],
    "a.opus": ["-c:a", "libopus", "-b:a", "64k", "-vbr", "off"],
    "fast.m4a": ["-c:a", "aac", "-movflags", "+faststart"],
}


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Half a minute of noise, by ffmpeg."""
    folder = tmp_path_factory.mktemp("lengths")
    noise = f"anoisesrc=duration={LENGTH:g}:seed=7:amplitude=0.3:color=pink"
    for name, words in MADE.items():
        command = [program("ffmpeg"), "-v", "error", "-f", "lavfi", "-i", noise, *words]
        subprocess.run([*command, str(folder / name)], check=True, timeout=60)
    return {name: (folder / name).read_bytes() for name in MADE}


def read(data: bytes, size: int, piece: int) -> tuple[float | None, int]:
    """What a reader finds, and how many bytes it has seen by then."""
    reader = Reader(size)
    for place in range(0, len(data), piece):
        found = reader.read(data[place : place + piece])
        if found is not None:
            return found, min(len(data), place + piece)
    return reader.read(b""), len(data)


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("piece", [1000, 65536, 1 << 20])
def test_real_files(files: dict[str, bytes], name: str, piece: int) -> None:
    found, seen = read(files[name], len(files[name]), piece)
    assert found == pytest.approx(LENGTH, rel=0.15), name
    assert seen <= HEAD + piece


def test_a_large_picture_in_front_is_stepped_over(files: dict[str, bytes]) -> None:
    size = 700_000
    syncsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    data = b"ID3\x04\x00\x00" + syncsafe + bytes(size) + files["cbr.mp3"]
    for piece in (7, 5000, 1 << 20):
        found, _ = read(data[: size + 200_000], len(data), piece)
        assert found == pytest.approx(LENGTH, rel=0.05)


def test_what_cannot_be_read_has_no_length() -> None:
    assert seconds(b"", 0) == 0
    assert seconds(b"<!doctype html>" * 500, 1 << 20) == 0
    noise = random.Random(1).randbytes(HEAD)
    assert seconds(b"fLaC" + noise, 1 << 20) >= 0


@given(st.binary(max_size=400), st.sampled_from([b"", b"fLaC", b"OggS", b"RIFF\0\0\0\0WAVEfmt ", b"ID3\4\0\0", b"\xff\xfb\x90\x64", b"\0\0\0\x20ftypM4A ", b"FORM\0\0\0\0AIFF", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"]), st.integers(0, 1 << 40))  # fmt: skip
def test_nonsense_has_no_length_and_does_no_harm(body: bytes, magic: bytes, size: int) -> None:
    assert 0 <= seconds(magic + body, size) < 8 * 24 * 3600
    reader = Reader(size)
    reader.read(magic + body)
    assert reader.read(b"") is not None


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {"content-length": "1000"}, (0, 1000)),
        (206, {"content-range": "bytes 500-999/1000", "content-length": "500"}, (500, 1000)),
        (206, {"content-range": "bytes 0-499/*"}, None),
        (206, {}, None),
        (200, {}, None),
        (200, {"content-length": "1000", "content-encoding": "gzip"}, None),
        (200, {"content-length": "-5"}, None),
        (200, {"content-length": "９"}, None),
        (200, {"content-length": "9" * 400}, None),
        (404, {"content-length": "1000"}, None),
    ],
)
def test_extents(status: int, headers: dict[str, str], expected: tuple[int, int] | None) -> None:
    response = http.Response.make(status, b"")
    response.headers = http.Headers([(k.encode(), v.encode()) for k, v in headers.items()])
    assert extent(response) == expected


def answer(status: int = 200, **headers: str) -> http.Response:
    """A response's head."""
    made = http.Response.make(status, b"")
    made.headers = http.Headers([(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()])  # fmt: skip
    return made


def play(shelf: MemoryStore, response: http.Response, data: bytes, path: str = "/a") -> list[float]:
    """Bytes and seconds that are counted when `data` goes out."""
    told = [0.0, 0.0]

    def sent(size: int, length: float) -> None:
        told[0] += size
        told[1] += length

    stream = AudioStream(shelf, path, response, sent)
    out = b"".join(stream(data[n : n + 9000]) for n in range(0, len(data), 9000)) + stream(b"")
    assert out == data
    return told


def test_seconds_are_counted_as_they_go_out(files: dict[str, bytes]) -> None:
    data, shelf = files["cbr.mp3"], MemoryStore(1)
    whole = answer(content_length=str(len(data)))
    assert play(shelf, whole, data) == [len(data), pytest.approx(LENGTH, rel=0.02)]
    # The second half alone: the shelf knows by now.
    half = answer(206, content_range=f"bytes {len(data) // 2}-{len(data) - 1}/{len(data)}")
    told = play(shelf, half, data[len(data) // 2 :])
    assert told[1] == pytest.approx(LENGTH / 2, rel=0.02)
    # Another path is not known, and its middle does not tell.
    assert play(shelf, half, data[len(data) // 2 :], "/b")[1] == 0
    # The file was replaced by another.
    other = files["bare.mp3"]
    told = play(shelf, answer(content_length=str(len(other))), other)
    assert told[1] == pytest.approx(LENGTH, rel=0.02)


def test_a_radio_says_how_fast_it_plays() -> None:
    assert play(MemoryStore(1), answer(icy_br="128"), bytes(160_000)) == [
        160_000,
        pytest.approx(10),
    ]
    assert play(MemoryStore(1), answer(icy_br="128,96"), bytes(16_000))[1] == pytest.approx(1)
    for hostile in ("0", "-1", "²", "9" * 500, ""):
        assert play(MemoryStore(1), answer(icy_br=hostile), bytes(16_000)) == [16_000, 0]


def test_whoever_hangs_up_early_has_taken_bytes_and_no_seconds(files: dict[str, bytes]) -> None:
    data, shelf = files["a.flac"], MemoryStore(1)
    told = [0.0]
    stream = AudioStream(
        shelf,
        "/a",
        answer(content_length=str(len(data))),
        lambda _, seconds: told.append(seconds) if seconds else None,
    )
    stream(data[:1000])
    assert told == [0.0]
    assert shelf.length("/a") == Length(len(data))
