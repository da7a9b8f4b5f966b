"""Starting, watching and stopping the programs that are measured. Stopped by their own process
ids, in the reverse order, whatever happens meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

START = 60.0
"""Seconds a program may take to listen; on a busy machine a proxy needs ten."""
STOP = 5.0
_LOAD = Path(__file__).with_name("load.py")


class BenchError(Exception):
    """A program could not be started or failed; the message says what it said."""


class Processes:
    """The programs of one run; leaving the `with` block stops them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in reversed(self._running):
            stop(process)
        self._running.clear()

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        port: int,
        environment: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
    ) -> subprocess.Popen[bytes]:
        """Start `command` and wait until it listens on `port` of `host`."""
        log = self._folder / f"{name}.log"
        with log.open("wb") as out:
            # A session of its own: Ctrl-C reaches the bench alone, which then stops this in order.
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **(environment or {})},
            )
        self._running.append(process)
        deadline = time.monotonic() + START
        while not _listens(port, host):
            if process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace").strip()[-2000:]
                raise BenchError(f"{name} did not start:\n{said or '(it said nothing)'}")
            time.sleep(0.05)
        return process

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """Stop one of them early."""
        stop(process)
        self._running.remove(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Politely, then not."""
    process.terminate()
    try:
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port nobody listens on; the kernel does not hand it out again soon."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def ask(job: Mapping[str, Any]) -> Any:
    """Have the load generator do one job."""
    process = subprocess.Popen(
        [sys.executable, "-I", _LOAD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, errors = process.communicate(json.dumps(job).encode())
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode:
        said = errors.decode(errors="replace").strip().rpartition("\n")[2]
        raise BenchError(f"the load generator failed: {said}")
    return json.loads(out)


def resident(pid: int, field: str = "VmRSS") -> int:
    """Bytes of memory process `pid` holds (VmRSS), or held at most (VmHWM); 0 without /proc."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
    return 0


def forget_peak(pid: int) -> None:
    """Let VmHWM begin anew: what counts is the peak from here, not that of the start."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")
