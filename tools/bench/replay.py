"""`stagedoor replay` over a made-up access log, beside GoAccess on the same file, on one core each.

The log is made once and the same every time: thousands of user agents and addresses, tens of
thousands of paths, a few of each often and the rest rarely, as it is on real sites.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import time
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from . import cast
from .door import ROOT
from .processes import BenchError
from .report import Figure, Report, surroundings

LINES = 1_000_000
QUICK_LINES = 250_000
_ADDRESSES, _ALBUMS, _TRACKS, _PAGES = 40_000, 2_000, 12, 4_000
_DAYS = 31
_SAMPLE = ROOT / "tests" / "identify" / "sample"


def measure(lines: int, rounds: int, folder: Path, tell: Callable[[str], None]) -> Report:
    """Both programs `rounds` times in turns; memory also over a quarter of the file."""
    folder.mkdir(parents=True, exist_ok=True)
    tell(f"making a log of {lines:,} lines")
    log, part = folder / f"access-{lines}.log", folder / f"access-{lines // 4}.log"
    for path, count in ((log, lines), (part, lines // 4)):
        if not path.exists():
            _write(path, count)
    rate = Figure("lines a CPU second", "/s", "more", "≥ 150,000 /s")
    wall = Figure("  by the clock, on one core", "/s", "more")
    memory = Figure("  memory at most", "MB", "less")
    small = Figure("  the same, a quarter of the lines", "MB", "less")
    goaccess = shutil.which("goaccess")
    for number in range(rounds):
        tell(f"round {number + 1} of {rounds}")
        if goaccess:
            run = _timed(_goaccess(goaccess, log, folder))
            rate.base.append(lines / run.cpu)
            wall.base.append(lines / run.seconds)
            memory.base.append(run.memory)
            small.base.append(_timed(_goaccess(goaccess, part, folder)).memory)
        run = _timed(_ours(log))
        rate.guard.append(lines / run.cpu)
        wall.guard.append(lines / run.seconds)
        memory.guard.append(run.memory)
        small.guard.append(_timed(_ours(part)).memory)
    size = log.stat().st_size
    facts = surroundings() | {"lines": lines, "bytes": size}
    notes = [
        "",
        f"{lines:,} lines, {size / 1e6:.0f} MB, whole programs with their start, each bound to one "
        f"of {facts['cpus']} CPUs; load {facts['load'][0]:.1f}; Python {facts['python']}.",
    ]
    if not goaccess:
        notes.append("GoAccess is not installed (tests/requirements.apt), so there is no ratio.")
    return Report(
        "Replaying an access log", ("GoAccess", "replay"), [rate, wall, memory, small], notes, facts
    )


def _ours(log: Path) -> Sequence[str | Path]:
    return [sys.executable, "-m", "stagedoor", "replay", "--json", log]


def _goaccess(program: str, log: Path, folder: Path) -> Sequence[str | Path]:
    return [
        *(program, log, "--no-global-config", "--log-format=COMBINED", "--no-progress"),
        *("-o", folder / "goaccess.json"),
    ]


@dataclass(frozen=True, slots=True)
class _Run:
    """Seconds by the clock and of CPU, and the most bytes of memory, of a whole program."""

    seconds: float
    cpu: float
    memory: float


def _timed(command: Sequence[str | Path]) -> _Run:
    """One run, bound to one core."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "addons")},
        start_new_session=True,
    )
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
    try:
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()
    assert process.stderr is not None
    with process.stderr as errors:
        if process.returncode:
            said = errors.read().decode(errors="replace").strip()[-500:]
            raise BenchError(f"{command[0]} failed: {said}")
    memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return _Run(took, usage.ru_utime + usage.ru_stime, memory)


# -- the log -------------------------------------------------------------------------------------


def _write(path: Path, count: int) -> None:
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        for batch in itertools.batched(lines(count), 10_000):
            file.write(b"".join(batch))
    unfinished.replace(path)


def lines(count: int) -> Iterator[bytes]:
    """Lines of a combined log, always the same for the same `count`."""
    chance = random.Random(0)
    agents, agent_weights = _agents(chance)
    paths = _paths()
    addresses = [
        f"{chance.randrange(1, 224)}.{chance.randrange(256)}.{chance.randrange(256)}.{n % 256}"
        if n % 8
        else f"2001:db8:{chance.randrange(1 << 16):x}::{n:x}"
        for n in range(_ADDRESSES)
    ]
    begin = datetime(2026, 10, 1, tzinfo=UTC)
    for number in range(count):
        at = begin + timedelta(seconds=number * _DAYS * 86_400 / count)
        agent = agents[bisect(agent_weights, chance.random() * agent_weights[-1])]
        path, size = paths[_often(chance, len(paths))]
        status = chance.choices((200, 206, 304, 404), (70, 18, 8, 4))[0]
        sent = 0 if status == 304 else 548 if status == 404 else chance.randrange(size // 2, size)
        referer = "-" if number % 3 else f"https://music.example{paths[number % 50][0]}"
        yield (
            f"{addresses[_often(chance, _ADDRESSES)]} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "
            f'"GET {path} HTTP/1.1" {status} {sent} "{referer}" "{agent or "-"}"\n'
        ).encode()


def _often(chance: random.Random, many: int) -> int:
    """The first often, the last rarely."""
    return int(many * chance.random() ** 3)


def _agents(chance: random.Random) -> tuple[list[str], list[float]]:
    """The cast's agents, 2,000 browsers, 500 robots, and several versions of each."""
    found = list(cast.agents())
    browsers = (_SAMPLE / "browsers.txt").read_text("utf-8").splitlines()
    found += [agent for agent in browsers if agent.isascii() and not agent.startswith("#")]
    for text in (_SAMPLE / "robots.jsonl").read_text("utf-8").splitlines():
        agent = json.loads(text).get("ua", "")
        if agent.isascii() and '"' not in agent and "\\" not in agent:
            found.append(agent)
    found += [f"{agent} v{n}" for n in (1, 2) for agent in found]
    chance.shuffle(found)
    return found, list(itertools.accumulate(1 / (n + 1) for n in range(len(found))))


def _paths() -> list[tuple[str, int]]:
    """Paths and the sizes of what lies there: recordings, covers, pages."""
    found = [("/", 12_000), ("/feed.xml", 30_000), ("/robots.txt", 400), ("/css/site.css", 9_000)]
    for album in range(_ALBUMS):
        found.append((f"/covers/album-{album}.jpg", 90_000))
        found += [
            (f"/music/album-{album}/{track:02d}-track.mp3", 9_000_000) for track in range(_TRACKS)
        ]
    found += [(f"/news/{number}.html?from=list", 14_000) for number in range(_PAGES)]
    random.Random(1).shuffle(found)
    return found
