"""`stagedoor serve`, with one worker and two, beside mitmdump with the guard and without it.

All sides run for the whole time, on the same origin; in each round each does the same work, one right
after the other, and the order turns. Requests come from sixteen networks, because the workers share
visitors out by network. What is compared is the CPU a request, which other programs on the machine
hardly change, and the requests a second, which they do.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from . import cast, door, origin
from .load import family
from .processes import BenchError, Processes, ask, free_port, resident
from .report import WIDTH, surroundings

CONNECTIONS, NETWORKS = 16, 16
STREAMS, STREAM_SECONDS = 200, 6.0
SIDES = ("bare", "guard", "serve", "serve ×2")
_AGENT = "GPTBot/1.2 (+https://openai.com/gptbot)"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `of` is the side that the others are compared with; `wanted` is about one side."""

    name: str
    unit: str
    digits: int = 0
    of: str = "bare"
    wanted: str = ""


ROWS = {
    "rate": Row(
        "listeners, requests a second", "/s", wanted="serve ≥ 2.5 × bare; ×2 ≥ 1.7 × serve"
    ),
    "cpu": Row("  CPU a request", "ms", 3),
    "p50": Row("  latency, median", "ms", 1),
    "p99": Row("  latency, 99th percentile", "ms", 1),
    "refused rate": Row("a crawler, refused", "/s", wanted="serve ≥ 5 × bare"),
    "refused cpu": Row("  CPU a refusal", "ms", 3),
    "half": Row("99th percentile at half of serve's load", "ms", 1),
    "idle": Row("memory when idle", "MB"),
    "streams": Row(f"  on top, {STREAMS} slow streams", "MB", wanted="serve ≤ 150 MB"),
}


@dataclass(slots=True)
class Sides:
    """What was found: by row and side, a sample a round."""

    samples: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def note(self, row: str, side: str, value: float) -> None:
        """One sample; seconds and bytes become what the row shows."""
        scale = {"ms": 1e3, "MB": 1e-6}.get(ROWS[row].unit, 1.0)
        self.samples.setdefault(row, {}).setdefault(side, []).append(value * scale)

    def ratio(self, row: str, side: str, of: str) -> float | None:
        """The median of `side` over that of `of`."""
        found = self.samples.get(row, {})
        if side not in found or of not in found or not median(found[of]):
            return None
        return median(found[side]) / median(found[of])

    def print(self, console: Console) -> None:
        """The table and the notes."""
        title = "stagedoor serve beside mitmdump"
        table = Table(title=title, title_justify="left", box=None, pad_edge=False, width=WIDTH)
        table.add_column("", ratio=1)
        for side in SIDES:
            table.add_column(side, justify="right", no_wrap=True)
        for key, row in ROWS.items():
            shown = [self._shown(key, side, row) for side in SIDES]
            table.add_row(f"{row.name} [{row.unit}]".replace("[", r"\["), *shown)
            ratios = [self.ratio(key, side, row.of) for side in SIDES]
            if key not in {"idle", "streams", "half"} and any(ratios):
                texts = ["" if each is None else f"{each:.2f} ×" for each in ratios]
                table.add_row("", *texts, style="bold")
        console.print(table)
        for note in self.notes:
            console.print(note, width=WIDTH, highlight=False, markup=False)

    def _shown(self, key: str, side: str, row: Row) -> str:
        found = self.samples.get(key, {}).get(side)
        return f"{median(found):,.{row.digits}f}" if found else "–"

    def write(self, path: Path) -> None:
        """Every sample, as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {**self.facts, "samples": self.samples, "notes": self.notes}
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def measure(rounds: int, seconds: float, tell: Callable[[str], None]) -> Sides:
    """The whole run."""
    found = Sides(facts=surroundings())
    with tempfile.TemporaryDirectory(prefix="stagedoor-bench-") as name:
        folder = Path(name)
        with Processes(folder) as processes:
            tell("starting the origin and four proxies")
            site = origin.build(folder, door.QUICK.long, door.QUICK.long)
            upstream, served_by = origin.start(processes, folder, site)
            sides = {side: _start(processes, folder, side, upstream) for side in SIDES}
            for side in SIDES:
                _load(sides[side], cast.listeners(), 1.0)  # every worker is up, and warm
            for number in range(rounds):
                for which in range(len(SIDES)):
                    side = SIDES[(number + which) % len(SIDES)]
                    tell(f"round {number + 1} of {rounds}: {side}")
                    _round(found, side, sides[side], seconds)
            half = median(found.samples["rate"]["serve"]) / 2
            for side in ("serve", "serve ×2"):
                tell(f"half load: {side}")
                got = _load(sides[side], cast.listeners(), seconds, pace=half)
                found.note("half", side, got["p99"])
            direct = _load((upstream, sides["serve"][1]), cast.listeners(), seconds, pace=half)
            found.note("half", "bare", direct["p99"])
        with Processes(folder) as processes:
            upstream, served_by = origin.start(processes, folder, site)
            for side in ("guard", "serve", "serve ×2"):
                tell(f"slow streams: {side}")
                _streams(found, side, _start(processes, folder, side, upstream))
    load = found.facts["load"][0]
    found.notes = [
        "",
        f"Origin {served_by}; {CONNECTIONS} connections from {NETWORKS} networks; {rounds} rounds; "
        f"{found.facts['cpus']} CPUs, which load generator and origin share; load {load:.1f} before "
        "the run. Ratios are to bare mitmdump, which sends the refused what they ask for. In the row of "
        "half load, the first figure is the origin's own.",
        *(f"{row.name.strip()}: {row.wanted}" for row in ROWS.values() if row.wanted),
    ]
    return found


def _round(found: Sides, side: str, running: tuple[int, int], seconds: float) -> None:
    got = _load(running, cast.listeners(), seconds)
    for name in ("rate", "cpu", "p50", "p99"):
        found.note(name, side, got[name])
    got = _load(running, [cast.request("/music/one.mp3", _AGENT)], seconds)
    found.note("refused rate", side, got["rate"])
    found.note("refused cpu", side, got["cpu"])


def _load(
    running: tuple[int, int], requests: Sequence[str], seconds: float, pace: float = 0.0
) -> Any:
    port, pid = running
    return ask(
        {
            "port": port, "pid": pid, "requests": list(requests), "connections": CONNECTIONS,
            "seconds": seconds, "warm": min(0.5, seconds / 2), "networks": NETWORKS, "pace": pace,
        }
    )  # fmt: skip


def _start(processes: Processes, folder: Path, side: str, upstream: int) -> tuple[int, int]:
    port, metrics = free_port(), free_port()
    own = folder / side.replace(" ", "-")
    confdir = f"confdir={folder / 'mitmproxy'}"
    site = f"http://127.0.0.1:{upstream}"
    if side.startswith("serve"):
        command: list[str | Path] = [
            _program("stagedoor"), "serve", "--upstream", site, "--listen", f"127.0.0.1:{port}",
            "--metrics", f"127.0.0.1:{metrics}", "--state", own, "--set", confdir,
            "--workers", "2" if side.endswith("2") else "1",
        ]  # fmt: skip
        return port, processes.start(side, command, metrics).pid
    command = [
        _program("mitmdump"), "-q", "--mode", f"reverse:{site}", "--listen-host", "127.0.0.1",
        "--listen-port", str(port), "--set", confdir,
    ]  # fmt: skip
    if side == "guard":
        command += ["-s", door.GUARD, "--set", f"guard_metrics=127.0.0.1:{metrics}"]
        command += ["--set", f"guard_state={own}"]
    return port, processes.start(side, command, metrics if side == "guard" else port).pid


def _program(name: str) -> str:
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if found is None:
        raise BenchError(f"there is no {name} in this environment — run this through ./run bench")
    return found


def _streams(found: Sides, side: str, running: tuple[int, int]) -> None:
    """How far many slow listeners, each in a network of its own, lift the memory."""
    port, pid = running
    _load(running, cast.listeners(), 1.0)
    idle = sum(map(resident, family(pid)))
    found.note("idle", side, idle)
    most = asyncio.run(_listen_slowly(port, pid))
    found.note("streams", side, max(0, most - idle))


def _hang_up(writer: asyncio.StreamWriter) -> None:
    # The writer itself is kept until then: one that nobody holds closes its connection.
    writer.transport.abort()


async def _listen_slowly(port: int, pid: int) -> int:
    asked = cast.request(origin.LONG, "VLC/3.0.21 LibVLC/3.0.21").encode()
    async with AsyncExitStack() as stack:
        readers = []
        for number in range(STREAMS):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, local_addr=(f"127.1.{number + 1}.1", 0), limit=1 << 14
            )
            stack.callback(_hang_up, writer)
            writer.write(asked)
            readers.append(reader)
        most = 0
        until = asyncio.get_running_loop().time() + STREAM_SECONDS
        while asyncio.get_running_loop().time() < until:
            for reader in readers:
                if not await reader.read(4096):
                    raise BenchError("a slow stream was cut off")
            most = max(most, sum(map(resident, family(pid))))
            await asyncio.sleep(0.2)
    return most
