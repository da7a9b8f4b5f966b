"""Downloads for sponsors: what counts, what does not, and what is kept."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest

from making import asks
from stagedoor.model.events import Sounded
from stagedoor.model.facts import Client, Purpose
from stagedoor.model.sound import SoundSent
from stagedoor.record.download_counts import (
    FILE,
    MOST_LISTENERS,
    MOST_RECORDINGS,
    OTHERS,
    WINDOW,
    Downloads,
    read_downloads,
)

NOVEMBER = 1_795_910_400.0
"""2026-11-29 00:00 UTC."""
SECOND = 16_000
"""Bytes of a second at 128 kbit/s."""
EPISODE = "/podcast/1.mp3"


class Clock:
    at = NOVEMBER

    def __call__(self) -> float:
        return self.at


def portion(
    start: float,
    end: float,
    *,
    track: str = EPISODE,
    purpose: Purpose = "podcast-app",
    agent: str = "Overcast/3.0",
    address: str = "198.51.100.7",
    method: str = "GET",
    length: float = 1800.0,
) -> Sounded:
    """Seconds `start` to `end` of a recording have gone out."""
    request = replace(asks(agent, track, method=method), address=address)
    sent = SoundSent(
        track, "episode", end - start, int(start * SECOND), int(end * SECOND),
        int(length * SECOND), length, start, track,
    )  # fmt: skip
    return Sounded(request, Client("x", "", purpose), sent)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def downloads(tmp_path: Path, clock: Clock) -> Downloads:
    return Downloads(tmp_path, clock)


def settled(downloads: Downloads) -> None:
    """Wait until the file is written."""
    if downloads._writer is not None:
        downloads._writer.join(10)


def counted(downloads: Downloads, month: str = "2026-11") -> dict[str, int]:
    downloads.write()
    return dict(read_downloads(downloads._path).get(month, {}))


@pytest.mark.parametrize(
    ("portions", "count"),
    [
        ([portion(0, 59)], 0),
        ([portion(0, 60)], 1),
        ([portion(0, 1800)], 1),
        ([portion(0, 30), portion(30, 60)], 1),
        ([portion(0, 30), portion(0, 30), portion(0, 30)], 0),  # the same sound
        ([portion(0, 31), portion(1000, 1031)], 1),  # somebody who jumps
        ([portion(0, 1 / 8000)], 0),  # bytes=0-1
        ([portion(0, 1800, method="HEAD")], 0),
        ([portion(0, 1800, purpose="ai-training")], 0),
        ([portion(0, 1800, purpose="downloader")], 0),
        ([portion(0, 1800, purpose="unknown")], 0),
        ([portion(0, 1800, purpose="browser")], 1),
        ([portion(0, 20, length=20)], 1),  # shorter than a minute, and all of it
        ([portion(0, 10, length=20)], 0),
        ([portion(0, 1800), portion(0, 1800)], 1),
        ([portion(0, 1800), portion(0, 1800, agent="Castro 2")], 2),
        ([portion(0, 1800), portion(0, 1800, address="198.51.100.8")], 2),
    ],
)
def test_what_is_a_download(downloads: Downloads, portions: list[Sounded], count: int) -> None:
    for one in portions:
        downloads.record(one)
    assert counted(downloads).get(EPISODE, 0) == count


def test_the_same_listener_counts_again_after_a_day(downloads: Downloads, clock: Clock) -> None:
    for _ in range(3):
        downloads.record(portion(0, 100))
        clock.at += WINDOW - 1
        downloads.record(portion(0, 100))
        clock.at += 1
    assert sum(counted(downloads, m).get(EPISODE, 0) for m in ("2026-11", "2026-12")) == 3


def test_a_live_stream_is_no_download(downloads: Downloads) -> None:
    one = portion(0, 1800)
    downloads.record(replace(one, sent=replace(one.sent, kind="live")))
    assert counted(downloads) == {}


def test_where_the_length_is_not_known_bytes_say_what_is_new(downloads: Downloads) -> None:
    for start in (0, 0, 0, 30):
        one = portion(start, start + 30)
        downloads.record(replace(one, sent=replace(one.sent, length=0.0, offset=0.0)))
    assert counted(downloads) == {EPISODE: 1}


def test_numbers_outlive_the_guard_and_nobody_else_does(tmp_path: Path, clock: Clock) -> None:
    for _ in range(2):
        downloads = Downloads(tmp_path, clock)
        downloads.record(portion(0, 100))
        downloads.close()
    text = (tmp_path / FILE).read_text("utf-8")
    assert json.loads(text)["months"] == {"2026-11": {EPISODE: 2}}
    assert "198.51" not in text
    assert "Overcast" not in text
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_it_is_written_once_a_minute(downloads: Downloads, clock: Clock, tmp_path: Path) -> None:
    downloads.record(portion(0, 100))
    assert not (tmp_path / FILE).exists()
    clock.at += 61
    downloads.record(portion(0, 1))
    settled(downloads)
    assert read_downloads(tmp_path / FILE) == {"2026-11": {EPISODE: 1}}


@pytest.mark.slow
def test_it_is_bounded(downloads: Downloads) -> None:
    for number in range(MOST_RECORDINGS + 10):
        downloads.record(portion(0, 60, track=f"/{number}.mp3"))
    found = counted(downloads)
    assert len(found) == MOST_RECORDINGS + 1
    assert found[OTHERS] == 10
    for number in range(MOST_LISTENERS + 10):
        downloads.record(portion(0, 1, address=f"2001:db8::{number:x}"))
    assert len(downloads._following) == MOST_LISTENERS


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"[]", b"null", b'{"form": 2}', b'{"form": 1, "months": 3}', b"[" * 100_000),
        # Numbers that could be read, and never be written again.
        b'{"form": 1, "months": {"2026-11": {"/a": 1e30}}}',
        b'{"form": 1, "months": {"2026-11": {"/a": 123456789012345678901234567890}}}',
        b'{"form": 1, "months": {"2026-11": {"/a": -1}}}',
    ],
)
def test_a_file_that_is_none_is_kept_aside(
    tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_bytes(data)
    assert read_downloads(tmp_path / FILE) == {}
    assert (tmp_path / "downloads.unread.json").read_bytes() == data
    assert FILE in caplog.text


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a device file of its own")
def test_a_disk_that_takes_nothing_is_reported_once(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    downloads = Downloads(tmp_path, clock)
    downloads._path = Path("/proc/nothing") / FILE
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            downloads.record(portion(0, 100, agent=str(clock.at)))
            settled(downloads)
            clock.at += 61
    assert len(caplog.records) == 1
    downloads._path = tmp_path / FILE
    downloads.close()
    assert read_downloads(tmp_path / FILE) == {"2026-11": {EPISODE: 3}}
