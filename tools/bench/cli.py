"""Options; what is measured, printed and written."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from . import beside, counter, decide, door, firewall, quality, replay, serve, watch
from .audience import measure as audience
from .audience.grounds import FRONTS, STANCE, STRICT, Front
from .audience.runs import Audience
from .processes import BenchError
from .quality import Quality
from .report import WIDTH, Report


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 for any figures, 1 where nothing could be measured."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)  # as Ctrl-C: all started programs are stopped first
    console = Console()
    console.width = min(console.width, WIDTH)
    try:
        with Console(stderr=True).status("") as status:
            report = _measure(options, status.update)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: stopped", file=sys.stderr)
        return 130
    report.write(options.json)
    report.print(console)
    print(f"\nEvery sample is in {options.json}")
    return 0


def _measure(
    options: argparse.Namespace, tell: Callable[[str], None]
) -> Report | Quality | watch.Loads | Audience | serve.Sides | beside.Beside:
    if options.what == "quality":
        return quality.measure(options.npm, options.fixtures, options.misses, tell)
    if options.what == "decide":
        rounds, seconds = (5, 0.1) if options.quick else (9, 0.4)
        return decide.measure(options.rounds or rounds, seconds, tell)
    if options.what == "counter":
        rounds, seconds = (
            (counter.QUICK_ROUNDS, counter.QUICK_SECONDS)
            if options.quick
            else (counter.ROUNDS, counter.SECONDS)
        )
        return counter.measure(options.rounds or rounds, seconds, tell)
    if options.what == "watch":
        rounds = watch.QUICK_ROUNDS if options.quick else watch.ROUNDS
        return watch.measure(options.rounds or rounds, tell)
    if options.what == "replay":
        lines, rounds = (replay.QUICK_LINES, 2) if options.quick else (replay.LINES, 3)
        return replay.measure(lines, options.rounds or rounds, options.json.parent, tell)
    if options.what == "serve":
        rounds, seconds = (2, 1.0) if options.quick else (5, 4.0)
        return serve.measure(options.rounds or rounds, seconds, tell)
    if options.what == "beside":
        sides = beside.QUICK if options.quick else beside.FULL
        if options.rounds:
            sides = replace(sides, rounds=options.rounds)
        return beside.measure(sides, dict(options.peer), tell, options.sides or ())
    if options.what == "firewall":
        rounds = firewall.QUICK_ROUNDS if options.quick else firewall.ROUNDS
        return firewall.measure(options.rounds or rounds, tell)
    if options.what == "listening":
        stance = STRICT if options.strict else STANCE
        fronts: Sequence[Front] = options.fronts or FRONTS
        return audience.measure(tell, options.only, stance, fronts=fronts)
    plan = door.QUICK if options.quick else door.FULL
    if options.rounds:
        plan = replace(plan, rounds=options.rounds)
    if options.what in _STANCES:
        stances = _STANCES[options.what]
        return door.measure(plan, options.guard, options.guard, tell, stances=stances)
    return door.measure(plan, options.base, options.guard, tell)


_STANCES = {"saying": (door.SILENT, ""), "canaries": ("", door.CANARIES)}
"""The same guard under two stances: what each of them costs."""


def _peer(text: str) -> tuple[str, str]:
    name, equals, command = text.partition("=")
    if not name.strip() or not equals or not command.strip():
        raise argparse.ArgumentTypeError(
            f'"{text}" has no name and command — write anubis="anubis -bind {{listen}} …"'
        )
    return name.strip(), command


def _stop(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench", description="What the guard costs, as ratios to mitmdump without it."
    )
    parser.add_argument(
        "what",
        nargs="?",
        choices=(
            "door",
            "saying",
            "canaries",
            "decide",
            "quality",
            "replay",
            "watch",
            "listening",
            "counter",
            "serve",
            "beside",
            "firewall",
        ),
        default="door",
        help="door: whole requests through both proxies; saying: with signals and ledger, and "
        "without; canaries: with marked links for machines, and without; decide: the core alone; "
        "quality: who is told from whom; replay: reading access logs; watch: loading a page "
        "beside the browser; listening: who is disturbed, and who is stopped, with real programs; "
        "counter: decisions, and nginx that asks; serve: stagedoor serve beside mitmdump; "
        "beside: all ways to stand in front of a site, side by side; "
        "firewall: who is turned away by nftables, as root",
    )
    parser.add_argument("--quick", action="store_true", help="under a minute, less certain")
    parser.add_argument(
        "--json",
        type=Path,
        default=door.ROOT / "build" / "bench.json",
        metavar="FILE",
        help="where to write every sample (default: build/bench.json)",
    )
    parser.add_argument(
        "--rounds", type=int, metavar="N", help="rounds instead of the usual number"
    )
    parser.add_argument(
        "--guard", type=Path, default=door.GUARD, metavar="SCRIPT", help="the guard to measure"
    )
    parser.add_argument(
        "--base",
        type=Path,
        metavar="SCRIPT",
        help="another guard to compare with, in bare mitmdump's place",
    )
    parser.add_argument(
        "--npm", type=Path, metavar="DIR", help="quality: a folder with unpacked npm packages"
    )
    parser.add_argument(
        "--fixtures",
        type=Path,
        metavar="DIR",
        help="quality: other projects' test agents, unpacked; see tools/bench/heldout.py",
    )
    parser.add_argument(
        "--misses",
        type=int,
        default=20,
        metavar="N",
        help="quality: how many misses of each group to print (default: 20)",
    )
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="listening: programs with this in their names"
    )
    parser.add_argument(
        "--strict", action="store_true", help="listening: with no to all that ships as log"
    )
    parser.add_argument(
        "--peer",
        action="append",
        type=_peer,
        default=[],
        metavar="NAME=COMMAND",
        help="beside: another guard, that you have built. In its command stand {listen} (HOST:PORT), "
        "{port}, {upstream} (the site's URL), {metrics} (another HOST:PORT) and {folder} (an empty "
        "one). May be given several times",
    )
    parser.add_argument(
        "--sides",
        nargs="+",
        metavar="TEXT",
        help="beside: of our own, those with this in their names",
    )
    parser.add_argument(
        "--fronts",
        nargs="+",
        choices=("tls", "proxied", "plain", "counter", "caddy"),
        help="listening: where visitors come to (default: tls proxied counter)",
    )
    return parser
