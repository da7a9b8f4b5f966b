"""The guard leaves the script it came from: a broken edit cannot unload it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from mitmproxy import addonmanager, master, options
from mitmproxy.addons import core, script

from stagedoor.fronts.mitmproxy import lean

SCRIPT = """
class Guard:
    name = "guard"
    seen = []

    def running(self):
        self.seen.append("running")

    def done(self):
        self.seen.append("done")


addons = [Guard()]
"""
OTHER = """
class Other:
    name = "other"


addons = [Other()]
"""


async def until(holds: Callable[[], bool]) -> None:
    """Wait for mitmproxy's watcher, which looks at scripts in a task of its own."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 (mitmproxy has no event for it)
            await asyncio.sleep(0.01)


def proxy(*scripts: Path) -> master.Master:
    """A master with scripts."""
    found = master.Master(options.Options())
    found.addons.add(core.Core(), script.ScriptLoader())
    found.options.update(scripts=[str(path) for path in scripts])
    return found


def walked(found: master.Master) -> list[str]:
    """Every addon that an event meets, in order."""
    return [addonmanager._get_name(a) for a in addonmanager.traverse(found.addons.chain)]


@pytest.mark.parametrize("alone", [True, False])
def test_the_guard_stands_alone_and_outlives_its_script(tmp_path: Path, alone: bool) -> None:
    async def run() -> None:
        path, other = tmp_path / "guard.py", tmp_path / "other.py"
        path.write_text(SCRIPT)
        other.write_text(OTHER)
        found = proxy(path) if alone else proxy(other, path)
        await until(lambda: found.addons.get("guard") is not None)
        guard = found.addons.get("guard")
        if not alone:
            await until(lambda: found.addons.get("other") is not None)
        assert lean.lift(found, guard)
        rest = [] if alone else ["scriptloader", f"scriptmanager:{other}", str(other), "other"]
        assert walked(found) == ["core", "guard", *rest]
        assert guard.seen == []
        path.write_text("this is not Python")
        path.touch()
        await asyncio.sleep(0)
        assert found.addons.get("guard") is guard
        assert not lean.lift(found, guard)
        await found.done()
        assert guard.seen == ["done"]

    asyncio.run(run())


def test_a_script_that_brings_more_than_the_guard_is_left_alone(tmp_path: Path) -> None:
    async def run() -> None:
        path = tmp_path / "guard.py"
        path.write_text(SCRIPT.replace("[Guard()]", "[Guard(), object()]"))
        found = proxy(path)
        await until(lambda: found.addons.get("guard") is not None)
        before = walked(found)
        assert not lean.lift(found, found.addons.get("guard"))
        assert walked(found) == before
        await found.done()

    asyncio.run(run())
