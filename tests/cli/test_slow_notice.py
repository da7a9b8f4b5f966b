"""What takes longer than a second says what it does; what is quick says nothing."""

from __future__ import annotations

import threading
import time

import pytest

from stagedoor.cli import slow_notice
from stagedoor.cli.slow_notice import notice


def test_it_speaks_once_it_lasts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(slow_notice, "PATIENCE", 0.01)
    said = ""
    with notice("asking for lists"):
        end = time.monotonic() + 60
        while not said and time.monotonic() < end:
            time.sleep(0.01)
            said = capsys.readouterr().err
    assert said == "asking for lists …\n"


def test_what_is_quick_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    before = threading.active_count()
    with notice("asking for lists"):
        pass
    with pytest.raises(ValueError, match="broken"), notice("asking for lists"):
        raise ValueError("broken")
    assert capsys.readouterr().err == ""
    assert threading.active_count() <= before + 2
