"""What a shared store costs: `python -m tools.measure_store valkey://127.0.0.1:6379`.

An empty server is asked by guards of this process, as requests ask it: read, decide, apply. Printed are
requests a second, the processor time of a request here and at the server, how long a request waits, and
the server's memory for each operation and each network. Nothing else may use the server meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from stagedoor.config.store_address import store_address
from stagedoor.engine.needs import Effects, Known
from stagedoor.model.client_keys import listener
from stagedoor.model.facts import Rate
from stagedoor.model.heard import SCOPES
from stagedoor.model.sound import SoundSent
from stagedoor.store.interface import Query, Store
from stagedoor.store.memory import MemoryStore
from stagedoor.store.shared import SharedStore
from stagedoor.store.store_password import store_password
from stagedoor.store.valkey_server import Command, ValkeyServer

REQUESTS = 20_000
RATES = (("slow", Rate(1_000_000, 60.0)),)


def song(number: int) -> SoundSent:
    """One portion of eight of a recording of four minutes."""
    track, part = f"/music/album/{number // 8:04} A Song's Name.mp3", number % 8
    return SoundSent(
        track, "recording", 30.0, part << 20, (part + 1) << 20, 8 << 20, 240.0, part * 30.0, track,
        first=not part, last=part == 7, complete=True,
    )  # fmt: skip


async def request(store: Store, number: int, took: list[float]) -> None:
    """One request for a recording, as a front makes it, and a portion of what it gets."""
    who = listener(f"10.{number % 40}.{number % 250}.{number % 200}", "Firefox")
    began = time.perf_counter()
    query = Query(
        who.household, time.monotonic(), f"/{number}.mp3", True, RATES,
        listener=who, listening=SCOPES, sentences=(("slow", "household"),),
    )  # fmt: skip
    found = store.read(query)
    if not isinstance(found, Known):
        await found
    took.append(time.perf_counter() - began)
    store.apply(who.household, "", Effects(counted=True, rates=RATES), time.monotonic())
    store.sounded(who, song(number), time.monotonic())


async def rounds(
    store: Store, at_once: int, server: Callable[[], Awaitable[dict[str, float]]]
) -> str:
    """One row: so many requests at once."""
    took: list[float] = []
    before = await server()
    began, spent = time.perf_counter(), time.process_time()

    async def one(first: int) -> None:
        for number in range(first, REQUESTS, at_once):
            await request(store, number, took)
            if isinstance(store, MemoryStore):
                continue
            await asyncio.sleep(0)

    await asyncio.gather(*(one(number) for number in range(at_once)))
    if isinstance(store, SharedStore):
        await store.logs.settled()
    wall, spent = time.perf_counter() - began, time.process_time() - spent
    after = await server()
    there = after["cpu"] - before["cpu"]
    quantiles = statistics.quantiles(took, n=100)
    return (
        f"| {at_once} | {REQUESTS / wall:,.0f} | {spent / REQUESTS * 1e6:.0f} µs | "
        f"{there / REQUESTS * 1e6:.0f} µs | {quantiles[49] * 1e3:.2f} ms | "
        f"{quantiles[98] * 1e3:.2f} ms |"
    )


async def measure(text: str) -> None:
    """All rows."""
    address = store_address(text)
    password = store_password(os.environ)
    asking = ValkeyServer(address, password)

    async def server() -> dict[str, float]:
        [info] = await asking.run([Command("", ("INFO",), ())])
        return {
            "cpu": float(_field(info, "used_cpu_user")) + float(_field(info, "used_cpu_sys")),
            "memory": float(_field(info, "used_memory")),
        }

    async def nobody() -> dict[str, float]:
        return {"cpu": 0.0}

    print("| at once | requests a second | here | at the server | wait, median | 99 % |")
    print("|---|---|---|---|---|---|")
    print(await rounds(MemoryStore(50_000), 1, nobody), "alone, without a store")
    empty = (await server())["memory"]
    for at_once in (1, 16, 128):
        store = SharedStore(
            ValkeyServer(address, password), 50_000, prefix=f"measure{at_once}", wait=1.0
        )
        store.open()
        while not store.logs.up:  # noqa: ASYNC110 (once, at the start)
            await asyncio.sleep(0.01)
        print(await rounds(store, at_once, server))
        if at_once == 1:
            full = (await server())["memory"] - empty
            print(f"  memory at the server: {full / REQUESTS:.0f} bytes a request and portion")
        store.close()
        await asyncio.sleep(0.05)
    await asking.close()


def _field(info: Any, name: str) -> Any:
    if isinstance(info, dict):
        return info[name]
    for line in info.decode().splitlines():
        if line.startswith(f"{name}:"):
            return line.partition(":")[2]
    raise SystemExit(f"the server says nothing about {name}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", metavar="URL")
    asyncio.run(measure(parser.parse_args().store))
