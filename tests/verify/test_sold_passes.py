"""Passes that were sold: for their paths, until their end, as often as was sold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from making import FIREFOX, asks, policy
from stagedoor.engine.transaction import Transaction
from stagedoor.marks.mark import Mark
from stagedoor.model.errors import StagedoorError
from stagedoor.model.globs import Globs
from stagedoor.verify import sold_passes
from stagedoor.verify.mark_keys import read_keys
from stagedoor.verify.sold_passes import FILE, USES, SoldPasses, read_sold, revoke, sell

NOW = 1_790_812_800.0


def asked(path: str, address: str = "198.51.100.7") -> Transaction:
    return Transaction(policy(), replace(asks(FIREFOX, path), address=address))


def sold(state: Path, paths: Sequence[str] = ("/ep/**",), until: date | None = None, count: int = 0) -> Mark:  # fmt: skip
    text, _ = sell(state, paths, until, count, "", NOW)
    mark = read_keys(state).read(text)
    assert mark is not None
    return mark


def opened(state: Path) -> SoldPasses:
    found = SoldPasses()
    found.open(state)
    return found


def test_a_pass_is_for_its_paths_until_its_end(tmp_path: Path) -> None:
    mark = sold(tmp_path, until=date(2026, 10, 2))
    passes = opened(tmp_path)
    assert passes.covers(mark, asked("/ep/a.mp3"), NOW)
    assert passes.covers(mark, asked("/ep/a.mp3"), NOW + 86_400)
    assert not passes.covers(mark, asked("/ep/a.mp3"), NOW + 2 * 86_400)
    assert not passes.covers(mark, asked("/other.mp3"), NOW)
    assert not passes.covers(Mark("bought", mark.hour, mark.number ^ 1), asked("/ep/a.mp3"), NOW)


def test_without_a_state_directory_nothing_was_sold(tmp_path: Path) -> None:
    passes = SoldPasses()
    passes.open(None)
    assert not passes.covers(sold(tmp_path), asked("/ep/a.mp3"), NOW)
    passes.save(last=True)


def test_each_file_may_be_taken_so_often(tmp_path: Path) -> None:
    mark = sold(tmp_path, count=2)
    passes = opened(tmp_path)
    # A player asks many times for what it plays: that is once.
    assert all(passes.covers(mark, asked("/ep/a.mp3"), NOW + n) for n in range(20))
    assert passes.covers(mark, asked("/ep/a.mp3", "203.0.113.1"), NOW)
    assert not passes.covers(mark, asked("/ep/a.mp3", "203.0.113.2"), NOW)
    assert passes.covers(mark, asked("/ep/b.mp3", "203.0.113.2"), NOW)
    passes.save(last=True)
    # A guard that starts anew still knows.
    again = opened(tmp_path)
    assert not again.covers(mark, asked("/ep/a.mp3"), NOW)
    assert again.covers(mark, asked("/ep/b.mp3"), NOW)


def test_a_running_guard_follows_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sold_passes, "PATIENCE", 0.0)
    passes = opened(tmp_path)
    mark = sold(tmp_path)
    assert passes.covers(mark, asked("/ep/a.mp3"), NOW)
    assert revoke(tmp_path, mark.serial, NOW) is not None
    assert not passes.covers(mark, asked("/ep/a.mp3"), NOW)
    assert revoke(tmp_path, "nobody", NOW) is None


def test_a_file_that_cannot_be_read_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sold_passes, "PATIENCE", 0.0)
    mark = sold(tmp_path)
    passes = opened(tmp_path)
    (tmp_path / FILE).write_text("no list")
    assert passes.covers(mark, asked("/ep/a.mp3"), NOW)
    assert "stay in force" in caplog.text
    (tmp_path / FILE).unlink()
    assert not passes.covers(mark, asked("/ep/a.mp3"), NOW)
    (tmp_path / FILE).mkdir()
    with pytest.raises(StagedoorError, match="cannot be read"):
        read_sold(tmp_path)
    (tmp_path / USES).write_text("no counts")
    opened(tmp_path)
    assert "counted anew" in caplog.text


def test_there_is_an_end_to_how_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sold_passes, "MOST", 2)
    for _ in range(2):
        sold(tmp_path)
    with pytest.raises(StagedoorError, match="no room for more"):
        sold(tmp_path)
    mark = Mark("bought", 5, 5)
    passes = opened(tmp_path)
    passes._passes[mark.serial] = passes._passes[read_sold(tmp_path)[0].serial]
    one = sold_passes.SoldPass(mark.serial, ("/**",), date(2026, 10, 1), count=1)
    passes._passes[mark.serial] = (one, Globs(("/**",)))
    for number in range(5):
        assert passes.covers(mark, asked(f"/{number}.mp3"), NOW)
    assert len(passes._lately) == 2


def test_a_disk_that_takes_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mark = sold(tmp_path, count=2)
    passes = opened(tmp_path)

    def full(_path: Path, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sold_passes, "write_whole", full)
    assert passes.covers(mark, asked("/ep/a.mp3"), NOW)
    assert "cannot be kept" in caplog.text
