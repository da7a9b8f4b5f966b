"""`stagedoor evidence export` over several guards: each ledger by itself, and what they come to."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from ledgers import Clock, day_of_visits
from stagedoor.cli import main
from stagedoor.record.ledger.verifier import verify


@pytest.fixture
def states(tmp_path: Path) -> list[Path]:
    """Two guards' ledgers, of a day and of two."""
    made = []
    for number in (1, 2):
        clock = Clock()
        made.append(tmp_path / f"guard {number}")
        for _ in range(number):
            day_of_visits(made[-1], clock, 24)
            clock.days(1)
    return made


def export(
    states: list[Path], out: Path, *more: str, crawler: str = "GPTBot", since: str = "2026-10-01"
) -> int:
    named = [word for state in states for word in ("--state", str(state))]
    words = ["--crawler", crawler, "--since", since, *more, str(out)]
    return main(["evidence", "export", *named, *words])


def figures(line: str) -> list[int]:
    return [
        int(number) for number in re.findall(r"(\d+) (?:notices|takings|refusals|against)", line)
    ]


def test_several_ledgers_are_exported_each_by_itself_and_added_up(
    states: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert export(states, out) == 0
    first, second, together, _ = capsys.readouterr().out.splitlines()
    assert first.startswith("1-guard-1: GPTBot: ")
    assert [a + b for a, b in zip(figures(first), figures(second), strict=True)] == figures(
        together
    )
    assert figures(together)[0] > figures(first)[0] > 0
    for folder in ("1-guard-1", "2-guard-2"):
        assert verify(out / folder) is not None
        assert (out / folder / "report.html").is_file()
    page = (out / "report.html").read_text("utf-8")
    assert "<a href='2-guard-2/report.html'>" in page
    for line in (out / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest


def test_personal_parts_are_left_out_of_all(states: list[Path], tmp_path: Path) -> None:
    assert export(states, tmp_path / "out", "--no-addresses") == 0
    assert b'"content"' not in (tmp_path / "out/1-guard-1/entries.jsonl").read_bytes()


def test_a_guard_that_knows_nothing_is_named_and_a_crawler_that_nobody_knows_is_refused(
    states: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert export(states, out, "--until", "2026-09-30") == 1  # before it began
    assert export(states, out, crawler="Nobody") == 1
    assert "has nothing about “Nobody”" in capsys.readouterr().err
    assert not list(tmp_path.glob("out*"))
    assert export(states, out, since="2026-10-02") == 0  # the first guard was there for a day
    assert "1-guard-1: the ledger has nothing about “GPTBot”" in capsys.readouterr().out
    page = (out / "report.html").read_text("utf-8")
    assert "<td>1-guard-1</td><td colspan=4>nothing in that time</td>" in page
    assert [path.name for path in out.iterdir() if path.is_dir()] == ["2-guard-2"]


def test_hashes_are_compared_with_one_ledger_at_a_time(
    states: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(states, tmp_path / "out", "--holds", f"1:{'0' * 64}") == 1
    assert "one --state at a time" in capsys.readouterr().err
    assert export(states, states[0]) == 1
    assert "is there already" in capsys.readouterr().err
