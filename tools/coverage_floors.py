"""Holds the measured coverage of the pure rooms against its floors: `python -m tools.coverage_floors`.

Reads coverage.py's data (`.coverage/data`) and the table `tool.stagedoor.coverage_floors` of
pyproject.toml. Exit status 1 where a room reaches less than its floor, or was not measured.
"""

from __future__ import annotations

import json
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coverage import Coverage

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Reached:
    """What was reached of a room, and how much there is."""

    lines: int = 0
    all_lines: int = 0
    branches: int = 0
    all_branches: int = 0

    def __add__(self, other: Reached) -> Reached:
        return Reached(
            self.lines + other.lines,
            self.all_lines + other.all_lines,
            self.branches + other.branches,
            self.all_branches + other.all_branches,
        )

    @property
    def shares(self) -> tuple[float, float]:
        """Per cent of lines and of branches, rounded down to a tenth; 100 where there are none."""
        return _share(self.lines, self.all_lines), _share(self.branches, self.all_branches)


def _share(part: int, whole: int) -> float:
    return part * 1000 // whole / 10 if whole else 100.0


def by_room(report: Mapping[str, Any]) -> dict[str, Reached]:
    """The rooms in coverage.py's JSON report."""
    rooms: dict[str, Reached] = {}
    for name, found in report["files"].items():
        parts = Path(name).parts
        room = parts[parts.index("stagedoor") + 1]
        numbers = found["summary"]
        rooms[room] = rooms.get(room, Reached()) + Reached(
            numbers["covered_lines"],
            numbers["num_statements"],
            numbers["covered_branches"],
            numbers["num_branches"],
        )
    return rooms


def below(rooms: Mapping[str, Reached], floors: Mapping[str, list[float]]) -> list[str]:
    """A line for each room that does not reach its floor."""
    missing: list[str] = []
    for room, floor in floors.items():
        if room not in rooms:
            missing.append(f"{room}: not measured")
            continue
        for what, reached, least in zip(
            ("lines", "branches"), rooms[room].shares, floor, strict=True
        ):
            if reached < least:
                missing.append(f"{room}: {reached} % of {what}, the floor is {least} %")
    return missing


def measured() -> dict[str, Any]:
    """coverage.py's report of the last run."""
    coverage = Coverage(config_file=str(ROOT / "pyproject.toml"))
    coverage.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        coverage.json_report(outfile=str(path))
        report: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return report


def main() -> int:
    """Print the rooms; 1 where one is below its floor."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    floors = settings["tool"]["stagedoor"]["coverage_floors"]
    report = measured()
    rooms = by_room(report)
    print("Coverage            lines  branches     floor")
    for room, floor in floors.items():
        lines, branches = rooms.get(room, Reached()).shares
        print(f"  {room:14} {lines:8.1f} {branches:9.1f}     {floor[0]:g} / {floor[1]:g}")
    missing = below(rooms, floors)
    for name, found in sorted(report["files"].items()):
        lost = found["summary"]["missing_branches"] or found["missing_lines"]
        if lost and "--missing" in sys.argv:
            print(f"{name}: lines {found['missing_lines']}, branches {found['missing_branches']}")
    for line in missing:
        print(line, file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
