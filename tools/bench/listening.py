"""What sessions of listening cost: one observation, one look, and memory for a hundred thousand."""

from __future__ import annotations

import gc
import itertools
import random
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

CLIENTS = 100_000
SONG, SIZE = 179.0, 4_760_000


def _sent(number: int) -> Any:
    from stagedoor.model.sound import SoundSent  # noqa: PLC0415 (it is found only now)

    return SoundSent(
        f"/music/{number}.mp3", "recording", SONG, 0, SIZE, SIZE, SONG, first=True, last=True,
        complete=True,
    )  # fmt: skip


def listeners() -> Iterator[Any]:
    """Households without end, each in a network of its own."""
    from stagedoor.model.client_keys import listener  # noqa: PLC0415

    for number in itertools.count():
        address = f"{10 + number // 65_536 % 200}.{number // 256 % 256}.{number % 256}.7"
        yield listener(address, f"Browser {number % 40}")


def filled(clients: int) -> Any:
    """Sessions of so many households, with four recordings each."""
    from stagedoor.engine.sessions import Sessions  # noqa: PLC0415

    sessions, sent = Sessions(clients), [_sent(number) for number in range(100)]
    for number, one in enumerate(itertools.islice(listeners(), clients)):
        for song in range(4):
            sessions.sent(one, sent[(number * 7 + song) % 100], 1000.0 + number / 100)
    return sessions


def memory(clients: int = CLIENTS) -> float:
    """Megabytes for so many clients, with their keys."""
    gc.collect()
    tracemalloc.start()
    try:
        sessions = filled(clients)
        found = tracemalloc.get_traced_memory()[0] / 1e6
        assert len(sessions) <= clients
        return found
    finally:
        tracemalloc.stop()


def actions() -> tuple[Callable[[int], object], Callable[[int], object]]:
    """Observations by clients that are known, and looks at all three of their sessions."""
    from stagedoor.model.heard import SCOPES  # noqa: PLC0415

    clients = 10_000
    sessions, dice = filled(clients), random.Random(1)
    known = list(itertools.islice(listeners(), clients))
    sent = [_sent(number) for number in range(100)]
    asked = [(dice.choice(known), dice.choice(sent)) for _ in range(5_000)]
    clock, endless = itertools.count(2000), itertools.cycle(asked)

    def observe(times: int) -> None:
        for one, song in itertools.islice(endless, times):
            sessions.sent(one, song, next(clock) / 1000)

    def look(times: int) -> None:
        for one, _ in itertools.islice(endless, times):
            sessions.heard(one, SCOPES, 2000.0)

    return observe, look
