"""Start programs, wait for them, stop them; each in a process group of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""Seconds until something that must happen counts as not happening. Only a failure takes that long.
What must be quick says so itself, with `at_load`."""


def at_load(seconds: float) -> float:
    """`seconds` of an idle machine, as long as they may take on this one now.

    Measured: how long the processor lets a short piece of work wait. That is known at once, the load
    average only after a minute; the larger of the two counts.
    """
    began, spent = time.monotonic(), time.process_time()
    while time.process_time() - spent < 0.02:
        pass
    waited = (time.monotonic() - began) / (time.process_time() - spent)
    queued = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds * max(1.0, 2 * waited - 1, 2 * queued - 1)


def program(name: str) -> str:
    """The path of a program: the tests' own environment first, then PATH and the system's."""
    here = str(Path(sys.executable).parent)  # not resolved: the link is in the environment's bin
    found = shutil.which(
        name, path=os.pathsep.join([here, os.environ.get("PATH", ""), "/usr/sbin"])
    )
    if found:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed; tests/requirements.apt lists what CI must install")
    pytest.skip(f"{name} is not installed (tests/requirements.apt)")


def free_port() -> int:
    """A port nobody listens on just now, for programs that cannot choose one themselves."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def eventually[T](look: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
    """The first true thing `look` returns; fails with `what` when none comes."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:g} s in vain: {what}")
        time.sleep(0.02)


def is_listening(port: int) -> bool:
    """Whether a program accepts connections on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def public_folder() -> Iterator[Path]:
    """A folder where a program that does not run as root may write; pytest's are private."""
    with tempfile.TemporaryDirectory(prefix="stagedoor-e2e-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


def as_nobody() -> list[str]:
    """Words to put before a command that refuses to run as root (VLC does)."""
    if os.geteuid() != 0:
        return []
    return [program("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups"]


def run(
    *command: str, timeout: float = PATIENCE, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; its output is text. Whatever it started goes with it."""
    with Program(*command, cwd=cwd, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        out, err = started.process.communicate(timeout=timeout)
    text = (out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))
    return subprocess.CompletedProcess(command, started.process.returncode, *text)


class Program:
    """A program that runs beside a test. Its output goes to `log`."""

    def __init__(
        self,
        *command: str,
        log: Path | None = None,
        cwd: Path | None = None,
        stdout: int = subprocess.DEVNULL,
        stderr: int = subprocess.STDOUT,
    ) -> None:
        self.command: Sequence[str] = command
        self.log = log
        with (log or Path(os.devnull)).open("wb") as file:
            self.process = subprocess.Popen(
                command,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=file if log else stdout,
                stderr=stderr,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def output(self) -> str:
        """What the program has said so far."""
        return self.log.read_text("utf-8", "replace") if self.log else ""

    def says(self, pattern: str, seconds: float = PATIENCE) -> re.Match[str]:
        """Wait until the output matches; fails when it does not, or the program ends first."""

        def look() -> re.Match[str] | None:
            ended = self.process.poll()  # asked first, so that no last word is missed
            found = re.search(pattern, self.output, re.MULTILINE)
            if found is None and ended is not None:
                pytest.fail(f"{self.command[0]} ended with {ended} and said:\n{self.output}")
            return found

        return eventually(look, f"{self.command[0]} to say {pattern!r}", seconds)

    def listens(self, port: int) -> None:
        """Wait until the program accepts connections on `port`."""

        def look() -> bool:
            if self.process.poll() is not None:
                pytest.fail(f"{self.command[0]} did not start and said:\n{self.output}")
            return is_listening(port)

        eventually(look, f"{self.command[0]} to listen on {port}")

    def stop(self, seconds: float = PATIENCE) -> int:
        """Ask the program to end, make sure its whole group has, return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def status(self, field: str) -> int:
        """A figure of /proc/PID/status in bytes: VmRSS is memory now, VmHWM its peak."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE)
        assert found, f"no {field} in /proc/{self.process.pid}/status"
        return int(found[1]) * 1024

    def forget_peak(self) -> int:
        """Let VmHWM begin anew; returns the memory in use now."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
        return self.status("VmRSS")
