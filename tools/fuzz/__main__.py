"""`./run fuzz [MINUTES]`: look for inputs that break a parser.

    ./run fuzz                      ten minutes, all targets in turn
    ./run fuzz 120 --target rsl     two hours, one target
    ./run fuzz --short              the same few thousand inputs each time, under a minute (in CI)
    ./run fuzz --list               the targets, and what must hold for each

What is found stands in .fuzz/TARGET/, is tried first from then on, and becomes a test. The exit
code is 1 when something was found, 2 when the fuzzer cannot run.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
from pathlib import Path

from tools.fuzz.table import TARGETS

ROOT = Path(__file__).resolve().parents[2]
SHORT_INPUTS = 12_000
SHORT_SECONDS = 5
"""For one target; the slowest machine does fewer inputs instead of taking longer."""


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign and tell of it."""
    parser = argparse.ArgumentParser(
        prog="./run fuzz", description="Look for inputs that break a parser."
    )
    parser.add_argument("minutes", nargs="?", type=float, default=10.0, help="in all; default 10")
    parser.add_argument("--short", action="store_true", help="the same inputs each time")
    parser.add_argument("--list", action="store_true", help="the targets")
    parser.add_argument("--target", action="append", metavar="NAME", help="only this; repeatable")
    options = parser.parse_args(arguments)
    if options.list:
        for name, invariant in TARGETS.items():
            print(f"{name:18} {invariant}")
        return 0
    if not 0 < options.minutes <= 7 * 24 * 60:
        parser.error("MINUTES is a number above 0")
    return run(options.target or list(TARGETS), options.minutes, short=options.short)


def run(names: list[str], minutes: float, *, short: bool) -> int:
    """All targets of these names; a name with a dot is a module elsewhere."""
    try:
        import atheris  # noqa: PLC0415 (not on every platform)
    except ImportError:
        print("atheris is not installed: it has wheels for Linux only.", file=sys.stderr)
        return 2
    modules = {name: name if "." in name else f"tools.fuzz.targets.{name}" for name in names}
    if unknown := [name for name in names if "." not in name and name not in TARGETS]:
        print(f"no such target: {', '.join(unknown)} — see --list", file=sys.stderr)
        return 2
    with atheris.instrument_imports(include=["stagedoor", *modules.values()]):
        targets = {name: importlib.import_module(module) for name, module in modules.items()}
    from tools.fuzz.campaign import Bounds, Run, campaign  # noqa: PLC0415

    beside = max(1, min(2, os.cpu_count() or 1))
    bounds = (
        Bounds(SHORT_SECONDS, SHORT_INPUTS, beside)
        if short
        else Bounds(max(1, round(minutes * 60 * beside / len(targets))), beside=beside)
    )

    def done(one: Run) -> None:
        good = one.code == 0 and not one.findings
        told = f"{one.inputs:>10,} inputs" if good else f"exit code {one.code}"
        print(
            f"{'good' if good else 'FOUND':6} {one.name:18} {told}  {one.took:6.1f} s", flush=True
        )
        if not good:
            print("\n".join(f"       {line}" for line in one.log.splitlines()[-30:]))
            for found in one.findings:
                print(f"       {found}: {found.read_bytes()[:300]!r}")

    with tempfile.TemporaryDirectory() as folder:
        ended = campaign(targets, Path(folder) if short else ROOT / ".fuzz", bounds, done)
        tried = sum(one.inputs for one in ended)
    bad = [one.name for one in ended if one.code != 0]
    print(
        f"{len(ended)} targets, {tried:,} inputs: "
        + (f"something was found in {', '.join(bad)}" if bad else "nothing was found")
    )
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
