"""What all tests share: the package is importable, and generated examples are the same each time."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from flows import Open

if importlib.util.find_spec("stagedoor") is None:  # a bare checkout, nothing installed
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "addons"))

settings.register_profile(
    "house",
    deadline=None,  # a busy machine is no bug
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """For `test_golden.py`."""
    parser.addoption("--rewrite-golden", action="store_true", help="write expected.txt anew")


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open houses in a mitmproxy that listens nowhere; see `flows.House`."""
    from flows import opening

    with opening(tmp_path, monkeypatch) as open_house:
        yield open_house
