"""Events that follow from each other are handled in the same order, with fewer turns of the loop."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Generator
from typing import Any

import pytest
from mitmproxy import connection, options
from mitmproxy.proxy import commands, context, events, layer, server, server_hooks
from mitmproxy.utils import asyncio_utils

from stagedoor.fronts.mitmproxy import event_turns
from stagedoor.fronts.mitmproxy.replacing import install

CLIENT = connection.Client(peername=("192.0.2.1", 1), sockname=("192.0.2.2", 80), timestamp_start=0)


class Hooked(layer.Layer):
    """Asks three hooks for each event, and puts down what happens."""

    def __init__(self, about: context.Context, seen: list[str]) -> None:
        super().__init__(about)
        self.seen = seen

    def _handle_event(self, event: events.Event) -> Generator[commands.Command, Any, None]:
        name = event.data.decode() if isinstance(event, events.DataReceived) else "start"
        for number in range(3):
            self.seen.append(f"{name}: hook {number} begins")
            yield server_hooks.ClientConnectedHook(CLIENT)
            self.seen.append(f"{name}: hook {number} is over")
        if name == "crash":
            raise RuntimeError


class Handler(server.ConnectionHandler):
    """`slow` hooks have to wait for something."""

    def __init__(self, slow: bool) -> None:
        about = context.Context(CLIENT, options.Options())
        super().__init__(about)
        self.seen: list[str] = []
        self.layer = Hooked(about, self.seen)
        self.slow = slow
        self.hooks = 0

    async def handle_hook(self, hook: commands.StartHook) -> None:
        self.hooks += 1
        if self.slow:
            await asyncio.sleep(0)

    def log(self, message: str, *_: Any, **__: Any) -> None:
        self.seen.append(message)


async def drive(slow: bool) -> tuple[list[str], int]:
    """What was seen, and after how many turns of the loop all of it was."""
    with asyncio_utils.set_eager_task_factory():
        handler = Handler(slow)
        given = (
            events.Start(),
            *(events.DataReceived(CLIENT, name) for name in (b"one", b"two", b"crash")),
        )
        senders = [asyncio.create_task(handler.server_event(event)) for event in given]
        turns = 0
        while handler.hooks < 12 or not all(sender.done() for sender in senders):
            turns += 1
            assert turns < 200, handler.seen
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        return handler.seen, turns


@pytest.mark.parametrize("slow", [False, True])
def test_the_order_is_the_same(slow: bool) -> None:
    expected, turns = asyncio.run(drive(slow))
    assert expected.count("two: hook 2 is over") == 1
    assert "mitmproxy has crashed!" in expected
    undo = install(event_turns.replacements())
    try:
        found, shorter = asyncio.run(drive(slow))
    finally:
        undo()
    assert found == expected
    assert shorter <= turns
    assert slow or shorter == 0 < turns


def test_who_comes_from_within_does_nothing_more_with_the_connection() -> None:
    """The task of a hook is the one that mitmproxy starts while it handles an event."""
    source = inspect.getsource(server.ConnectionHandler.hook_task)
    assert source.rstrip().endswith("await self.server_event(events.HookCompleted(hook))")
