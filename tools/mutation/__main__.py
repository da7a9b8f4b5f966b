"""`./run mutate [ROOM|MODULE …]`: prints each change that no test noticed, with its place."""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from tools.mutation.workspace import ROOMS, lay_out, module_pattern, room_of

ENDED = 124
"""Exit status where the time was up before every change was tried."""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run mutate", description=__doc__)
    parser.add_argument(
        "name", nargs="*", default=list(ROOMS), help="rooms (engine) or modules (rules/plan.py)"
    )
    parser.add_argument("--minutes", type=float, default=30, help="stop after so long (30)")
    parser.add_argument("--workers", type=int, default=2, help="changes tried at a time (2)")
    found = parser.parse_args()
    for name in found.name:
        try:
            room_of(name)
        except ValueError as error:
            parser.error(str(error))
    return found


def _mutmut(*words: str) -> list[str]:
    return [str(Path(sys.executable).with_name("mutmut")), *words]


def mutate(place: Path, patterns: list[str], workers: int, seconds: float) -> int:
    """Run mutmut; its exit status, or ENDED."""
    command = _mutmut("run", "--max-children", str(workers), *patterns)
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(command, cwd=place, env=environment, start_new_session=True)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return ENDED
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)  # its own group: nobody else's
            process.wait()


def show(place: Path, patterns: list[str]) -> tuple[int, int]:
    """Print what survived; returns how many did, and how many were not tried."""
    told = subprocess.run(_mutmut("results"), cwd=place, capture_output=True, text=True, check=True)
    starts = tuple(pattern.removesuffix("*") for pattern in patterns)
    survived = untried = 0
    for name, status in re.findall(r"^ *(\S+): (.+)$", told.stdout, re.MULTILINE):
        if not name.startswith(starts):
            continue
        if status == "not checked":
            untried += 1
            continue
        survived += 1
        shown = subprocess.run(
            _mutmut("show", name), cwd=place, capture_output=True, text=True, check=False
        )
        print(f"\n{name}: {status}\n{shown.stdout}")
    return survived, untried


def main() -> int:
    """0 where every change was tried, with any number of survivors: survivors are read by people."""
    options = _options()
    patterns = [module_pattern(name) for name in options.name]
    place = lay_out(options.name)
    status = mutate(place, patterns, options.workers, options.minutes * 60)
    if status not in {0, ENDED}:
        return status
    survived, untried = show(place, patterns)
    print(f"{survived} survived, {untried} not tried.  Explained: tools/mutation/survivors.md")
    return ENDED if untried else 0


if __name__ == "__main__":
    sys.exit(main())
