"""A copy of the checkout for mutmut, which wants the package under `src` and its settings beside it."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "build" / "mutation"
COPIED = ("tests", "rules", "dashboards", "docs", "tools", "run", "README.md", "CONTRIBUTING.md")
ROOMS: dict[str, tuple[str, ...]] = {
    "engine": ("tests/engine", "tests/rules/test_plan.py", "tests/rules/test_policy.py"),
    "rules": ("tests/rules",),
    "store": ("tests/store",),
    "identify": ("tests/identify",),
}
"""The rooms that are mutated, and the tests that must notice it."""
APART = ("tests/rules/test_fingerprints.py", "tests/rules/test_shipped.py")
"""Tests of the shipped files: they take long, and are not about the code."""


def module_pattern(name: str) -> str:
    """mutmut's pattern for a room, or for a module written `rules/plan.py` or `rules.plan`."""
    dotted = name.removeprefix("addons/").removeprefix("stagedoor/").removesuffix(".py")
    return f"stagedoor.{dotted.replace('/', '.').removeprefix('stagedoor.')}.*"


def room_of(name: str) -> str:
    """The room that `name` (as above) lies in; raises ValueError for any other."""
    room = module_pattern(name).split(".")[1]
    if room not in ROOMS:
        raise ValueError(f"{name}: not in one of the rooms {', '.join(ROOMS)}")
    return room


def settings(names: Sequence[str]) -> str:
    """The workspace's pyproject.toml: the checkout's options for pytest, and mutmut's."""
    rooms = list(dict.fromkeys(room_of(name) for name in names))
    tests = list(dict.fromkeys(test for room in rooms for test in ROOMS[room]))
    pytest = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]
    options = pytest["ini_options"]
    files = [f"src/{module_pattern(n).removesuffix('.*').replace('.', '/')}" for n in names]
    only = [f"{f}.py" if (PLACE / f"{f}.py").exists() else f"{f}/*" for f in files]
    apart = [f"--ignore={path}" for path in APART]
    return "\n".join(
        (
            "[tool.pytest.ini_options]",
            f"markers = {options['markers']!r}",
            f"filterwarnings = {options['filterwarnings']!r}",
            f"timeout = {options['timeout']}",
            "[tool.mutmut]",
            'source_paths = ["src"]',
            f"only_mutate = {only!r}",
            f"also_copy = {[*COPIED, 'addons']!r}",
            f"pytest_add_cli_args = {['-p', 'no:cacheprovider', *apart]!r}",
            f"pytest_add_cli_args_test_selection = {tests!r}",
            "",
        )
    )


def lay_out(names: Sequence[str]) -> Path:
    """Make the workspace anew, for the rooms and modules `names`."""
    shutil.rmtree(PLACE, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    (PLACE / "addons").mkdir(parents=True)
    shutil.copy(ROOT / "addons" / "guard.py", PLACE / "addons")
    shutil.copytree(ROOT / "addons" / "stagedoor", PLACE / "src" / "stagedoor", ignore=ignored)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, PLACE / name, ignore=ignored)
        else:
            shutil.copy(source, PLACE / name)
    (PLACE / "pyproject.toml").write_text(settings(names), "utf-8")
    return PLACE
