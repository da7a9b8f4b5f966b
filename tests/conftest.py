"""What all tests share: the package is importable, and generated examples are the same each time."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from flows import OpenGuard

if importlib.util.find_spec("stagedoor") is None:  # a bare checkout, nothing installed
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "addons"))

if (
    threading.current_thread() is threading.main_thread()
    and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):
    # A shell starts what runs beside it with SIGINT ignored, and every program started from here
    # would inherit that: Ctrl-C would end none of them. One that is handled is not inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests start some hundred programs. What Python compiles for them is kept, also where the environment
# says otherwise: a guard needs half the processor time to start. It does not lie beside the sources.
sys.dont_write_bytecode = False
sys.pycache_prefix = str(Path(sys.prefix) / "bytecode")
os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

settings.register_profile(
    "stagedoor",
    deadline=None,  # a busy machine is no bug
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("stagedoor")


def pytest_addoption(parser: pytest.Parser) -> None:
    """For `test_golden.py`."""
    parser.addoption("--rewrite-golden", action="store_true", help="write expected.txt anew")


TESTS = Path(__file__).parent
PATIENCE = 600
"""Seconds for one end-to-end test, set-up included: a hang, however busy the machine is."""
SLOW = {
    "test_mutations.py",
    "test_killed.py",
    "test_agreement.py",
    "test_command_table.py",
    "test_explain_command.py",
    "test_import.py",
    "test_platforms.py",
    "test_replay.py",
    "test_imports.py",
    "test_everything_reads_back_as_it_was",
}
"""Modules in which most tests start programs or read the whole rule folder, and single tests: what
takes longest by `pytest --durations`. `./run test --fast` leaves them out."""


UNMEASURED = {
    "test_hostile_signals.py",
    "test_listening_rules.py",
    "test_public_lists.py",
    "test_quality.py",
    "test_robots_agreement.py",
    "test_shipped.py",
}
"""Modules that hold much data, or what is shipped, against the rooms: they would take most of the time
of measuring, and a line that only they reach has no test that says what it is for."""


def measured_rooms() -> frozenset[str]:
    """The rooms whose coverage has a floor, as pyproject.toml lists them."""
    settings = tomllib.loads((TESTS.parent / "pyproject.toml").read_text("utf-8"))
    return frozenset(settings["tool"]["stagedoor"]["coverage_floors"])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by place: `e2e` drives real programs, `property` is hypothesis's, `slow` a list; `measured`
    are the others of the rooms whose coverage has a floor.
    """
    measured = measured_rooms()
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder in {"e2e", "evasion", "dashboards"}:
            item.add_marker("e2e")
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(PATIENCE))
        if hasattr(getattr(item, "obj", None), "hypothesis"):
            item.add_marker("property")
        if item.path.name in SLOW or getattr(item, "originalname", "") in SLOW:
            item.add_marker("slow")
        marks = {mark.name for mark in item.iter_markers()}
        if (
            folder in measured
            and item.path.name not in UNMEASURED
            and marks.isdisjoint({"slow", "property"})
        ):
            item.add_marker("measured")


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenGuard]:
    """Opens guards in a mitmproxy that listens nowhere; see `flows.GuardFixture`."""
    from flows import opening

    with opening(tmp_path, monkeypatch) as open_guard:
        yield open_guard
