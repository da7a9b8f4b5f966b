"""`./run soak [MINUTES]`: a bad day for the guard, and books that must balance afterwards.

Listeners, readers and crawlers come all the time; beside them, in turn: a flood of refusals, silent
and slow clients, a slow site, a site that is gone and comes back, rules that are rewritten all the
time (some of them broken), a full disk (also under the guard's own log), a clock that goes back and
forward, and kill -9. Everything is on loopback and ends by itself. The exit code is 1 when a book does not
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
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from tools.soak.clients import CRAWLER, LISTENER, READER, Clients, crowd
from tools.soak.guarded import RULE, Guard, SoakError, free_port
from tools.soak.report import HELD, Check, checks, told
from tools.soak.site import Site

SLICE = 15.0
"""Seconds of one trouble, where there is time."""
SETTLE = 20.0
"""Seconds in which a change must be taken after a storm."""
BESIDE = 12
"""Visitors at a time."""
CLOCKS = (-7200, 90_000, 0)
"""Seconds from the true time: two hours back, a day on, and back again."""
LATE = 300
"""Seconds that the newest entry of the ledger may be away from the clock."""
SAVED = 8.0
"""Seconds after which everything is in the ledger: counts are written every five."""
KILLS = 2


class Day:
    """The troubles of one day, in their order."""

    def __init__(self, guard: Guard, site: Site, clients: Clients) -> None:
        self.guard, self.site, self.clients = guard, site, clients
        self.clocks = self.storms = 0

    def troubles(self) -> Mapping[str, Callable[[float], Awaitable[None]]]:
        """Each takes its seconds."""
        return {
            "an ordinary hour": self.calm,
            "a flood of refusals": self.flood,
            "silent and slow clients": self.silence,
            "the site is slow": self.slow,
            "the site is gone, and back": self.gone,
            "rules rewritten, some broken": self.storm,
            "the disk is full, and not": self.full,
            "the clock goes back, and on": self.back,
        }

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
        """Rules, stance and whole folders change faster than they are read, half of them broken."""
        end = time.monotonic() + seconds

        async def changing(change: Callable[[int], None], pause: float) -> None:
            number = 0
            while time.monotonic() < end:
                number += 1
                change(number)
                await asyncio.sleep(2.5 if number % 40 == 0 else pause)

        await asyncio.gather(
            changing(self._rewrite, 0.05),
            changing(self._replace, 0.1),
            changing(self._stance, 0.3),
            changing(lambda _: self.guard.hang_up(), 0.2),
            crowd(self.clients, seconds, BESIDE),
        )
        for file in self.guard.rules.glob("*-soak*.yaml"):
            file.unlink()
        self._stance(0)
        await self._settled()
        self.storms += 1

    def _rewrite(self, number: int) -> None:
        """In place, so that half a file may be read."""
        text = "- id: [broken" if number % 10 >= 5 else RULE.format(number=number)
        (self.guard.rules / "50-soak.yaml").write_text(text)

    def _replace(self, number: int) -> None:
        """A file takes the place of another, and one of thirty comes or goes."""
        part = self.guard.folder / "part"
        part.write_text(RULE.format(number=f"x{number}"))
        part.rename(self.guard.rules / "60-soak.yaml")
        other = self.guard.rules / f"70-soak-{number % 30}.yaml"
        if other.exists():
            other.unlink()
        else:
            other.write_text(RULE.format(number=f"y{number}"))

    def _stance(self, number: int) -> None:
        broken = number % 4 == 3
        text = "ai: {train: maybe}\n" if broken else "ai: {train: no, input: no}\n"
        (self.guard.rules / "stance.yaml").write_text(text)

    async def _settled(self) -> None:
        """After the storm a mistake is refused, a last rule is taken, and goes with its file."""
        file = self.guard.rules / "80-soak.yaml"
        refused = self.guard.life.counts.get("reloads_refused", 0)
        file.write_text("- id: [broken")
        end = time.monotonic() + SETTLE
        while self.guard.life.counts.get("reloads_refused", 0) <= refused:
            if time.monotonic() > end:
                raise SoakError(f"a mistake was not found {SETTLE:g} s after the storm")
            await asyncio.sleep(0.5)
            await asyncio.to_thread(self.guard.scrape)
        name = f"last{self.storms}"
        for text, wanted in ((RULE.format(number=name), "refused"), ("", "site")):
            if text:
                file.write_text(text)
            else:
                file.unlink()
            end = time.monotonic() + SETTLE
            while await self.clients.ask(READER, f"/soak-{name}") != wanted:
                if time.monotonic() > end:
                    raise SoakError(f"a rule was not {wanted} {SETTLE:g} s after the storm")
                await asyncio.sleep(0.2)

    async def full(self, seconds: float) -> None:
        self.guard.disk(full=True)
        try:
            await crowd(self.clients, seconds / 2, BESIDE)
        finally:
            self.guard.disk(full=False)
        await crowd(self.clients, seconds / 2, BESIDE)

    async def back(self, seconds: float) -> None:
        for shift in CLOCKS:
            self.guard.clock.move(shift)
            await crowd(self.clients, seconds / len(CLOCKS), BESIDE)
            found = await asyncio.to_thread(self.guard.newest)
            if found is not None and abs(found - time.time() - shift) > LATE:
                raise SoakError(f"the guard's clock did not move to {shift} s")
        self.clocks += 1

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
        await asyncio.sleep(SAVED)
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
        while True:
            for name, trouble in troubles.items():
                memory = guard.life.samples[-1].memory / 1e6
                print(f"{time.monotonic() - began:6.0f} s  {memory:4.0f} MB  {name}", flush=True)
                await trouble(seconds)
            if len(guard.lives) <= KILLS:
                print(f"{time.monotonic() - began:6.0f} s  kill -9, and a new start", flush=True)
                await day.killed()
            if time.monotonic() - began > minutes * 60 - seconds * len(troubles):
                break
        while time.monotonic() - began < minutes * 60:
            await crowd(clients, min(seconds, minutes * 60), BESIDE)
        await asyncio.sleep(3)
        guard.sample()
        if not await asyncio.to_thread(guard.scrape):
            raise SoakError("the metrics do not answer at the end")
        watching.cancel()
        await asyncio.to_thread(guard.stop)
        return [
            *checks(guard, site, clients.book),
            Check(
                "Every trouble was there",
                f"{time.monotonic() - began:,.0f} s; {day.clocks} times the clock went back, "
                f"{day.storms} storms of reloads, {len(guard.lives) - 1} kills",
                bool(day.clocks and day.storms and len(guard.lives) > 1),
            ),
        ]
    finally:
        await asyncio.shield(asyncio.to_thread(guard.end))
        if watching is not None:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
        await site.down()


async def _watch(guard: Guard) -> None:
    while True:
        guard.sample()
        await asyncio.sleep(1)


async def _until_ended(minutes: float, folder: Path) -> list[Check]:
    """The soak; SIGTERM and SIGINT end it, and everything that it started."""
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await soak(minutes, folder)


def _last(log: Path) -> list[str]:
    """The last lines of a log that are not about single requests."""
    lines = log.read_text("utf-8", "replace").splitlines()
    return [line for line in lines if "] refused " not in line][-20:]


def main(arguments: list[str] | None = None) -> int:
    """Run it, and print the table."""
    parser = argparse.ArgumentParser(prog="./run soak", description="A bad day for the guard.")
    parser.add_argument("minutes", nargs="?", type=float, default=10.0, help="default 10")
    options = parser.parse_args(arguments)
    if not 0 < options.minutes <= 24 * 60:
        parser.error("MINUTES is a number above 0")
    with tempfile.TemporaryDirectory(prefix="stagedoor-soak-") as folder:
        try:
            found = asyncio.run(_until_ended(options.minutes, Path(folder)))
        except SoakError as error:
            print(error, file=sys.stderr)
            for log in sorted(Path(folder).glob("guard-*.log"))[-1:]:
                print("".join(f"  {line}\n" for line in _last(log)), file=sys.stderr)
            return 2
        except asyncio.CancelledError:
            print("ended early; the guard was stopped", file=sys.stderr)
            return 130
    print(told(found))
    return any(not check.good for check in found)


if __name__ == "__main__":
    sys.exit(main())
