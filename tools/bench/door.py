"""The whole way: a proxy with the guard against bare mitmdump, in turns, on the same origin.

Both run for the whole time; in each round both do the same work, one right after the other, and who
goes first changes every round. The guard has all rules, metrics and a state directory.
"""

from __future__ import annotations

import shutil
import sysconfig
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import cast, origin
from .processes import BenchError, Processes, ask, forget_peak, free_port, resident
from .report import Figure, Report, surroundings

ROOT = Path(__file__).resolve().parents[2]
GUARD = ROOT / "addons" / "guard.py"
CONNECTIONS = 16
_MB = 1_000_000
_LET_IN = {"200", "206"}


SILENT = "publish:\n" + "".join(
    f"  {word}: no\n"
    for word in [
        "robots",
        "content_usage",
        "content_signals",
        "tdmrep",
        "rsl",
        "noai",
        "ai_txt",
        "trust_txt",
        "tags",
    ]
)
"""A stance that is enforced and not published."""
CANARIES = "canaries: yes\n"
"""A stance by which machines get links of their own."""

_BARE = (
    "bare is `mitmdump -q` as it comes: it keeps a body back until it has the whole of it, so it "
    "is not asked for the longest one. The crawlers that the guard refuses are served by it."
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often. `long` and `endless` are the recordings' sizes in bytes."""

    rounds: int
    seconds: float
    warm: float
    long: int
    endless: int


FULL = Plan(rounds=7, seconds=5, warm=0.5, long=100 * _MB, endless=1000 * _MB)
QUICK = Plan(rounds=5, seconds=0.9, warm=0.15, long=100 * _MB, endless=250 * _MB)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two proxies. `script` is None for bare mitmdump."""

    name: str
    script: Path | None
    port: int
    pid: int

    def load(self, requests: list[str], plan: Plan, connections: int = CONNECTIONS) -> Any:
        """Keep it busy for one window."""
        short = 1.0 if connections == CONNECTIONS else 0.3
        return ask(
            {
                "port": self.port,
                "pid": self.pid,
                "requests": requests,
                "connections": connections,
                "seconds": plan.seconds * short,
                "warm": plan.warm,
            }
        )

    def download(self, path: str) -> Any:
        """Take one recording."""
        agent = "VLC/3.0.21 LibVLC/3.0.21"
        return ask({"port": self.port, "pid": self.pid, "requests": [cast.request(path, agent)]})


def _figures(plan: Plan) -> dict[str, Figure]:
    """What is measured, in the table's order."""
    long, endless = f"{plan.long // _MB} MB", f"{plan.endless // _MB} MB"
    return {
        "rate": Figure("small files", "/s", "more", "≥ 1.0 ×"),
        "cpu": Figure("  CPU a request", "ms", "less"),
        "p50": Figure("  latency, median", "ms", "less"),
        "p99": Figure("  latency, 99th percentile", "ms", "less"),
        "mixed rate": Figure("with crawlers among them", "/s", "more"),
        "mixed cpu": Figure("  CPU a request", "ms", "less"),
        "refused rate": Figure("refused crawlers", "/s", "more"),
        "refused cpu": Figure("  CPU a request", "ms", "less"),
        "alone": Figure("one connection, median latency", "ms", "less"),
        "first": Figure(f"{long} of audio, first byte", "ms", "less"),
        "stream": Figure("  throughput", "MB/s", "more"),
        "stream cpu": Figure("  CPU", "ms", "less"),
        "idle": Figure("memory when idle", "MB", "less"),
        "long": Figure(f"  on top, {long} of audio", "MB", "less"),
        "endless": Figure(f"  on top, {endless}", "MB", "less", "< 16 MB"),
    }


class Bench:
    """One run: the two sides, what they are asked, and the figures so far."""

    def __init__(self, plan: Plan, base: Path | None) -> None:
        self.plan = plan
        self.base = base
        self.listeners, self.everybody = cast.listeners(), cast.everybody()
        self.strange: set[str] = set()
        self.refused = 0.0
        self.figures = _figures(plan)

    def round(self, number: int, sides: tuple[Side, Side]) -> None:
        """Each measurement on both sides, in immediate succession."""
        order = sides if number % 2 == 0 else sides[::-1]
        for measure in (self._small, self._mixed, self._turned_away, self._alone, self._long):
            for side in order:
                measure(side)

    def _small(self, side: Side) -> None:
        got = side.load(self.listeners, self.plan)
        strange = {f"small files: status {s}" for s in got["statuses"] if s not in _LET_IN}
        self.strange |= {f"{side.name}: {text}" for text in strange}
        self._note(side, {name: got[name] for name in ("rate", "cpu", "p50", "p99")})

    def _mixed(self, side: Side) -> None:
        got = side.load(self.everybody, self.plan)
        if side.name == "guard":
            self.refused = got["statuses"].get("403", 0) / got["requests"]
        self._note(side, {"mixed rate": got["rate"], "mixed cpu": got["cpu"]})

    def _turned_away(self, side: Side) -> None:
        got = side.load(cast.refused(), self.plan)
        if side.script is not None:
            strange = {f"refused crawlers: status {s}" for s in got["statuses"] if s != "403"}
            self.strange |= {f"{side.name}: {text}" for text in strange}
        self._note(side, {"refused rate": got["rate"], "refused cpu": got["cpu"]})

    def _alone(self, side: Side) -> None:
        self._note(side, {"alone": side.load(self.listeners, self.plan, connections=1)["p50"]})

    def _long(self, side: Side) -> None:
        got = side.download(origin.LONG)
        self._note(side, {"first": got["first"], "stream": got["rate"], "stream cpu": got["cpu"]})

    def memory(self, side: Side) -> None:
        """On a fresh process: how far long recordings lift its peak over what it needs idle."""
        side.load(self.listeners, self.plan, connections=1)
        idle = resident(side.pid)
        self._note(side, {"idle": idle})
        for name, path in (("long", origin.LONG), ("endless", origin.ENDLESS)):
            if name == "long" or side.script is not None:  # bare would keep it all in memory
                forget_peak(side.pid)
                side.download(path)
                self._note(side, {name: max(0, resident(side.pid, "VmHWM") - idle)})

    def _note(self, side: Side, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            figure = self.figures[name]
            (figure.guard if side.name == "guard" else figure.base).append(value)

    def report(self, served_by: str) -> Report:
        """What was found."""
        facts = {**surroundings(), "origin": served_by, "rounds": self.plan.rounds}
        notes = ["", self._about(served_by, facts)]
        if self.base is None:
            notes.append(_BARE)
        notes.extend(f"Not comparable! {text}." for text in sorted(self.strange))
        return Report(
            title="The guard at the door, and mitmdump without it"
            if self.base is None
            else f"The guard, and the one of {self.base}",
            sides=("bare" if self.base is None else "base", "guard"),
            figures=list(self.figures.values()),
            notes=notes,
            facts=facts | {"refused": self.refused},
        )

    def _about(self, served_by: str, facts: Mapping[str, Any]) -> str:
        return (
            f"Origin {served_by}; {CONNECTIONS} connections; {self.plan.rounds} rounds, the sides "
            f"in turns; {facts['cpus']} CPUs, load {facts['load'][0]:.1f}; "
            f"Python {facts['python']}, mitmproxy {facts['mitmproxy']}. With crawlers: the guard "
            f"refused {self.refused:.0%} of the requests, which the other side let through. "
            "In brackets: what the project asks for."
        )


def measure(
    plan: Plan,
    base: Path | None,
    guard: Path,
    tell: Callable[[str], None],
    *,
    stances: tuple[str, str] = ("", ""),
) -> Report:
    """The whole run. `base` is another guard script to compare with; None is bare mitmdump.

    `stances`: what is laid over the shipped one, for the base and for the guard.
    """
    bench = Bench(plan, base)
    with tempfile.TemporaryDirectory(prefix="stagedoor-bench-") as name:
        folder = Path(name)
        with Processes(folder) as processes:
            tell("starting the origin and both proxies")
            site = origin.build(folder, plan.long, plan.endless)
            port, served_by = origin.start(processes, folder, site)
            sides = (
                _proxy(processes, folder, "base", base, port, stances[0]),
                _proxy(processes, folder, "guard", guard, port, stances[1]),
            )
            for number in range(plan.rounds):
                tell(f"round {number + 1} of {plan.rounds}")
                bench.round(number, sides)
        with Processes(folder) as processes:
            tell("memory")
            port, served_by = origin.start(processes, folder, site)
            both = (("base", base, stances[0]), ("guard", guard, stances[1]))
            for side_name, script, stance in both:
                bench.memory(_proxy(processes, folder, side_name, script, port, stance))
    return bench.report(served_by)


def _proxy(
    processes: Processes,
    folder: Path,
    name: str,
    script: Path | None,
    upstream: int,
    stance: str,
) -> Side:
    port = free_port()
    command: list[str | Path] = [_mitmdump(), "-q"]
    command += ["--mode", f"reverse:http://127.0.0.1:{upstream}"]
    command += ["--listen-host", "127.0.0.1", "--listen-port", str(port)]
    command += ["--set", f"confdir={folder / 'mitmproxy'}"]  # not the user's configuration
    ready = port
    if script is not None:
        ready = free_port()  # metrics: the guard opens them once it stands, after mitmdump's port
        command += ["-s", script, "--set", f"guard_metrics=127.0.0.1:{ready}"]
        if stance:
            rules = folder / f"{name}-rules"
            rules.mkdir(exist_ok=True)
            (rules / "stance.yaml").write_text(stance, "utf-8")
            command += ["--set", f"guard_rules={rules}"]
        command += ["--set", f"guard_state={folder / name}"]
    process = processes.start(name, command, ready)
    return Side(name, script, port, process.pid)


def _mitmdump() -> str:
    """The one that belongs to this interpreter, else the one on PATH."""
    found = shutil.which("mitmdump", path=sysconfig.get_path("scripts")) or shutil.which("mitmdump")
    if found is None:
        raise BenchError("there is no mitmdump in this environment — run this through ./run bench")
    return found
