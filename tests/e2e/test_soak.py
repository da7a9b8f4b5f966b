"""`./run soak`: its clock really moves, and whoever ends it ends everything that it started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tools.soak.clock import Clock

from .programs import ROOT, Program, eventually, program

LOOKING = """
import datetime, json, os, queue, sqlite3, threading, time
def look():
    try:
        queue.SimpleQueue().get(timeout=0.05)  # threads wait as long as they should
    except queue.Empty:
        pass
    db = sqlite3.connect(":memory:").execute("SELECT unixepoch()").fetchone()[0]
    now = datetime.datetime.now(datetime.UTC).timestamp()
    return [time.time(), now, db, time.monotonic()]
first = look()
print(json.dumps(first), flush=True)
input()
print(json.dumps(look()), flush=True)
"""


def test_the_clock_of_one_program_moves_and_nothing_else_of_it(tmp_path: Path) -> None:
    program("cc")
    clock = Clock(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", LOOKING], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=os.environ | clock.environment,
    ) as child:  # fmt: skip
        assert child.stdin
        assert child.stdout
        before = json.loads(child.stdout.readline())
        assert all(abs(one - time.time()) < 60 for one in before[:3])
        clock.move(-7200)
        child.stdin.write("\n")
        child.stdin.flush()
        after = json.loads(child.stdout.readline())
    assert all(abs(one - time.time() + 7200) < 60 for one in after[:3])
    assert 0 <= after[3] - before[3] < 60


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_ends_it_ends_its_guard(number: signal.Signals, tmp_path: Path) -> None:
    program("cc")
    with Program(
        "env", f"TMPDIR={tmp_path}", sys.executable, "-m", "tools.soak", "5",
        cwd=ROOT, log=tmp_path / "log",
    ) as soak:  # fmt: skip
        soak.says("an ordinary hour")
        guards = running(tmp_path)
        assert len(guards) == 1
        soak.process.send_signal(number)
        eventually(lambda: soak.process.poll() is not None, "the soak to end")
        assert soak.process.returncode == 130
        assert not running(tmp_path)
        assert "the guard was stopped" in soak.output
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def running(folder: Path) -> list[int]:
    """Programs that were started with this folder on their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes()
        except OSError:
            continue
        if f"={folder}/stagedoor-soak-".encode() in words:
            found.append(int(entry.parent.name))
    return found
