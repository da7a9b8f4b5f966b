"""One campaign: every target in a process of its own, which libFuzzer (inside atheris) drives.

The package is instrumented once, then each target is a fork of that process. Bounds for each: memory
(`MEMORY`), time for one input (`SLOWEST`), time or inputs in all. What a target finds stands in its
folder, as libFuzzer writes it: `crash-…`, `timeout-…`, `oom-…`, with the traceback in `log`.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import atheris

MEMORY = 768
"""Megabytes of one target, the shipped catalogue included."""
SLOWEST = 10
"""Seconds for one input."""
LONGEST = 8192
"""Bytes of an input."""
SEED = 11
_FINDINGS = ("crash-*", "timeout-*", "oom-*", "slow-unit-*")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long each target runs: so many seconds, and at most so many inputs (0: no such bound)."""

    seconds: int
    inputs: int = 0
    beside: int = 1
    """Targets at a time."""


@dataclass(slots=True)
class Run:
    """One target that runs or has run. `pid` is its process, `code` how it ended."""

    name: str
    folder: Path
    pid: int
    began: float
    took: float = 0.0
    code: int | None = None

    @property
    def findings(self) -> Sequence[Path]:
        """Inputs that break something."""
        return [found for kind in _FINDINGS[:3] for found in sorted(self.folder.glob(kind))]

    @property
    def inputs(self) -> int:
        """How many inputs were tried."""
        found = [
            line.split()[1]
            for line in self.log.splitlines()
            if line.startswith("Done ") and "runs in" in line
        ]
        return int(found[-1]) if found else 0

    @property
    def log(self) -> str:
        """What the fuzzer and the target have printed."""
        return (self.folder / "log").read_text("utf-8", "replace")


def campaign(
    targets: Mapping[str, ModuleType], state: Path, bounds: Bounds, done: Callable[[Run], None]
) -> list[Run]:
    """Run all targets; `done` is called with each as it ends. Ends whatever it started."""
    waiting, running, ended = dict(targets), dict[int, Run](), list[Run]()
    try:
        while waiting or running:
            while waiting and len(running) < bounds.beside:
                name = next(iter(waiting))
                run = _start(name, waiting.pop(name), state / name, bounds)
                running[run.pid] = run
            run = _next(running, bounds)
            ended.append(run)
            done(run)
    finally:
        for pid in running:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return ended


def _next(running: dict[int, Run], bounds: Bounds) -> Run:
    """The next one that ends; one that does not is ended."""
    while True:
        for pid, run in list(running.items()):
            found, status = os.waitpid(pid, os.WNOHANG)
            run.took = time.monotonic() - run.began
            if found:
                run.code = os.waitstatus_to_exitcode(status)
                del running[pid]
                return run
            if run.took > bounds.seconds + 3 * SLOWEST:
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _start(name: str, target: ModuleType, folder: Path, bounds: Bounds) -> Run:
    corpus, seeds = folder / "corpus", folder / "seeds"
    for each in (corpus, seeds):
        each.mkdir(parents=True, exist_ok=True)
    for old in (found for kind in _FINDINGS for found in folder.glob(kind)):
        old.rename(seeds / old.name)  # what was found once is tried first ever after
    for number, seed in enumerate(target.SEEDS):
        (seeds / f"{number:02d}").write_bytes(seed)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if not pid:
        _fuzz(target, folder, bounds)
    return Run(name, folder, pid, time.monotonic())


def _checked(target: ModuleType, folder: Path, data: bytes) -> None:
    """What breaks an invariant is kept at once: libFuzzer keeps only what ends the process hard."""
    try:
        target.check(data)
    except BaseException:  # noqa: BLE001 (all of them are findings)
        traceback.print_exc(file=sys.stdout)
        (folder / f"crash-{hashlib.sha1(data).hexdigest()}").write_bytes(data)
        sys.stdout.flush()
        os._exit(77)


def _fuzz(target: ModuleType, folder: Path, bounds: Bounds) -> NoReturn:
    """The forked process: it never comes back."""
    try:
        log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        atheris.Setup(
            [
                "fuzz", f"-seed={SEED}", f"-max_total_time={bounds.seconds}",
                *([f"-runs={bounds.inputs}"] if bounds.inputs else []),
                f"-max_len={LONGEST}", "-len_control=20", f"-timeout={SLOWEST}",
                f"-rss_limit_mb={MEMORY}", f"-artifact_prefix={folder}/", "-verbosity=1",
                "-print_final_stats=1", str(folder / "corpus"), str(folder / "seeds"),
            ],
            lambda data: _checked(target, folder, data),
        )  # fmt: skip
        atheris.Fuzz()
    finally:
        os._exit(70)  # atheris ends the process itself; whatever comes here is a fault
