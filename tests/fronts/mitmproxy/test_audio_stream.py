"""What is counted of a recording on its way out: bytes, and seconds of sound."""

from __future__ import annotations

import pytest
from mitmproxy import http

from recordings import LENGTH, recording
from stagedoor.fronts.mitmproxy.audio_stream import AudioStream
from stagedoor.store.interface import Length
from stagedoor.store.memory import MemoryStore


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


def test_seconds_are_counted_as_they_go_out() -> None:
    data, shelf = recording("cbr.mp3"), MemoryStore(1)
    whole = answer(content_length=str(len(data)))
    assert play(shelf, whole, data) == [len(data), pytest.approx(LENGTH, rel=0.02)]
    # The second half alone: the shelf knows by now.
    half = answer(206, content_range=f"bytes {len(data) // 2}-{len(data) - 1}/{len(data)}")
    told = play(shelf, half, data[len(data) // 2 :])
    assert told[1] == pytest.approx(LENGTH / 2, rel=0.02)
    # Another path is not known, and its middle does not show it.
    assert play(shelf, half, data[len(data) // 2 :], "/b")[1] == 0
    # The file was replaced by another.
    other = recording("bare.mp3")
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


def test_whoever_hangs_up_early_has_taken_bytes_and_no_seconds() -> None:
    data, shelf = recording("a.flac"), MemoryStore(1)
    told: list[tuple[int, float]] = []
    stream = AudioStream(
        shelf,
        "/a",
        answer(content_length=str(len(data))),
        lambda size, seconds: told.append((size, seconds)),
    )
    stream(data[:1000])
    assert told == [(1000, 0.0)]
    assert shelf.length("/a") == Length(len(data))
