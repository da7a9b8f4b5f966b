"""SIGHUP, as logrotate and `systemctl reload` send it, opens files anew and ends nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from .clients import GPTBOT, curl
from .conftest import StartGuard
from .programs import eventually
from .site import Site


def test_the_log_is_opened_anew_and_rules_are_read_again(
    origin: Site, rules: Path, start_guard: StartGuard
) -> None:
    (rules / "stance.yaml").write_text("# nothing of its own\n")
    guard = start_guard(origin.url, "--set", f"guard_rules={rules}")
    assert curl(f"{guard.url}/music/tone.mp3?before", agent=GPTBOT).status == 403
    log = guard.state / "decisions.jsonl"
    assert guard.decisions("tone", 1)
    log.rename(guard.state / "moved")
    loaded = guard.counts()("reloads_total", outcome="loaded")
    os.kill(guard.program.process.pid, signal.SIGHUP)
    eventually(lambda: "SIGHUP" in guard.output, "a line about it")
    eventually(
        lambda: guard.counts()("reloads_total", outcome="loaded") == loaded + 1, "rules read again"
    )
    assert curl(f"{guard.url}/music/tone.mp3?after", agent=GPTBOT).status == 403
    assert len(guard.decisions("tone", 1)) == 1
    assert (guard.state / "moved").read_text().count("\n") == 1
    assert guard.program.process.poll() is None


def test_it_may_come_at_any_time(origin: Site, start_guard: StartGuard) -> None:
    guard = start_guard(origin.url)
    for _ in range(20):
        os.kill(guard.program.process.pid, signal.SIGHUP)
    assert curl(f"{guard.url}/index.html").status == 200
    assert guard.program.stop() == 0
