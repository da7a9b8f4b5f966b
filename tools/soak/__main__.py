"""`./run soak [MINUTES]`: a bad day for the guard, and books that must balance afterwards.

Listeners, readers and crawlers come all the time; beside them, in turn: a flood of refusals, silent
and slow clients, a slow site, a site that is gone and comes back, rules that are rewritten all the
time (some of them broken), a full disk, a clock that goes back (where libfaketime is installed), and
once kill -9. Everything is on loopback and ends by itself. The exit code is 1 when a book does not
balance or something grows.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tools.soak.clients import CRAWLER, LISTENER, Clients, crowd
from tools.soak.guarded import Guard, SoakError, free_port
from tools.soak.report import Check, checks, told
from tools.soak.site import Site

SLICE = 15.0
"""Seconds of one trouble, where there is time."""
BESIDE = 12
"""Visitors at a time."""
HELD = 8
"""Requests that wait for the site when the guard is killed."""
RULE = """\
- id: soak-{number}
  title: A rule that comes and goes
  why: It is there for reloading.
  when: {{path: /soak-{number}}}
  then: block
  cases:
    - {{ua: Firefox/140.0, get: /soak-{number}, expect: block}}
    - {{ua: Firefox/140.0, get: /, expect: allow}}
"""


class Day:
    """The troubles of one day, in their order."""

    def __init__(self, guard: Guard, site: Site, clients: Clients) -> None:
        self.guard, self.site, self.clients = guard, site, clients
        self.reloads = 0

    def troubles(self) -> dict[str, Callable[[float], Awaitable[None]]]:
        """Each takes its seconds."""
        found: dict[str, Callable[[float], Awaitable[None]]] = {
            "an ordinary hour": self.calm,
            "a flood of refusals": self.flood,
            "silent and slow clients": self.silence,
            "the site is slow": self.slow,
            "the site is gone, and back": self.gone,
            "rules rewritten, some broken": self.storm,
            "the disk is full, and not": self.full,
        }
        if self.guard.faketime:
            found["the clock goes back"] = self.back
        return found

    async def calm(self, seconds: float) -> None:
        await crowd(self.clients, seconds, BESIDE)

    async def flood(self, seconds: float) -> None:
        await asyncio.gather(
            crowd(self.clients, seconds, 24, flood=True), crowd(self.clients, seconds, 4)
        )

    async def silence(self, seconds: float) -> None:
        slow = [self.clients.silent(seconds, b"GET / HTTP/1.1\r\nHost: ") for _ in range(50)]
        mute = [self.clients.silent(seconds) for _ in range(100)]
        await asyncio.gather(*slow, *mute, crowd(self.clients, seconds, BESIDE))

    async def slow(self, seconds: float) -> None:
        self.site.delay = 0.4
        await crowd(self.clients, seconds, 3 * BESIDE)
        self.site.delay = 0.0

    async def gone(self, seconds: float) -> None:
        await self.site.down()
        await crowd(self.clients, seconds / 2, BESIDE)
        await self.site.up()
        await crowd(self.clients, seconds / 2, BESIDE)

    async def storm(self, seconds: float) -> None:
        async def rewrite() -> None:
            file, end = self.guard.rules / "50-soak.yaml", time.monotonic() + seconds
            number = 0
            while time.monotonic() < end:
                number += 1
                broken = number % 5 == 0
                file.write_text("- id: [broken" if broken else RULE.format(number=number))
                await asyncio.sleep(0.25 if number % 10 else 2.5)
            file.unlink()

        await asyncio.gather(rewrite(), crowd(self.clients, seconds, BESIDE))

    async def full(self, seconds: float) -> None:
        self.guard.disk(full=True)
        try:
            await crowd(self.clients, seconds / 2, BESIDE)
        finally:
            self.guard.disk(full=False)
        await crowd(self.clients, seconds / 2, BESIDE)

    async def back(self, seconds: float) -> None:
        for shift in ("-7200", "+0"):
            self.guard.clock.write_text(shift)
            await crowd(self.clients, seconds / 2, BESIDE)

    async def killed(self) -> None:
        """kill -9 while some wait for the site. What the metrics said just before is kept."""
        self.site.hold = asyncio.Event()
        waiting = [
            asyncio.create_task(self.clients.ask(LISTENER, f"/music/{number}.mp3"))
            for number in range(HELD)
        ]
        refused = [
            asyncio.create_task(self.clients.ask(CRAWLER, f"/music/{number}.mp3"))
            for number in range(HELD)
        ]
        await asyncio.gather(*refused)
        await asyncio.sleep(3)  # the ledger writes within a second
        await asyncio.to_thread(self.guard.scrape)
        await asyncio.to_thread(self.guard.kill)
        await asyncio.gather(*waiting)
        await self.clients.ask(LISTENER, "/")  # finds nobody
        self.site.hold.set()
        self.site.hold = None
        await asyncio.to_thread(self.guard.start)


async def soak(minutes: float, folder: Path) -> list[Check]:
    """The whole day; returns what was held against what."""
    site = Site(free_port())
    guard = Guard(folder, site.port)
    await site.up()
    watching: asyncio.Task[None] | None = None
    began = time.monotonic()
    try:
        await asyncio.to_thread(guard.start)
        clients = Clients(guard.port)
        day = Day(guard, site, clients)
        troubles = day.troubles()
        seconds = min(SLICE, max(3.0, minutes * 60 / (len(troubles) + 1)))
        watching = asyncio.create_task(_watch(guard))
        killed = False
        while True:
            for name, trouble in troubles.items():
                print(f"{time.monotonic() - began:6.0f} s  {name}", flush=True)
                await trouble(seconds)
            if not killed:
                print(f"{time.monotonic() - began:6.0f} s  kill -9, and a new start", flush=True)
                await day.killed()
                killed = True
            if time.monotonic() - began > minutes * 60 - seconds * len(troubles):
                break
        await crowd(clients, seconds, BESIDE)
        await asyncio.sleep(3)
        guard.sample()
        if not await asyncio.to_thread(guard.scrape):
            raise SoakError("the metrics do not answer at the end")
        watching.cancel()
        await asyncio.to_thread(guard.stop)
        return checks(guard, site, clients.book)
    finally:
        if watching is not None:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
        for life in guard.lives:
            if life.process.poll() is None:
                life.process.kill()
                life.process.wait()
        await site.down()


async def _watch(guard: Guard) -> None:
    while True:
        guard.sample()
        await asyncio.sleep(1)


def main(arguments: list[str] | None = None) -> int:
    """Run it, and print the table."""
    parser = argparse.ArgumentParser(prog="./run soak", description="A bad day for the guard.")
    parser.add_argument("minutes", nargs="?", type=float, default=10.0, help="default 10")
    options = parser.parse_args(arguments)
    if not 0 < options.minutes <= 24 * 60:
        parser.error("MINUTES is a number above 0")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it: all is ended
    with tempfile.TemporaryDirectory(prefix="stagedoor-soak-") as folder:
        try:
            found = asyncio.run(soak(options.minutes, Path(folder)))
        except SoakError as error:
            print(error, file=sys.stderr)
            return 2
    print(told(found))
    return any(not check.good for check in found)


if __name__ == "__main__":
    sys.exit(main())
