"""Copies of a ledger, and what is kept of it in another place."""

from __future__ import annotations

import re
import shutil
import sqlite3
import stat
import threading
import time
from pathlib import Path

import pytest

from ledgers import Clock, day_of_visits, examined, visit, writing
from stagedoor.cli import main
from stagedoor.model.errors import StagedoorError
from stagedoor.record.ledger import recorder as ledgers
from stagedoor.record.ledger.database import FILE


def call(*words: object) -> int:
    return main(["evidence", *map(str, words)])


def test_a_backup_of_a_running_guard_is_whole_and_can_take_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = writing(tmp_path / "state", Clock())
    busy = threading.Event()

    def write() -> None:
        number = 0
        while not busy.is_set():
            ledger.taking(visit(path=f"/{number}"), status=200, size=number)
            number += 1
            time.sleep(0.0005)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        while examined(tmp_path / "state").kinds["taking"] < 300:
            time.sleep(0.05)
        out = tmp_path / "copy.sqlite"
        assert call("backup", "--state", tmp_path / "state", out) == 0
    finally:
        busy.set()
        thread.join()
    ledger.close()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.sqlite", "state"]
    printed = capsys.readouterr().out
    head = re.search(r"another place: (\d+:[0-9a-f]{64})", printed)
    assert head
    assert call("verify", "--state", tmp_path / "state", "--holds", head[1]) == 0
    restored = tmp_path / "restored"
    restored.mkdir()
    shutil.copy(out, restored / FILE)
    assert examined(restored).kinds["taking"] >= 300
    writing(restored, Clock()).close()  # a guard goes on with it
    found = examined(restored)
    assert found.broken is None
    assert len(found.unclean) == 1
    assert call("verify", "--state", restored, "--holds", head[1]) == 0


def test_a_backup_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day_of_visits(tmp_path / "state", Clock())
    (tmp_path / "there").write_text("mine")
    assert call("backup", "--state", tmp_path / "state", tmp_path / "there") == 1
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "there").read_text() == "mine"
    assert call("backup", "--state", tmp_path / "state", tmp_path / "no" / "where") == 1
    assert "cannot be written" in capsys.readouterr().err


def test_the_file_alone_has_what_was_written_a_moment_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "CHECKPOINT", 0.1)
    ledger = writing(tmp_path / "state", Clock())
    for number in range(20):
        ledger.taking(visit(), status=200, size=number)
    until = time.monotonic() + 20
    found = 0
    while found < 20 and time.monotonic() < until:
        time.sleep(0.1)
        copy = tmp_path / f"copy{time.monotonic_ns()}"
        copy.mkdir()
        shutil.copy(tmp_path / "state" / FILE, copy / FILE)  # as anybody copies a file
        found = examined(copy).kinds["taking"]
    ledger.close()
    assert found == 20


def test_every_seal_brings_the_file_up_to_date(tmp_path: Path) -> None:
    ledger = writing(tmp_path / "state", Clock(), seal_every=10)
    for number in range(25):
        ledger.taking(visit(), status=200, size=number)
    until = time.monotonic() + 20
    seals = 0
    while not seals and time.monotonic() < until:
        time.sleep(0.1)
        copy = tmp_path / f"copy{time.monotonic_ns()}"
        copy.mkdir()
        shutil.copy(tmp_path / "state" / FILE, copy / FILE)
        seals = examined(copy).kinds["seal"]
    ledger.close()
    assert seals


def test_an_empty_ledger_beside_a_log_is_reported_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    ledger = writing(state, Clock())
    log = state / (FILE + "-wal")
    for number in range(1, 3):  # the first is brought into the file at once
        ledger.taking(visit(), status=200, size=number)
        while examined(state).kinds["taking"] < number:
            time.sleep(0.01)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / FILE).touch()
    raw = log.read_bytes()
    assert raw
    (broken / log.name).write_bytes(raw)
    ledger.close()
    assert call("verify", "--state", broken) == 1
    assert "is empty, but entries wait in" in capsys.readouterr().err
    with pytest.raises(StagedoorError, match="only one of the two was copied"):
        writing(broken, Clock())  # no guard begins anew over it, either
    assert (broken / log.name).read_bytes() == raw


def test_a_cut_tail_is_whole_by_itself_and_found_with_a_file_of_heads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    heads = tmp_path / "elsewhere" / "heads.txt"
    heads.parent.mkdir()
    lines = ["# from cron", ""]
    for _ in range(3):
        day_of_visits(tmp_path / "state", clock)
        clock.days(1)
        capsys.readouterr()
        assert call("head", "--state", tmp_path / "state") == 0
        lines.append(capsys.readouterr().out.strip())
        heads.write_text("\n".join(lines) + "\n")
    assert call("verify", "--state", tmp_path / "state", "--holds", heads) == 0
    assert "Compared with 3 hashes that were kept elsewhere" in capsys.readouterr().out
    with sqlite3.connect(tmp_path / "state" / FILE) as db:
        (last,) = db.execute("SELECT max(seq) - 5 FROM entries").fetchone()
        db.execute("DELETE FROM entries WHERE seq > ?", (last,))
        db.execute("DELETE FROM aside WHERE seq > ?", (last,))
        db.execute("UPDATE head SET (seq, hash) = (SELECT seq, hash FROM entries WHERE seq = ?)",
                   (last,))  # fmt: skip
    db.close()
    assert call("verify", "--state", tmp_path / "state") == 0
    said = capsys.readouterr().out
    assert "Compared with no hash that was kept elsewhere" in said
    assert "cut off" in said
    assert call("verify", "--state", tmp_path / "state", "--holds", heads) == 1
    assert "noted elsewhere, but the entry is missing" in capsys.readouterr().err
    assert call("export", "--state", tmp_path / "state", "--crawler", "GPTBot", "--since",
                "2026-10-01", "--holds", heads, tmp_path / "out") == 1  # fmt: skip
    assert "the ledger is broken" in capsys.readouterr().err
    assert call("export", "--state", tmp_path / "state", "--crawler", "GPTBot", "--since",
                "2026-10-01", tmp_path / "out") == 0  # fmt: skip
    assert "no hash was compared" in (tmp_path / "out" / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# nothing yet\n", "there is no head in this file"),
        ("hello\n", "is no entry and hash"),
        ("12:abcd\n", "is no entry and hash"),
        (f"1:{'0' * 64}\n1:{'1' * 64}\n", "two hashes for entry 1"),
    ],
)
def test_a_file_that_holds_no_heads_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    day_of_visits(tmp_path / "state", Clock())
    (tmp_path / "heads").write_text(content)
    assert call("verify", "--state", tmp_path / "state", "--holds", tmp_path / "heads") == 1
    assert message in capsys.readouterr().err
