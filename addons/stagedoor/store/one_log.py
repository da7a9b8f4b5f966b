"""One log of a shared store, as far as this guard knows it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable

from stagedoor.store.operations import Operation, Replay

START = b"0-0"
"""The cursor before everything."""


class Log:
    """`tag` is its name, `cursor` where reading goes on, `known` whether the memory has any of it."""

    __slots__ = ("cursor", "held", "known", "operations", "replay", "sending", "tag", "waiting")

    def __init__(
        self, tag: str, cursor: bytes, known: Callable[[], bool], passes: OrderedDict[str, float]
    ) -> None:
        self.tag, self.cursor, self.known = tag, cursor, known
        self.replay = Replay(passes)
        self.held: list[bytes] = []
        """Carried out after all else: a network must be known to be one before."""
        self.operations: list[Operation] = []
        """With this guard's times: they become the server's when they go out."""
        self.sending: tuple[int, list[Operation]] | None = None
        self.waiting: list[asyncio.Future[None]] = []

    def release(self) -> None:
        """Nobody waits for it any longer."""
        waiting, self.waiting = self.waiting, []
        done(waiting)


def done(waiting: Iterable[asyncio.Future[None]]) -> None:
    """End all of these waits that have not ended."""
    for one in waiting:
        if not one.done():
            one.set_result(None)
