"""The short way of events: the same addons, in the same order, with the same care."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy import exceptions, hooks, master, options
from mitmproxy.proxy.layers.http._hooks import HttpRequestHook
from mitmproxy.test import tflow

from stagedoor.fronts.mitmproxy.dispatch import shorten


class Noted:
    """An addon that notes what it hears, and may then do something else."""

    def __init__(self, name: str, heard: list[str], then: Callable[[], Any] = lambda: None) -> None:
        self.name, self.heard, self.then = name, heard, then

    def request(self, _flow: object) -> Any:
        """One event."""
        self.heard.append(self.name)
        return self.then()


def walk(check: Callable[[master.Master, list[str]], Awaitable[None]]) -> list[str]:
    """Run `check` in a mitmproxy whose events go the short way; what was heard."""
    heard: list[str] = []

    async def run() -> None:
        found = master.Master(options.Options())
        undo = shorten(found)
        try:
            await check(found, heard)
        finally:
            undo()
            undo()  # mitmproxy may call `done` twice
        assert "trigger_event" not in vars(found.addons)

    asyncio.run(run())
    return heard


async def ask(found: master.Master) -> None:
    """One event, as the proxy sends it."""
    await found.addons.handle_lifecycle(HttpRequestHook(tflow.tflow()))


def test_everybody_hears_in_order_also_whoever_comes_and_goes_later() -> None:
    async def check(found: master.Master, heard: list[str]) -> None:
        first, second = Noted("1", heard), Noted("2", heard)
        found.addons.add(first)
        await ask(found)
        found.addons.add(second)
        await ask(found)
        found.addons.remove(first)
        await ask(found)

    assert walk(check) == ["1", "1", "2", "2"]


def test_what_is_asynchronous_is_waited_for() -> None:
    async def check(found: master.Master, heard: list[str]) -> None:
        async def later() -> None:
            await asyncio.sleep(0)
            heard.append("later")

        found.addons.add(Noted("1", heard, later), Noted("2", heard))
        await ask(found)

    assert walk(check) == ["1", "later", "2"]


def test_an_error_is_told_and_stops_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    async def check(found: master.Master, heard: list[str]) -> None:
        found.addons.add(Noted("1", heard, lambda: 1 / 0), Noted("2", heard))
        await ask(found)

    assert walk(check) == ["1", "2"]
    assert "Addon error: division by zero" in caplog.text


def test_an_addon_can_end_the_event() -> None:
    async def check(found: master.Master, heard: list[str]) -> None:
        def halt() -> None:
            raise exceptions.AddonHalt

        found.addons.add(Noted("1", heard, halt), Noted("2", heard))
        await ask(found)

    assert walk(check) == ["1"]


def test_addons_within_addons_may_change_unseen() -> None:
    async def check(found: master.Master, heard: list[str]) -> None:
        script = SimpleNamespace(name="script", addons=[])
        found.addons.add(script)
        await ask(found)
        script.addons = [Noted("inside", heard)]
        await ask(found)

    assert walk(check) == ["inside"]


def test_updates_reach_whoever_listens_to_them() -> None:
    async def check(found: master.Master, heard: list[str]) -> None:
        view = SimpleNamespace(name="view", update=lambda flows: heard.append(f"{len(flows)} flow"))
        found.addons.add(view)
        await ask(found)
        await found.addons.trigger_event(hooks.UpdateHook([]))

    assert walk(check) == ["1 flow", "0 flow"]
