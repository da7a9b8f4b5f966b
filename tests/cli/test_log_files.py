"""Opening logs: packed or not, whole or not."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import threading
from pathlib import Path
from typing import BinaryIO, cast

import pytest
import zstandard

from loglines import line
from making import FIREFOX, policy
from stagedoor.cli import log_files
from stagedoor.cli.log_files import LogError, portions
from stagedoor.fronts.replay.log_records import MAX_LINE
from stagedoor.fronts.replay.tally import Tally

LINES = b"".join(line(FIREFOX, f"/{n}.mp3") + b"\n" for n in range(20_000))


def replayed(path: Path) -> tuple[Tally, int]:
    """The tally, and how many bytes were reported as read."""
    tally, told = Tally([policy()]), [0]
    log_files.replay(str(path), "auto", tally, told.append)
    return tally, sum(told)


def written(folder: Path, data: bytes) -> Path:
    path = folder / "access.log"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        LINES,
        LINES.rstrip(b"\n"),
        b"\xef\xbb\xbf" + LINES,
        gzip.compress(LINES, 1),
        gzip.compress(LINES[:5000], 1) + gzip.compress(LINES[5000:], 1),
        bz2.compress(LINES, 1),
        lzma.compress(LINES, preset=0),
        zstandard.compress(LINES),
        zstandard.compress(LINES[:5000]) + zstandard.compress(LINES[5000:]),
    ],
    ids=[
        *("plain", "no last break", "byte order mark", "gzip", "gzip in parts"),
        *("bzip2", "xz", "zstd", "zstd in parts"),
    ],
)
def test_every_line_is_counted(tmp_path: Path, data: bytes) -> None:
    tally, told = replayed(written(tmp_path, data))
    assert (tally.lines, tally.unreadable) == (20_000, 0)
    assert told == len(data)


def test_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def write() -> None:
        with path.open("wb", buffering=0) as pipe:
            pipe.write(LINES[:1])  # so that the first look sees one byte
            pipe.write(LINES[1:])

    writer = threading.Thread(target=write)
    writer.start()
    tally, _ = replayed(path)
    writer.join()
    assert (tally.lines, tally.unreadable) == (20_000, 0)


def test_what_comes_before_a_fault_counts(tmp_path: Path) -> None:
    packed = gzip.compress(LINES, 1)
    path = written(tmp_path, packed[: len(packed) // 2])
    tally = Tally([policy()])
    with pytest.raises(LogError, match="the packed file ends in the middle"):
        log_files.replay(str(path), "auto", tally, lambda _: None)
    assert 1000 < tally.lines < 20_000
    assert tally.unreadable == 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (gzip.compress(LINES)[:5], "ends in the middle"),
        (gzip.compress(LINES)[:-8] + b"12345678", "is damaged"),
        (gzip.compress(LINES)[:200] + b"\0" * 100, "is damaged"),
        (bz2.compress(LINES)[:900], "ends in the middle"),
        (bz2.compress(LINES)[:60] + b"0" * 900, "is damaged"),
        (lzma.compress(LINES)[:-80], "ends in the middle"),
        (zstandard.compress(LINES)[:900], "ends in the middle"),
        (zstandard.compress(LINES) + b"0" * 90, "is damaged"),
        (b"PK\x03\x04", "packed with zip — unpack it first"),
    ],
    ids=[
        "head cut",
        "sum changed",
        "zeros",
        "bzip2",
        "bzip2 zeros",
        "xz",
        "zstd",
        "zstd and more",
        "zip",
    ],  # gzip's bytes hold the time of day
)
def test_damaged_files(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(LogError) as told:
        replayed(written(tmp_path, data))
    assert str(told.value).startswith(f"{tmp_path}/access.log: ")
    assert message in str(told.value)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="no such file or directory — look at its name"):
        replayed(tmp_path / "missing")
    with pytest.raises(LogError, match="is a directory — name the files in it"):
        replayed(tmp_path)
    assert log_files.size_of(str(tmp_path / "missing")) is None


def test_a_line_without_end_is_not_kept() -> None:
    """Memory is bounded, and the next line is read again."""
    data = b"x" * (5 * MAX_LINE) + b"\nnext\n"
    stream = cast("BinaryIO", io.BufferedReader(io.BytesIO(data)))
    found = [text for lines in portions(stream) for text in lines]
    assert found[-1] == b"next"
    assert sum(map(len, found)) < 3 * MAX_LINE


def test_a_har_file_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "MAX_HAR", 1 << 20)
    with pytest.raises(LogError, match="a HAR file of more than 1 MB"):
        replayed(written(tmp_path, b'{"log": {"entries": [' + b" " * (1 << 20)))
