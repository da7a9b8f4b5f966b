"""Commands are named as the user can type them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from making import ROOT
from stagedoor.cli.invocation import CALLED, as_called


def test_where_it_is_installed_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CALLED, raising=False)
    assert as_called("see `stagedoor check`") == "see `stagedoor check`"


def test_from_a_checkout_it_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CALLED, "./run")
    text = "see `stagedoor check` and `stagedoor evidence list`; stagedoor itself, Stagedoor check"
    assert as_called(text) == (
        "see `./run check` and `./run evidence list`; stagedoor itself, Stagedoor check"
    )


def test_the_script_says_how_it_was_called(tmp_path: Path) -> None:
    done = subprocess.run(
        ["./run", "init", tmp_path / "mine"],
        cwd=ROOT,
        env={**os.environ, "STAGEDOOR_PYTHON": ""},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert "then: ./run serve --rules" in done.stdout
