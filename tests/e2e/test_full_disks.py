"""The disk is full, also for the guard's own log: visitors notice nothing."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest

from . import guarding
from .clients import GPTBOT, curl
from .conftest import StartGuard
from .programs import Program, at_load, eventually
from .site import Site


def test_a_full_disk_under_log_ledger_and_decisions_disturbs_nobody(
    origin: Site, start_guard: StartGuard
) -> None:
    guard = start_guard(origin.url)
    process = guard.program.process
    assert guard.program.log is not None
    if not hasattr(resource, "prlimit"):
        pytest.skip("only Linux sets limits of another process")
    before = guard.program.log.stat().st_size
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (before, hard))
    for number in range(20):
        refused = curl(f"{guard.url}/music/{number}.mp3", agent=GPTBOT)
        assert refused.status == 403, f"{process.poll()} {guard.output}"
        began = time.monotonic()
        listener = curl(f"{guard.url}/music/tone.mp3", agent="VLC/3.0.21 LibVLC/3.0.21")
        assert (listener.status, listener.body) == (200, origin.file("/music/tone.mp3"))
        assert time.monotonic() - began < at_load(5)
    assert process.poll() is None
    assert guard.program.log.stat().st_size == before
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    eventually(
        lambda: (
            curl(f"{guard.url}/again.mp3", agent=GPTBOT).status == 403
            and "lines of this log could not be written" in guard.output
        ),
        "the log goes on",
    )


def test_a_guard_starts_on_a_full_disk(origin: Site, tmp_path: Path) -> None:
    """Four kilobytes, which are the log's: nothing can be recorded, and the site is there."""
    limited = [
        "bash", "-c", 'ulimit -f 4; exec "$@"', "limited",
        *guarding.command(
            f"--mode=reverse:{origin.url}@127.0.0.1:0", "--set", "guard_metrics=127.0.0.1:0",
            "--set", f"guard_state={tmp_path / 'state'}",
        ),
    ]  # fmt: skip
    guard = guarding.reach(Program(*limited, log=tmp_path / "guard.log"), tmp_path / "state")
    with guard.program:
        for _ in range(20):
            assert curl(f"{guard.url}/music/tone.mp3", agent=GPTBOT).status == 403
            assert curl(f"{guard.url}/").status == 200
            time.sleep(0.05)
        assert guard.program.process.poll() is None
        guard.says("The site goes on")
        assert guard.counts()("ledger_writable") == 0
