"""Dispatch of mitmproxy's events: straight to the addons that listen to them.

mitmproxy asks every addon for every event, through a context manager and two generators each, and
reports an update to all of them after every event of a flow: the list is read eight times a
request. Here the listeners of each event are looked up once. What they are, in which order they are called and what
happens to their exceptions is as before.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import fields
from typing import Any

from mitmproxy import addonmanager, exceptions, flow, hooks

BEGIN = "stagedoor_begin"
"""Where the addon manager keeps what calls the addons at once."""
BEGIN_FLOW = "stagedoor_begin_flow"
"""The same for an event of a flow, by its name and [flow]."""
LISTENERS = "stagedoor_listeners"
"""Where it keeps what says who listens to an event, by the event's name."""


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
        if nests and nested != [inner for addon in nests for inner in addon.addons]:
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

    def called(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
        """What it returns, where that is to be awaited. AddonHalt ends the event."""
        try:
            result = function(*arguments)
        except (exceptions.AddonHalt, exceptions.OptionsError):
            raise
        except Exception:
            with addonmanager.safecall():
                raise
            return None
        return result if result is not None and inspect.isawaitable(result) else None

    def begin(name: str, arguments: Sequence[Any]) -> Awaitable[None] | None:
        """Call the listeners, up to the first that waits; what is left is to be awaited."""
        number = 0
        functions = listening(name)
        try:
            for function in functions:
                number += 1
                try:
                    waiting = function(*arguments)
                except (exceptions.AddonHalt, exceptions.OptionsError):
                    raise
                except Exception:
                    with addonmanager.safecall():
                        raise
                    continue
                if waiting is not None and inspect.isawaitable(waiting):
                    return go_on(waiting, functions[number:], arguments)
        except exceptions.AddonHalt:
            pass
        return None

    async def go_on(
        waiting: Awaitable[Any], functions: Sequence[Callable[..., Any]], arguments: Sequence[Any]
    ) -> None:
        try:
            await _safely(waiting)
            for function in functions:
                if (other := called(function, arguments)) is not None:
                    await _safely(other)
        except exceptions.AddonHalt:
            pass

    def begin_lifecycle(event: hooks.Hook) -> Awaitable[None] | None:
        arguments = _arguments(event)
        if isinstance(arguments[0], flow.Flow):
            return begin_flow(event.name, arguments)
        return begin(event.name, arguments)

    def begin_flow(name: str, arguments: Sequence[Any]) -> Awaitable[None] | None:
        waiting = begin(name, arguments)
        if not listening("update"):
            return waiting
        if waiting is None:
            return begin("update", (arguments,))
        return then_update(waiting, arguments)

    async def then_update(waiting: Awaitable[None], arguments: Sequence[Any]) -> None:
        await waiting
        if (other := begin("update", (arguments,))) is not None:
            await other

    async def trigger_event(event: hooks.Hook) -> None:
        if (waiting := begin(event.name, _arguments(event))) is not None:
            await waiting

    async def handle_lifecycle(event: hooks.Hook) -> None:
        if (waiting := begin_lifecycle(event)) is not None:
            await waiting

    manager.trigger_event, manager.handle_lifecycle = trigger_event, handle_lifecycle
    vars(manager).update({BEGIN: begin_lifecycle, BEGIN_FLOW: begin_flow, LISTENERS: listening})

    def undo() -> None:
        for name in ("trigger_event", "handle_lifecycle", BEGIN, BEGIN_FLOW, LISTENERS):
            vars(manager).pop(name, None)

    return undo


def beginning(handler: Any) -> Callable[[hooks.Hook], Awaitable[None] | None] | None:
    """What calls the addons of `handler`'s master at once, and returns what is left to be awaited.

    None where the short way is not in place.
    """
    manager = getattr(getattr(handler, "master", None), "addons", None)
    found: Callable[[hooks.Hook], Awaitable[None] | None] | None = getattr(manager, BEGIN, None)
    return found


async def _safely(waiting: Awaitable[Any]) -> None:
    try:
        await waiting
    except (exceptions.AddonHalt, exceptions.OptionsError):
        raise
    except Exception:
        with addonmanager.safecall():
            raise


_fields: dict[type[hooks.Hook], tuple[str, ...]] = {}


def _arguments(event: hooks.Hook) -> list[Any]:
    """As the event's own `args`, which looks its fields up each time."""
    kind = type(event)
    names = _fields.get(kind)
    if names is None:
        names = _fields[kind] = tuple(field.name for field in fields(kind))  # type: ignore[arg-type]
    return [getattr(event, name) for name in names]
