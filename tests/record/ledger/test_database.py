"""Ledgers of other versions: an older one is brought up to date, a newer one is left alone."""

from __future__ import annotations

import logging
import sqlite3
import stat
import tarfile
from pathlib import Path

import pytest

from ledgers import Clock, Lost, day_of_visits, examined, visit, writing
from stagedoor.cli import main
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError
from stagedoor.record.ledger.database import FILE
from stagedoor.record.ledger.recorder import Ledger


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A ledger as form 1 wrote it: without the table of digests."""
    day_of_visits(tmp_path / "state", Clock(), 30)
    with sqlite3.connect(tmp_path / "state" / FILE) as db:
        db.execute("DROP TABLE thinned")
        db.execute("PRAGMA user_version = 1")
    db.close()
    return tmp_path / "state"


def version(path: Path) -> int:
    db = sqlite3.connect(path)
    found: int = db.execute("PRAGMA user_version").fetchone()[0]
    db.close()
    return found


def test_an_older_ledger_is_read_without_being_changed(older: Path, tmp_path: Path) -> None:
    found = examined(older)
    assert (found.broken, found.thinned) == (None, 0)
    for words in (["verify"], ["list"], ["head"], ["backup", str(tmp_path / "copy")],
                  ["erase", "--agent", "nobody"]):  # fmt: skip
        assert main(["evidence", words[0], "--state", str(older), *words[1:]]) == 0
    assert version(older / FILE) == 1
    assert not (older / "ledger-form-1.sqlite").exists()


def test_a_guard_brings_it_up_to_date_and_keeps_a_copy(
    older: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = examined(older)
    ledger = writing(older, Clock(), max_bytes=100_000, seal_every=100)
    for number in range(400):
        ledger.taking(visit(path=f"/{number}"), status=200, size=1)
    ledger.close()
    found = examined(older)
    assert found.broken is None
    assert found.thinned > 0
    assert version(older / FILE) == 2
    copy = older / "ledger-form-1.sqlite"
    assert version(copy) == 1
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert caplog.text.count("brought from form 1 to form 2") == 1
    copy.rename(tmp_path / FILE)
    assert examined(tmp_path).head == before.head
    writing(older, Clock()).close()
    assert not copy.exists()  # only once


def test_a_newer_ledger_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    day_of_visits(tmp_path, Clock())
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("PRAGMA user_version = 3")
    db.close()
    raw = (tmp_path / FILE).read_bytes()
    with pytest.raises(StagedoorError, match=r"written by a newer Stagedoor.*upgrade"):
        Ledger(tmp_path, Lost())
    assert (tmp_path / FILE).read_bytes() == raw


def test_a_log_that_was_killed_before_its_first_commit_keeps_no_guard_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (tmp_path / FILE).touch()
    (tmp_path / (FILE + "-wal")).write_bytes(bytes.fromhex("377f0682002de21800001000") + bytes(20))
    writing(tmp_path, Clock()).close()
    assert examined(tmp_path).broken is None


SAMPLE = Path(__file__).parent / "sample" / "state-0.1.tar.xz"
"""What version 0.1 (commit 6781fa1) wrote itself, in front of a real site: its state directory, and
the rules directory that its guard had."""
HEAD_OF_0_1 = "99:9cb79b1cbf7d0867c265fd95906d497decc75c9775aae84601d68d74c30bca4f"
"""What `stagedoor evidence verify` of 0.1 said about it."""


@pytest.fixture
def version_0_1(tmp_path: Path) -> Path:
    with tarfile.open(SAMPLE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


def test_evidence_of_0_1_verifies_with_the_head_that_was_noted_then(
    version_0_1: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = str(version_0_1 / "state")
    assert main(["evidence", "verify", "--state", state, "--holds", HEAD_OF_0_1]) == 0
    assert "99 entries" in capsys.readouterr().out
    assert main(["evidence", "list", "--state", state]) == 0
    assert "GPTBot" in capsys.readouterr().out


def test_a_guard_of_today_goes_on_with_a_ledger_of_0_1(version_0_1: Path) -> None:
    state = version_0_1 / "state"
    ledger = writing(state, Clock())
    ledger.taking(visit(path="/new"), status=200, size=1)
    ledger.close()
    found = examined(state)
    assert (found.broken, found.kinds["refusal"]) == (None, 78)
    assert version(state / FILE) == 2
    assert version(state / "ledger-form-1.sqlite") == 1
    assert main(["evidence", "verify", "--state", str(state), "--holds", HEAD_OF_0_1]) == 0


def test_a_rules_directory_of_0_1_loads_and_its_old_word_is_named(version_0_1: Path) -> None:
    policy = rule_folder.load(version_0_1 / "rules")
    assert policy.stance.artist.name == "Anna"
    assert policy.stance.others.unknown == "log"
    assert any("nameless" in str(line) for line in policy.advice)
    assert main(["check", str(version_0_1 / "rules")]) == 0
