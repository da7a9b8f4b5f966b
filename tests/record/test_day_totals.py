"""Totals of days: kept over restarts, nothing counted twice, nothing lost to a broken file."""

from __future__ import annotations

import logging
import os
import stat
import time
from pathlib import Path

import orjson
import pytest

from making import event
from stagedoor.model.facts import Verdict
from stagedoor.record.daily import Day
from stagedoor.record.day_totals import FILE, KEPT, DayTotals

TODAY = "2026-11-29"


def test_days_are_listed_oldest_first_and_unknown_ones_are_zero() -> None:
    totals = DayTotals(None)
    totals.put(TODAY, (3, 1, 5))
    assert dict(totals.last(3, TODAY)) == {
        "2026-11-27": (0, 0, 0), "2026-11-28": (0, 0, 0), TODAY: (3, 1, 5),
    }  # fmt: skip
    assert not totals.kept


def test_a_restart_adds_what_it_counted_itself(tmp_path: Path) -> None:
    first = DayTotals(tmp_path)
    first.put(TODAY, (3, 1, 5))
    first.put(TODAY, (4, 1, 6))
    first.write()
    first.write()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    second = DayTotals(tmp_path)
    second.put(TODAY, (10, 0, 10))
    second.write()
    assert DayTotals(tmp_path).last(1, TODAY) == {TODAY: (14, 1, 16)}
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_old_days_make_room(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(orjson.dumps(
        {time.strftime("%Y-%m-%d", time.gmtime(n * 86_400)): [1, 0, 0] for n in range(KEPT + 50)}
    ))  # fmt: skip
    totals = DayTotals(tmp_path)
    totals.put(TODAY, (1, 1, 1))
    totals.write()
    found = orjson.loads((tmp_path / FILE).read_bytes())
    assert len(found) == KEPT
    assert found[TODAY] == [1, 1, 1]
    assert "1970-01-01" not in found


@pytest.mark.parametrize(
    "text", [b"", b"torn", b"[1]", b'{"2026-11-29": [1]}', b'{"x": [1, 2, 3]}', b"\xff" * 9]
)
def test_a_broken_file_costs_the_past_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: bytes
) -> None:
    (tmp_path / FILE).write_bytes(text)
    totals = DayTotals(tmp_path)
    assert "remove the file" in caplog.text
    totals.put(TODAY, (1, 0, 0))
    assert totals.last(1, TODAY) == {TODAY: (1, 0, 0)}


def test_a_disk_that_cannot_be_written_is_named_and_costs_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    totals = DayTotals(tmp_path / "gone")
    totals.put(TODAY, (1, 0, 0))
    totals.write()
    assert "were not written" in caplog.text


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "TZ", "Europe/Berlin")
    time.tzset()


def at(text: str) -> float:
    return time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


def test_a_day_that_ends_is_kept_with_what_it_had(tmp_path: Path, berlin: None) -> None:
    clock = [at("2026-11-28 23:59:00")]
    day = Day(lambda: clock[0])
    day.keep(DayTotals(tmp_path))
    for _ in range(3):
        day.record(event(at=clock[0], verdict=Verdict("block", "x", status=403)))
    clock[0] = at("2026-11-29 00:01:00")
    day.record(event(at=clock[0]))
    assert dict(day.days(2))["2026-11-28"][:2] == (3, 3)
    assert orjson.loads((tmp_path / FILE).read_bytes())["2026-11-28"][:2] == [3, 3]
    day.close()
    # The second was a refused crawler as well: one request of machines, one refusal.
    assert orjson.loads((tmp_path / FILE).read_bytes())["2026-11-29"] == [1, 1, 0]
