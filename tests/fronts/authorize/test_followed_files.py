"""Files that grow, and are read while they do."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from stagedoor.fronts.authorize import followed_files
from stagedoor.fronts.authorize.followed_files import QUIET, FollowedFile, SpoolFile, punch

LINE = b"stagedoor2\t" + b"x" * 1000 + b"\n"


def test_a_file_is_followed_from_its_end_and_when_it_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"before\n")
    file = FollowedFile(path)
    assert file.lines() == []
    with path.open("ab") as out:
        out.write(b"one\ntw")
    assert file.lines() == [b"one"]
    with path.open("ab") as out:
        out.write(b"o\n\n")
    assert file.lines() == [b"two"]
    path.rename(tmp_path / "access.log.1")
    assert file.lines() == []
    path.write_bytes(b"three\n")
    assert file.lines() == [b"three"]
    os.truncate(path, 0)
    with path.open("ab") as out:
        out.write(b"4\n")
    assert file.lines() == [b"4"]


def test_a_file_that_comes_later(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    file = FollowedFile(path)
    assert file.lines() == []
    path.write_bytes(b"first\n" + b"x" * 70_000)
    assert file.lines() == [b"first"]
    with path.open("ab") as out:
        out.write(b"\nnext\n")
    assert b"next" in file.lines()


def blocks(path: Path) -> int:
    """Bytes that a file takes on the disk."""
    return path.stat().st_blocks * 512


def test_what_was_read_of_a_spool_is_gone_and_its_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "spool.log"
    path.write_bytes(LINE * 1000)
    file = SpoolFile(path)
    with path.open("ab") as out:
        out.write(LINE * 2)
        out.flush()
        assert blocks(path) > 1_000_000
        assert len(file.lines()) == 2
        file.empty()
        assert blocks(path) <= 4096
        assert not path.read_bytes().strip(b"\0")
        out.write(LINE)
        out.flush()
        assert file.lines() == [LINE.rstrip()]
        file.empty()
        file.empty()
    assert path.stat().st_size == 1003 * len(LINE)
    assert not path.read_bytes().strip(b"\0")


def test_a_spool_that_has_become_large_is_cut_when_nobody_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed_files, "LARGE", 5000)
    path = tmp_path / "spool.log"
    path.touch()
    file = SpoolFile(path)
    path.write_bytes(LINE * 10)
    for _ in range(QUIET):
        file.lines()
        file.empty()
        assert path.stat().st_size == 10 * len(LINE)
    file.lines()
    file.empty()
    assert path.stat().st_size == 0
    with path.open("ab") as out:
        out.write(LINE)
    assert len(file.lines()) == 1


def test_a_log_of_others_is_never_emptied(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"somebody else's\n")
    file = SpoolFile(path)
    with path.open("ab") as out:
        out.write(LINE + b"127.0.0.1 - GET / 200\n")
    with caplog.at_level(logging.WARNING):
        assert len(file.lines()) == 2
        file.empty()
        file.empty()
    assert path.read_bytes().startswith(b"somebody")
    assert caplog.text.count("not emptied") == 1


def test_where_a_file_cannot_be_emptied_it_is_followed_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "spool.log"
    path.touch()
    file = SpoolFile(path, punched=lambda *_: False)
    path.write_bytes(LINE)
    with caplog.at_level(logging.WARNING):
        assert len(file.lines()) == 1
        file.empty()
    assert "this file system cannot" in caplog.text
    assert path.read_bytes() == LINE
    gone = SpoolFile(tmp_path / "gone.log")
    (tmp_path / "gone.log").write_bytes(LINE)
    assert len(gone.lines()) == 1
    (tmp_path / "gone.log").unlink()
    gone.empty()
    assert "gone.log" in caplog.text


def test_a_file_that_was_replaced_in_the_meantime_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "spool.log"
    path.touch()
    file = SpoolFile(path)
    path.write_bytes(LINE)
    assert len(file.lines()) == 1
    path.rename(tmp_path / "old.log")
    path.write_bytes(LINE)
    file.empty()
    assert path.read_bytes() == LINE


def test_a_file_that_takes_its_place_is_emptied_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "spool.log"
    path.touch()
    file = SpoolFile(path)
    path.write_bytes(LINE * 10)
    file.lines()
    file.empty()
    (tmp_path / "new.log").write_bytes(LINE * 20)
    (tmp_path / "new.log").rename(path)
    assert len(file.lines()) == 20
    file.empty()
    assert not path.read_bytes().strip(b"\0")


def test_a_hole_is_punched_by_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abcdef")
    descriptor = os.open(path, os.O_RDWR)
    try:
        assert punch(descriptor, 0, 3)
        assert path.read_bytes() == b"\0\0\0def"
        monkeypatch.setattr("sys.platform", "darwin")
        assert not punch(descriptor, 3, 3)
    finally:
        os.close(descriptor)
    assert path.read_bytes() == b"\0\0\0def"
