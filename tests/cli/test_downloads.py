"""`stagedoor downloads`, as an artist calls it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from stagedoor.cli import main
from stagedoor.record.download_counts import FILE

MONTHS = {"2026-10": {"/a.mp3": 3}, "2026-11": {"/a.mp3": 1, "=cmd()": 7, "/ep, 2.mp3": 7}}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / FILE).write_bytes(orjson.dumps({"form": 1, "months": MONTHS}))
    return tmp_path


def test_a_table_by_month_most_first(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["downloads", "--state", str(state)]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "month,recording,downloads",
        "2026-10,/a.mp3,3",
        '2026-11,"/ep, 2.mp3",7',
        "2026-11,'=cmd(),7",
        "2026-11,/a.mp3,1",
    ]
    assert "not certified" in said.err


def test_one_month(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["downloads", "--state", str(state), "--month", "2026-10"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["2026-10,/a.mp3,3"]


@pytest.mark.parametrize("month", ["November", "2026-13", "2026"])
def test_what_is_no_month_is_said(
    state: Path, capsys: pytest.CaptureFixture[str], month: str
) -> None:
    assert main(["downloads", "--state", str(state), "--month", month]) == 1
    assert "write 2026-11" in capsys.readouterr().err


def test_without_a_guard_there_is_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["downloads", "--state", str(tmp_path)]) == 1
    assert "holds no downloads yet" in capsys.readouterr().err
