"""A writer that is killed leaves a whole chain, however often."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from making import ROOT

KILLS = int(os.environ.get("STAGEDOOR_KILLS", "150"))


@pytest.mark.timeout(120 + KILLS)
def test_every_one_of_many_killed_writers_leaves_a_whole_chain(tmp_path: Path) -> None:
    paths = os.pathsep.join([str(ROOT / "addons"), str(ROOT / "tests")])
    run = subprocess.run(
        [sys.executable, ROOT / "tests" / "killing.py", tmp_path, str(KILLS), "1"],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["kills"] == KILLS
    assert told["written"] > 5 * KILLS, told  # they were killed at work
    assert KILLS < 100 or told["pruned"] > 0, told  # and while they pruned
