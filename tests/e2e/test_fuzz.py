"""`./run fuzz --short`: the parsers that strangers reach hold; and the fuzzer does find what does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tools.fuzz.table import TARGETS

from .programs import ROOT

pytest.importorskip("atheris", reason="atheris has wheels for Linux only")
FAULTY = """
SEEDS = (b"",)

def check(data):
    if data[:1] > b"\\x80" and len(data) > 2:
        raise KeyError("planted")
"""


def fuzz(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.fuzz", "--short", *words],
        cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
        env={"PYTHONPATH": f"{folder}:{ROOT / 'addons'}", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip


def test_a_few_thousand_inputs_for_each_parser() -> None:
    done = fuzz()
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert done.stdout.count("\ngood") + done.stdout.startswith("good") == len(TARGETS)


def test_a_planted_fault_is_found_and_kept(tmp_path: Path) -> None:
    package = tmp_path / "planted"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "fault.py").write_text(FAULTY)
    done = fuzz("--target", "planted.fault", folder=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "KeyError: 'planted'" in done.stdout
    assert "crash-" in done.stdout


def test_every_target_is_a_file_and_every_file_a_target() -> None:
    files = {path.stem for path in (ROOT / "tools/fuzz/targets").glob("[!_]*.py")}
    assert files == set(TARGETS)
