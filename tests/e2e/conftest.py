"""What the tests share: one site and one guard for all who only look, new ones for who counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from . import guarding, site
from .guarding import Guard
from .site import Site

StartGuard = Callable[..., Guard]


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The music site: a real nginx."""
    started, found = site.serve(tmp_path_factory.mktemp("site"))
    with started:
        yield found


@pytest.fixture(scope="session")
def guard(origin: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    """A guard in front of the site with the shipped rules, shared: nothing counts its requests."""
    with guarding.running(tmp_path_factory.mktemp("guard"), origin.url) as found:
        yield found


@pytest.fixture
def start_guard(tmp_path: Path) -> Iterator[StartGuard]:
    """Start guards of a test's own: `start_guard(upstream, "--set", "guard_mode=observe")`."""
    started: list[Guard] = []

    def start(upstream: str, *arguments: str) -> Guard:
        folder = tmp_path / f"guard-{len(started)}"
        folder.mkdir()
        found = guarding.start(folder, upstream, *arguments)
        started.append(found)
        return found

    yield start
    for found in started:
        found.program.stop()
    for found in started:
        guarding.no_surprise(found)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A directory for a stance or rules of a test's own; what is in it lies over the shipped."""
    folder = tmp_path / "rules"
    folder.mkdir()
    return folder
