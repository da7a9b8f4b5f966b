"""Dispatch of mitmproxy's events: straight to the addons that listen to them.

mitmproxy asks every addon for every event, through a context manager and two generators each, and
reports an update to all of them after every event of a flow: the list is read eight times a
request. Here the listeners of each event are looked up once. What they are, in which order they are called and what
happens to their exceptions is as before.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from mitmproxy import addonmanager, exceptions, flow, hooks


def shorten(master: Any) -> Callable[[], None]:
    """Put the short way in place; returns what takes it out again."""
    manager = master.addons
    listeners: dict[str, tuple[Callable[..., Any], ...]] = {}
    seen: tuple[Any, int] = (None, 0)
    nests: list[Any] = []
    nested: list[Any] = []

    def listening(name: str) -> tuple[Callable[..., Any], ...]:
        nonlocal seen, nests, nested
        chain: list[Any] = manager.chain
        if seen[0] is not chain or seen[1] != len(chain):
            listeners.clear()
            seen = (chain, len(chain))
        # Addons that have addons themselves (scripts) change them unseen.
        if nested != [inner for addon in nests for inner in addon.addons]:
            listeners.clear()
        found = listeners.get(name)
        if found is None:
            every = list(addonmanager.traverse(chain))
            nests = [addon for addon in every if hasattr(addon, "addons")]
            nested = [inner for addon in nests for inner in addon.addons]
            found = listeners[name] = tuple(
                function for addon in every if callable(function := getattr(addon, name, None))
            )
        return found

    async def call(name: str, arguments: list[Any]) -> None:
        for function in listening(name):
            try:
                result = function(*arguments)
                if result is not None and inspect.isawaitable(result):
                    await result
            except exceptions.AddonHalt:
                return
            except exceptions.OptionsError:
                raise
            except Exception:
                with addonmanager.safecall():
                    raise

    async def trigger_event(event: hooks.Hook) -> None:
        await call(event.name, event.args())

    async def handle_lifecycle(event: hooks.Hook) -> None:
        arguments = event.args()
        await call(event.name, arguments)
        if listening("update") and isinstance(arguments[0], flow.Flow):
            await call("update", [[arguments[0]]])

    manager.trigger_event, manager.handle_lifecycle = trigger_event, handle_lifecycle

    def undo() -> None:
        for name in ("trigger_event", "handle_lifecycle"):
            vars(manager).pop(name, None)

    return undo
