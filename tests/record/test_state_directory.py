"""The state directory is its owner's alone, also where an older program left it open."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ledgers import Clock, day_of_visits, visit, writing
from making import event
from stagedoor.record import decision_log
from stagedoor.record.decision_log import Decisions
from stagedoor.record.state_directory import prepare
from stagedoor.verify.range_files import write_whole


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def all_modes(state: Path) -> dict[str, int]:
    return {path.name: mode(path) for path in state.rglob("*") if path.is_file()}


def test_everything_a_guard_makes_is_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.umask(0)
    try:
        monkeypatch.setattr(decision_log, "MAX_BYTES", 2000)
        state = tmp_path / "state"
        log = Decisions(state, lambda: None)
        ledger = writing(state, Clock())
        ledger.taking(visit(), status=200, size=1)
        for _ in range(30):
            log.record(event())
        write_whole(state / "ranges" / "a.json", b"{}")
        log.close()
        modes = all_modes(state)
        ledger.close()
    finally:
        os.umask(before)
    assert mode(state) == 0o700
    assert mode(state / "ranges") == 0o700
    assert {"ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "decisions.jsonl",
            "decisions.jsonl.1", "a.json"} <= set(modes)  # fmt: skip
    assert set(modes.values()) == {0o600}, modes


def test_what_is_there_already_is_closed_and_one_line_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = tmp_path / "state"
    day_of_visits(state, Clock())
    (state / "ranges").mkdir()
    for name in ("decisions.jsonl", "decisions.jsonl.2", "polls.json", "ranges/x.json"):
        (state / name).touch()
    for path in [state, *state.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    caplog.clear()
    writing(state, Clock()).close()
    Decisions(state, lambda: None).close()
    assert mode(state) == mode(state / "ranges") == 0o700
    assert set(all_modes(state).values()) == {0o600}
    assert [record.name for record in caplog.records].count("stagedoor.state") == 1
    assert "other users could read" in caplog.text


def test_a_directory_that_holds_other_things_keeps_its_mode(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "somebody's.txt").touch(0o644)
    (tmp_path / "decisions.jsonl").touch()
    (tmp_path / "decisions.jsonl").chmod(0o644)
    tmp_path.chmod(0o755)
    prepare(tmp_path)
    assert (mode(tmp_path), mode(tmp_path / "somebody's.txt")) == (0o755, 0o644)
    assert mode(tmp_path / "decisions.jsonl") == 0o600
    assert "holds other files, too" in caplog.text


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch()
    other.chmod(0o644)
    state = tmp_path / "state"
    state.mkdir(0o700)
    (state / "decisions.jsonl.1").symlink_to(other)
    prepare(state)
    assert mode(other) == 0o644


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_updates_belongs_to_the_guards_user(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(0o700)
    os.chown(state, 4711, 4712)
    for path in (state / "polls.json", state / "ranges" / "a.json"):
        write_whole(path, b"{}")
        assert (path.stat().st_uid, path.stat().st_gid) == (4711, 4712)
    assert (state / "ranges").stat().st_uid == 4711


def test_the_folder_of_several_sites_is_the_guards_own(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "sites" / "anna").mkdir(parents=True, mode=0o755)
    for folder in (state, state / "sites"):
        folder.chmod(0o755)
    prepare(state)
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert stat.S_IMODE((state / "sites").stat().st_mode) == 0o700
