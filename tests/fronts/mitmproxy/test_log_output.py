"""The log's way out: what cannot be written is counted, and nobody waits for it."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mitmproxy.addons.termlog import TermLogHandler

from stagedoor.fronts.mitmproxy import log_output
from stagedoor.fronts.mitmproxy.log_output import MOST_WAITING, Output, take_over

F_SETPIPE_SZ = 1031


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Both ends of a pipe that holds one page."""
    readable, writable = os.pipe()
    fcntl.fcntl(writable, F_SETPIPE_SZ, 4096)
    yield readable, writable
    os.close(readable)
    os.close(writable)


def test_lines_come_out_whole_and_in_order(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as file:
        output = Output(file.fileno())
        for number in range(5000):
            print(f"line {number}", file=output)
            if not number % 1000:
                output.settle()
        output.settle()
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines == [f"line {number}" for number in range(5000)]


def test_a_full_disk_costs_lines_which_are_counted(tmp_path: Path) -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    output = Output(descriptor)
    for number in range(7):
        print(f"line {number}", file=output)
    output.settle()
    with (tmp_path / "log").open("w") as file:
        os.dup2(file.fileno(), descriptor)  # there is room again
    print("and on", file=output)
    output.settle()
    text = (tmp_path / "log").read_text()
    assert text == "… 7 lines of this log could not be written\nand on\n"
    os.close(descriptor)


def test_a_reader_that_has_stopped_holds_up_nobody(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_output, "PATIENCE", 0.05)
    readable, writable = pipe
    output = Output(writable)
    began = time.monotonic()
    for number in range(3 * MOST_WAITING):
        print(f"line {number}", file=output)
    output.settle()
    assert time.monotonic() - began < 5
    assert output._waiting.qsize() <= MOST_WAITING
    monkeypatch.setattr(log_output, "PATIENCE", 30.0)
    text, end = b"", time.monotonic() + 30
    while b"last" not in text:  # the reader goes on: what was kept comes, and the count of the rest
        assert time.monotonic() < end
        text += os.read(readable, 65_536)
        if output._waiting.empty():
            print("last", file=output)
    lines = text.decode().splitlines()
    kept = [int(line.split()[1]) for line in lines if line.startswith("line ")]
    assert kept == sorted(set(kept))
    notes = [line.split()[1] for line in lines if "could not be written" in line]
    assert sum(int(count.replace(",", "")) for count in notes) == 3 * MOST_WAITING - len(kept) > 0


def test_mitmproxy_would_end_the_process_and_does_not() -> None:
    record = logging.makeLogRecord({"msg": "x", "levelno": logging.ERROR})
    full = Path("/dev/full").open("w", buffering=1)  # noqa: SIM115 (closing it fails, too)
    handler = TermLogHandler(full)
    with pytest.raises(SystemExit):  # else the guard's way out is not needed any more
        handler.emit(record)
    with contextlib.suppress(OSError):
        full.close()
    with Path("/dev/full").open("w") as other:
        handler = TermLogHandler(other)
        take_over(handler)
        assert isinstance(handler.file, Output)
        handler.emit(record)
        handler.file.settle()
        log_output.flush(handler)


def test_an_output_that_is_no_file_is_left_alone() -> None:
    for handler in (None, type("Handler", (), {"file": None})()):
        take_over(handler)
        log_output.flush(handler)
    assert handler is not None
    assert handler.file is None
