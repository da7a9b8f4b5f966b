"""The ledger where the disk is full, for real, or the file may not grow: the site goes on."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledgers import Lost, examined, visit
from making import ROOT
from stagedoor.record.ledger import recorder as ledgers
from stagedoor.record.ledger import writer_lock
from stagedoor.record.ledger.recorder import Ledger


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    done = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, check=False
    )
    if not done or done.returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def until(condition: Callable[[], bool]) -> None:
    """Wait, for as long as pytest lets us."""
    while not condition():
        time.sleep(0.01)


def fill(disk: Path) -> Path:
    """Take all the room there is."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"-" * 4096)
        except OSError:
            pass
    return ballast


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledgers, "RETRY", 0.02)
    monkeypatch.setattr(ledgers, "RETRY_AT_MOST", 0.05)
    monkeypatch.setattr(ledgers, "MAX_WAITING", 200)


def test_on_a_full_disk_the_site_goes_on_and_the_loss_is_recorded_when_it_is_back(
    small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "stagedoor.ledger")
    lost = Lost()
    ledger = Ledger(small_disk, lost)
    ballast = fill(small_disk)
    put = 1
    ledger.taking(visit(), status=200, size=0)
    until(lambda: "make room on that disk" in caplog.text)
    while lost.count < 100:
        ledger.taking(visit(), status=200, size=put)
        put += 1
    assert "The site goes on" in caplog.text
    ballast.unlink()
    until(lambda: "is written again" in caplog.text)
    ledger.notice(visit(), ())
    until(ledger._waiting.empty)
    ledger.close()
    found = examined(small_disk)
    assert found.broken is None
    assert sum(body["count"] for body in found.losses) == lost.count
    assert found.kinds["taking"] + lost.count == put
    assert "full" in found.losses[0]["why"]
    assert found.kinds["notice"] == 1


def test_an_end_on_a_full_disk_is_short_and_counted(small_disk: Path) -> None:
    lost = Lost()
    ledger = Ledger(small_disk, lost)
    ballast = fill(small_disk)
    for number in range(150):
        ledger.taking(visit(), status=200, size=number)
    ledger.close()
    assert not ledger._thread.is_alive()
    ballast.unlink()
    found = examined(small_disk)
    assert found.broken is None
    assert found.kinds["taking"] + lost.count == 150
    again = Ledger(small_disk, Lost())
    again.close()
    assert len(examined(small_disk).unclean) == 1  # its end could not be written down


def test_a_start_on_a_full_disk_is_made_up_for(small_disk: Path) -> None:
    ballast = fill(small_disk)
    (small_disk / writer_lock.FILE).touch()  # a name needs no room
    lost = Lost()
    ledger = Ledger(small_disk, lost)
    of = ledger.publish("/robots.txt", "RFC 9309", "User-agent: *\n", 1)
    ledger.notice(visit(), (of,))
    ballast.unlink()
    until(lambda: ledger._started and ledger._waiting.empty())
    ledger.close()
    found = examined(small_disk)
    assert (found.broken, lost.count) == (None, 0)
    assert found.kinds == {"start": 1, "publication": 1, "notice": 1, "end": 1}


LIMITED = """
import resource, sys, time
from pathlib import Path
from ledgers import Lost, visit
from stagedoor.record.ledger import recorder as ledgers
from stagedoor.record.ledger import writer_lock
ledgers.RETRY = ledgers.RETRY_AT_MOST = 0.02
ledgers.MAX_WAITING = 200
lost = Lost()
ledger = ledgers.Ledger(Path(sys.argv[1]), lost)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, hard))
put = 0
while lost.count < 100:
    ledger.taking(visit(), status=200, size=put)
    put += 1
    time.sleep(0.0001)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
while ledger._reports.trouble or not ledger._waiting.empty():
    time.sleep(0.01)
ledger.close()
print(put, lost.count)
"""


def test_a_file_that_may_not_grow_is_like_a_full_disk(tmp_path: Path) -> None:
    paths = os.pathsep.join([str(ROOT / "addons"), str(ROOT / "tests")])
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    put, lost = map(int, run.stdout.split())
    found = examined(tmp_path)
    assert found.broken is None
    assert sum(body["count"] for body in found.losses) == lost
    assert found.kinds["taking"] + lost == put


def test_a_full_disk_shows_in_what_is_measured(small_disk: Path) -> None:
    ledger = Ledger(small_disk, Lost())
    told = ledger.measures()
    assert told["stagedoor_ledger_writable"]() == 1
    began = told["stagedoor_ledger_entries_total"]()
    assert began == 1  # that it was started
    ballast = fill(small_disk)
    ledger.taking(visit(), status=200, size=0)
    until(lambda: told["stagedoor_ledger_writable"]() == 0)
    ledger.taking(visit(), status=200, size=1)
    assert told["stagedoor_ledger_waiting"]() == 1
    assert told["stagedoor_ledger_entries_total"]() == began
    ballast.unlink()
    until(lambda: told["stagedoor_ledger_entries_total"]() == began + 2)
    assert told["stagedoor_ledger_writable"]() == 1
    ledger.close()
