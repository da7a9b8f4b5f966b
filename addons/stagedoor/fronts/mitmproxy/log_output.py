"""The guard's own lines on their way out: a log that cannot be written holds up no visitor.

mitmproxy writes each line from where it came up, in the event loop as a rule, and ends the process
when that fails: with its output on a full disk a guard would be gone, and with a reader of its output
that has stopped (a pipe) it would stand still. Here a thread writes; what it cannot write is counted,
and the count stands in the log when there is room again.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import queue
import sys
import threading
import time
from typing import Any

MOST_WAITING = 2_000
"""Lines that wait for a slow output, some hundred kilobytes; more are dropped and counted."""
PATIENCE = 2.0
"""Seconds to wait at the end for an output that is stuck."""


class Output(io.TextIOBase):
    """Takes the place of a text file; `write` neither waits nor raises."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._line = ""
        self._lost = 0
        self._guard = threading.Lock()
        self._broken = False
        self._waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._idle = threading.Event()
        self._idle.set()
        threading.Thread(target=self._run, name="log", daemon=True).start()

    def write(self, text: str) -> int:
        """Take some text; whole lines are on their way when this returns."""
        self._line += text
        if self._line.endswith("\n"):
            if self._waiting.qsize() < MOST_WAITING:
                self._idle.clear()
                self._waiting.put(self._line)
            else:
                self._lose(self._line.count("\n"))
            self._line = ""
        return len(text)

    def flush(self) -> None:
        """Nothing: the thread writes at once."""

    def settle(self) -> None:
        """Wait until everything is written, or PATIENCE is over."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not (self._waiting.empty() and self._idle.is_set()):
            self._idle.wait(0.05)

    def _run(self) -> None:
        while True:
            lines = [self._waiting.get()]
            with contextlib.suppress(queue.Empty):
                while True:
                    lines.append(self._waiting.get_nowait())
            lost = self._lost
            note = f"… {lost:,} lines of this log could not be written\n" if lost else ""
            try:
                self._put(("\n" * self._broken + note + "".join(lines)).encode("utf-8", "replace"))
                self._lose(-lost)
            except OSError:
                self._lose(sum(line.count("\n") for line in lines))
            if self._waiting.empty():
                self._idle.set()

    def _lose(self, count: int) -> None:
        with self._guard:
            self._lost += count

    def _put(self, raw: bytes) -> None:
        """Write all of it. Raises OSError; then the next text begins a line of its own."""
        rest = memoryview(raw)
        while rest:
            written = os.write(self._descriptor, rest)
            rest = rest[written:]
            self._broken = bool(rest)


def take_over(handler: Any) -> None:
    """Let mitmproxy's `handler` for the terminal write through an Output, if it is a real file."""
    try:
        descriptor = handler.file.fileno()
        with contextlib.suppress(OSError):  # the disk is full: these lines are lost
            handler.file.flush()
    except (AttributeError, OSError, ValueError):
        return
    output = Output(descriptor)
    handler.file = output
    atexit.register(output.settle)  # mitmproxy's last lines come after everything has ended


def flush(handler: Any) -> None:
    """Write what waits, before another program takes this one's place."""
    output = getattr(handler, "file", None)
    if isinstance(output, Output):
        output.settle()
    for file in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            file.flush()
