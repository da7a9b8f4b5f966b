"""All ways to stand in front of a site, side by side in one run, on the same site.

All run for the whole time, and each round asks one right after the other for the same: what a music
site's listeners ask for, what crawlers ask for that are refused, and a recording of 5 MB, whole and in
ranges. Then 200 listen slowly. On a machine whose cores the load generator shares, requests a second say what
that machine does; CPU time a request, added up over all processes of a side, says what each costs.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from . import beside_programs, cast, origin
from .beside_programs import (
    ASKED,
    BARE,
    BY_HAND,
    EXPORTED,
    KEPT,
    NGINX,
    SERVE,
    SERVE2,
    SITE,
    Ground,
    MissingError,
    Side,
    Starter,
)
from .busy import descendants
from .processes import BenchError, Processes
from .report import WIDTH, surroundings

_BUSY = Path(__file__).with_name("busy.py")
CONNECTIONS, NETWORKS = 16, 16
FIVE, STREAMED = 5_000_000, 10_000_000
"""Bytes of the recordings. Some keep all of a response that nobody takes: 200 of them must have room."""
_RANGE = 1_000_000
_PLAYER = "VLC/3.0.21 LibVLC/3.0.21"


@dataclass(frozen=True, slots=True)
class Plan:
    """How often, how long each time, and how many listen slowly for how long."""

    rounds: int
    seconds: float
    streams: int
    stream_seconds: float


FULL = Plan(rounds=5, seconds=3.0, streams=200, stream_seconds=6.0)
QUICK = Plan(rounds=2, seconds=1.0, streams=200, stream_seconds=3.0)


def _ranges() -> list[str]:
    parts = ["bytes=0-", *(f"bytes={n}-{n + _RANGE - 1}" for n in range(0, FIVE, _RANGE))]
    return [cast.request(origin.LONG, _PLAYER, {"Range": part}) for part in parts]


LOADS: Mapping[str, Callable[[], list[str]]] = {
    "listeners": cast.listeners,
    "refused": cast.refused,
    "audio": _ranges,
}
"""What is asked for, by the name of the load."""
COLUMNS: Sequence[tuple[str, str, str, float, int]] = (
    ("listeners", "rate", "/s", 1, 0),
    ("listeners", "cpu", "µs", 1e6, 0),
    ("listeners", "p50", "p50", 1e3, 1),
    ("listeners", "p99", "p99", 1e3, 1),
    ("refused", "rate", "/s", 1, 0),
    ("refused", "cpu", "µs", 1e6, 0),
    ("audio", "bytes", "MB/s", 1e-6, 0),
    ("memory", "idle", "idle", 1e-6, 0),
    ("memory", "streams", "+200", 1e-6, 0),
)
"""Load, figure, its caption, and what base units are multiplied with."""
CLAIMS: Sequence[tuple[str, str, str, float]] = (
    ("listeners", SERVE, BARE, 2.5),
    ("refused", SERVE, BARE, 5.0),
    ("listeners", SERVE2, SERVE, 1.7),
    ("refused", EXPORTED, BY_HAND, 0.95),
    ("listeners", KEPT, NGINX, 0.85),
    ("listeners", ASKED, NGINX, 0.5),
    ("audio", KEPT, NGINX, 1.0),
)
"""Load, side, the one that it is compared with, and the ratio that the project asks for."""
PEER_CLAIMS: Sequence[tuple[str, str, float]] = (
    ("listeners", KEPT, 1.5), ("listeners", ASKED, 1.0), ("refused", EXPORTED, 5.0),
)  # fmt: skip


@dataclass(slots=True)
class Beside:
    """What was found: `samples` by side, load and figure, one a round, in base units."""

    samples: dict[str, dict[str, dict[str, list[float]]]] = field(default_factory=dict)
    statuses: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    gaps: dict[str, str] = field(default_factory=dict)
    peers: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def note(self, side: str, load: str, figure: str, value: float) -> None:
        """One sample."""
        figures = self.samples.setdefault(side, {}).setdefault(load, {})
        figures.setdefault(figure, []).append(value)

    def value(self, side: str, load: str, figure: str) -> float | None:
        """The median; None where there is none."""
        found = self.samples.get(side, {}).get(load, {}).get(figure)
        return median(found) if found else None

    def ratios(self, load: str, side: str, of: str) -> tuple[float, float] | None:
        """How much more `side` carries than `of`: by requests a second, and by CPU time a request."""
        rates = [self.value(one, load, "rate") for one in (side, of)]
        costs = [self.value(one, load, "cpu") for one in (side, of)]
        if None in rates or None in costs or not rates[1] or not costs[0]:
            return None
        return float(rates[0] or 0) / rates[1], float(costs[1] or 0) / costs[0]

    def print(self, console: Console) -> None:
        """The table and the notes."""
        table = Table(
            title="In front of the same site", title_justify="left", box=None, pad_edge=False,
            width=max(WIDTH, min(console.width, 110)),
        )  # fmt: skip
        table.add_column("", ratio=1)
        before = ""
        for load, _, caption, _, _ in COLUMNS:
            head = f"{load}\n{caption}" if load != before else f"\n{caption}"
            table.add_column(head, justify="right", no_wrap=True)
            before = load
        for side in self.samples:
            table.add_row(side, *(self._shown(side, column) for column in COLUMNS))
        console.print(table)
        for line in self.notes():
            console.print(line, width=WIDTH, highlight=False, markup=False)

    def _shown(self, side: str, column: tuple[str, str, str, float, int]) -> str:
        load, figure, _, scale, digits = column
        found = self.value(side, load, figure)
        return "–" if found is None else f"{found * scale:,.{digits}f}"

    def notes(self) -> Iterator[str]:
        """What a reader needs to know, what the project asks for, and what is missing."""
        facts = self.facts
        yield (
            f"\nµs: CPU time of one request, of all processes of a side. p50, p99: latency in ms. Memory "
            f"in MB, idle and for {facts['streams']} slow listeners. Site: {facts['site']}. "
            f"{CONNECTIONS} connections from {NETWORKS} networks; {facts['rounds']} rounds; "
            f"{facts['cpus']} CPUs, which load generator and site share; load {facts['load'][0]:.1f} "
            f"before the run and {facts['load_after'][0]:.1f} after it."
        )
        wanted = [*CLAIMS]
        wanted += [
            (load, side, one, ratio) for one in self.peers for load, side, ratio in PEER_CLAIMS
        ]
        for load, side, of, ratio in wanted:
            found = self.ratios(load, side, of)
            if found is not None:
                yield (
                    f"{load}: {side} : {of} = {found[0]:.2f}, by CPU time {found[1]:.2f} "
                    f"(wanted: {ratio:g})"
                )
        for side, loads in self.statuses.items():
            for load, statuses in loads.items():
                strange = _strange(statuses)
                if load != "refused" and strange:
                    yield f"{side}, {load}: {strange:.0%} of the answers were not what was asked for"
        for side, why in self.gaps.items():
            yield f"not measured: {side}: {why}"

    def write(self, path: Path) -> None:
        """Every sample, as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            **self.facts, "units": "seconds, bytes, requests and bytes a second",
            "sides": self.samples, "statuses": self.statuses, "not_measured": self.gaps,
        }  # fmt: skip
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _strange(statuses: Mapping[str, int]) -> float:
    every = sum(statuses.values())
    return sum(n for status, n in statuses.items() if status not in {"200", "206"}) / max(1, every)


def measure(
    plan: Plan,
    peers: Mapping[str, str],
    tell: Callable[[str], None],
    only: Sequence[str] = (),
) -> Beside:
    """The whole run. `peers`: commands by name. `only`: of our own sides, those with one of these texts in
    their names.
    """
    found = Beside(peers=list(peers), facts=surroundings())
    starters: dict[str, Starter] = {
        name: starter
        for name, starter in beside_programs.SIDES.items()
        if not only or any(text in name for text in only)
    }
    starters |= {name: beside_programs.peer(command) for name, command in peers.items()}
    with (
        tempfile.TemporaryDirectory(prefix="stagedoor-bench-") as name,
        Processes(Path(name)) as processes,
    ):
        folder = Path(name)
        folder.chmod(0o755)
        site = origin.build(folder, FIVE, STREAMED)
        upstream, served_by = origin.start(processes, folder, site)
        ground = Ground(folder, processes, upstream)
        sides = [Side(SITE, upstream, _pids_at(upstream))]
        for which, starter in starters.items():
            tell(f"starting {which}")
            sides += _started(found, ground, which, starter)
        for side in sides:
            tell(f"warming up {side.name}")
            _asked(found, side, "listeners", min(1.0, plan.seconds), noted=False)
            found.note(side.name, "memory", "idle", memory(side.pids))
        for number in range(plan.rounds):
            for which_one in range(len(sides)):
                side = sides[(number + which_one) % len(sides)]
                tell(f"round {number + 1} of {plan.rounds}: {side.name}")
                for load in LOADS:
                    _asked(found, side, load, plan.seconds)
        for side in sides[1:]:
            tell(f"slow listeners: {side.name}")
            before = memory(side.pids)
            try:
                most = asyncio.run(_listen_slowly(side, plan))
            except (BenchError, OSError) as error:
                found.gaps[f"{side.name}, slow listeners"] = str(error)
            else:
                found.note(side.name, "memory", "streams", max(0.0, most - before))
    found.facts |= {
        "site": served_by, "rounds": plan.rounds, "seconds": plan.seconds, "streams": plan.streams,
        "load_after": list(os.getloadavg()), "versions": _versions(),
    }  # fmt: skip
    return found


def _started(found: Beside, ground: Ground, name: str, starter: Starter) -> Sequence[Side]:
    try:
        return [starter(ground, name)]
    except MissingError as missing:
        found.gaps[name] = str(missing)
    except BenchError as error:
        found.gaps[name] = " ".join(str(error).split())[:500]
    return []


def _asked(found: Beside, side: Side, load: str, seconds: float, *, noted: bool = True) -> None:
    job = {
        "port": side.port, "pids": list(side.pids), "requests": LOADS[load](),
        "connections": CONNECTIONS, "networks": NETWORKS, "seconds": seconds,
        "warm": min(0.3, seconds / 2), "step": 1 if load == "audio" else CONNECTIONS + 1,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-I", _BUSY], input=json.dumps(job), capture_output=True, text=True,
        check=False, start_new_session=True, timeout=120 + 10 * seconds,
    )  # fmt: skip
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2]
        found.gaps.setdefault(f"{side.name}, {load}", said)
        return
    if not noted:
        return
    got = json.loads(done.stdout)
    for figure in ("rate", "cpu", "p50", "p99", "bytes"):
        found.note(side.name, load, figure, got[figure])
    counts = found.statuses.setdefault(side.name, {}).setdefault(load, {})
    for status, count in got["statuses"].items():
        counts[status] = counts.get(status, 0) + count


def memory(pids: Sequence[int]) -> float:
    """Bytes that processes and what they have started hold; what they share counts once."""
    return sum(map(_memory, descendants(list(pids))))


def _memory(pid: int) -> int:
    for name, start in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/{name}").read_text().splitlines():
                if line.startswith(start):
                    return int(line.split()[1]) * 1024
    return 0


def _hang_up(writer: asyncio.StreamWriter) -> None:
    # The writer itself is kept until then: one that nobody holds closes its connection.
    writer.transport.abort()


async def _listen_slowly(side: Side, plan: Plan) -> float:
    """The most memory that it held meanwhile."""
    asked = cast.request(origin.ENDLESS, _PLAYER).encode()
    async with AsyncExitStack() as stack:
        readers = []
        for number in range(plan.streams):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", side.port, local_addr=(f"127.1.{number + 1}.1", 0), limit=1 << 14
            )
            stack.callback(_hang_up, writer)
            writer.write(asked)
            readers.append(reader)
        most = 0.0
        until = asyncio.get_running_loop().time() + plan.stream_seconds
        while asyncio.get_running_loop().time() < until or not most:
            async with asyncio.timeout(60):
                for reader in readers:
                    if not await reader.read(4096):
                        raise BenchError("a slow stream was cut off")
            most = max(most, memory(side.pids))
            await asyncio.sleep(0.2)
    return most


def _pids_at(port: int) -> list[int]:
    """Who listens at a port of this machine: for the site, which origin.py has started."""
    wanted = f":{port:04X}"
    inodes = {
        fields[9]
        for fields in map(str.split, Path("/proc/net/tcp").read_text().splitlines()[1:])
        if fields[1].endswith(wanted) and fields[3] == "0A"
    }
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            links = (str(one.readlink()) for one in (process / "fd").iterdir())
            if any(link == f"socket:[{inode}]" for link in links for inode in inodes):
                found.append(int(process.name))
    return found


def _versions() -> dict[str, str]:
    """Of the programs that are measured, as they say it themselves."""
    asks = {"nginx": ["nginx", "-v"], "caddy": ["caddy", "version"]}
    found = {}
    for name, (program, *words) in asks.items():
        path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
        if path:
            done = subprocess.run([path, *words], capture_output=True, text=True, check=False)
            found[name] = (done.stdout + done.stderr).strip().rpartition(": ")[2]
    return found
