"""Those who come: each request ends in exactly one column of the clients' book."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from tools.soak.site import MARK

Outcome = Literal["site", "refused", "unavailable", "other", "lost", "no door"]
"""site: the site's answer, whole. refused: by a rule. unavailable: the guard says that the site does
not answer. other: another answer. lost: sent, and no whole answer. no door: nobody listened."""
PATIENCE = 60.0
LISTENER = "VLC/3.0.21 LibVLC/3.0.21"
READER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
CRAWLER = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"
_REFUSALS = frozenset({403, 404, 429, 451})
_UNAVAILABLE = frozenset({502, 503, 504})


@dataclass(slots=True)
class Book:
    """The clients' side: so many requests of each outcome."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    others: Counter[int] = field(default_factory=Counter)
    unfinished: int = 0
    """Connections that never became a request: silent ones, heads without an end."""

    @property
    def sent(self) -> int:
        """Requests that were sent whole to a guard that listened."""
        return self.counts.total() - self.counts["no door"]


class Clients:
    """Clients of the guard on one port. Every coroutine is one visit."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._numbers = itertools.count()
        self.book = Book()

    async def ask(
        self, agent: str, path: str, *, head_pause: float = 0, pause: float = 0
    ) -> Outcome:
        """One request; `head_pause` seconds between pieces of the head, `pause` between reads."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            self.book.counts["no door"] += 1
            return "no door"
        head = (
            f"GET {path} HTTP/1.1\r\nHost: soak.example\r\nUser-Agent: {agent}\r\n"
            "Accept: */*\r\nConnection: close\r\n\r\n"
        ).encode()
        outcome: Outcome = "lost"
        try:
            async with asyncio.timeout(PATIENCE):
                step = 16 if head_pause else len(head)
                for at in range(0, len(head), step):
                    writer.write(head[at : at + step])
                    await writer.drain()
                    await asyncio.sleep(head_pause)
                outcome = await self._read(reader, pause)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            outcome = "lost"
        finally:
            self.book.counts[outcome] += 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        return outcome

    async def _read(self, reader: asyncio.StreamReader, pause: float) -> Outcome:
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        lowered = head.lower()
        length = -1
        if b"\r\ncontent-length:" in lowered:
            length = int(lowered.split(b"\r\ncontent-length:", 1)[1].split(b"\r\n", 1)[0])
        got = 0
        while length < 0 or got < length:
            piece = await reader.read(4096 if pause else 65_536)
            if not piece:
                break
            got += len(piece)
            await asyncio.sleep(pause)
        if 0 <= length != got:
            return "lost"
        if MARK.lower() in lowered:
            return "site"
        if status in _REFUSALS:
            return "refused"
        if status in _UNAVAILABLE:
            return "unavailable"
        self.book.others[status] += 1
        return "other"

    async def mixed(self) -> None:
        """One of the usual visitors: a listener, a reader, or a crawler."""
        number = next(self._numbers)
        match number % 4:
            case 0:
                await self.ask(LISTENER, f"/music/{number % 50}.mp3", pause=0.01)
            case 1:
                await self.ask(READER, "/")
            case 2:
                await self.ask(CRAWLER, f"/music/{number % 50}.mp3")
            case _:
                await self.ask(LISTENER, f"/music/{number % 50}.mp3", head_pause=0.02)

    async def refused(self) -> None:
        """One of a flood: asks for what it is refused."""
        await self.ask(CRAWLER, f"/music/{next(self._numbers) % 1000}.mp3")

    async def silent(self, seconds: float, said: bytes = b"") -> None:
        """Connects, says `said` and nothing more, which is no request."""
        self.book.unfinished += 1
        with contextlib.suppress(OSError, TimeoutError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(said)
            async with asyncio.timeout(seconds):
                await reader.read()
        with contextlib.suppress(OSError, UnboundLocalError):
            writer.close()
            await writer.wait_closed()


async def crowd(clients: Clients, seconds: float, beside: int, *, flood: bool = False) -> None:
    """`beside` visitors at a time for so many seconds; all of them end before this returns."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds

    async def one() -> None:
        while loop.time() < end:
            await (clients.refused() if flood else clients.mixed())
            await asyncio.sleep(0.005)

    await asyncio.gather(*(one() for _ in range(beside)))
