"""The load generator: keeps connections busy, or takes one large file. Nothing but the library.

A process of its own, so that it has a core of its own. Reads one job as JSON from standard input,
does it, writes one result as JSON to standard output. A job's `pid` is the proxy's (its children
count, too); `pace` is how many requests a second are made at most, `networks` from how many networks
of 127.0.0.0/8. Its CPU time is
read at the moments when the measured window opens and closes.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import socket
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection:[ \t]*close", re.IGNORECASE)
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time that process `pid` and its children have used; 0 without /proc."""
    return sum(map(_cpu_seconds, family(pid)))


def family(pid: int) -> list[int]:
    """A process and its children."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return [pid, *map(int, children)]


def _cpu_seconds(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


_CHANCE = random.Random(1)


class Run:
    """What the connections have in common: the clock, the requests, the counts."""

    def __init__(self, port: int, requests: Sequence[bytes], every: float = 0.0) -> None:
        self.port = port
        self.every = every
        self.requests = requests
        self.next = 0
        self.counting = False
        self.stopping = False
        self.latencies: list[float] = []
        self.statuses: Counter[int] = Counter()

    def take(self) -> bytes:
        """The next request; the list goes round."""
        self.next += 1
        return self.requests[self.next % len(self.requests)]


class Connection(asyncio.Protocol):
    """One visitor's connection: asks, waits for the whole answer, asks again."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = b""
        self.missing = -1
        self.chunked = False
        self.tail = b""
        self.sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport: Any = transport
        self._ask()

    def _ask(self) -> None:
        if self.run.stopping:
            self.transport.close()
            return
        self.buffer, self.missing = b"", -1
        self.sent = time.perf_counter()
        self.transport.write(self.run.take())

    def data_received(self, data: bytes) -> None:
        """Take the headers apart once, then only count bytes."""
        if self.missing < 0:
            self.buffer += data
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self.buffer, 0, end)
            if length is None and not _CHUNKED.search(self.buffer, 0, end):
                raise ValueError(f"a response without a length: {self.buffer[:200]!r}")
            self.chunked = length is None
            self.missing = int(length[1]) - (len(self.buffer) - end - 4) if length else 1
            self.tail = self.buffer[end + 4 :][-5:]
        else:
            self.missing -= 0 if self.chunked else len(data)
            self.tail = (self.tail + data)[-5:]
        # One answer at a time: what ends with the last chunk is the end.
        if self.missing <= 0 or (self.chunked and self.tail == b"0\r\n\r\n"):
            self._answered()

    def _answered(self) -> None:
        run = self.run
        if run.counting:
            run.latencies.append(time.perf_counter() - self.sent)
            run.statuses[int(self.buffer[9:12])] += 1
        if run.stopping:
            self.transport.close()
        elif _CLOSE.search(self.buffer, 0, self.buffer.find(b"\r\n\r\n") + 2):
            self.transport.close()  # connection_lost sees that it was answered
            self.missing = -2
        elif run.every:
            # Of visitors who know nothing of each other: in step, each would wait for all others.
            pause = self.sent + run.every * _CHANCE.uniform(0.5, 1.5) - time.perf_counter()
            asyncio.get_running_loop().call_later(max(0.0, pause), self._ask)
        else:
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """Report to `visit`, which may connect anew."""
        if self.done.done():
            return
        if exc is None and (self.missing == -2 or self.run.stopping):
            self.done.set_result(None)
        else:
            self.done.set_exception(exc or ConnectionError("the proxy hung up on a request"))


async def visit(run: Run, own: tuple[str, int] | None = None) -> None:
    """One visitor, who connects again where the proxy closes the connection."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(_CHANCE.uniform(0.0, run.every))
    while not run.stopping:
        _, connection = await loop.create_connection(
            lambda: Connection(run), "127.0.0.1", run.port, local_addr=own
        )
        await connection.done


async def keep_busy(job: dict[str, Any]) -> dict[str, Any]:
    """`connections` visitors for `seconds`, after `warm` seconds that do not count."""
    pace, networks = job.get("pace", 0.0), job.get("networks", 0)
    every = job["connections"] / pace if pace else 0.0
    run = Run(job["port"], [text.encode("latin-1") for text in job["requests"]], every)
    visitors = [
        asyncio.create_task(
            visit(run, (f"127.0.{number % networks + 1}.1", 0) if networks else None)
        )
        for number in range(job["connections"])
    ]
    clock = asyncio.create_task(_clock(run, job))
    await asyncio.wait([clock, *visitors], return_when=asyncio.FIRST_EXCEPTION)
    run.stopping = True
    await asyncio.wait_for(asyncio.gather(*visitors), timeout=30)
    elapsed, cpu = await clock
    if not run.latencies:
        raise ConnectionError("no answer within the window")
    ordered = sorted(run.latencies)
    return {
        "requests": len(ordered),
        "rate": len(ordered) / elapsed,
        "cpu": cpu / len(ordered),
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[len(ordered) * 99 // 100],
        "statuses": dict(run.statuses),
    }


async def _clock(run: Run, job: dict[str, Any]) -> tuple[float, float]:
    await asyncio.sleep(job["warm"])
    run.counting, began, cpu = True, time.perf_counter(), cpu_seconds(job["pid"])
    await asyncio.sleep(job["seconds"])
    elapsed, cpu = time.perf_counter() - began, cpu_seconds(job["pid"]) - cpu
    run.counting, run.stopping = False, True
    return elapsed, cpu


def download(job: dict[str, Any]) -> dict[str, Any]:
    """One large file: when its first byte came, and how fast the rest did."""
    buffer = bytearray(1 << 18)
    cpu = cpu_seconds(job["pid"])
    with socket.create_connection(("127.0.0.1", job["port"]), timeout=120) as connection:
        began = time.perf_counter()
        connection.sendall(job["requests"][0].encode("latin-1"))
        head = b""
        while b"\r\n\r\n" not in head:
            head += _some(connection)
        head, _, body = head.partition(b"\r\n\r\n")
        length = _LENGTH.search(b"\r\n" + head)
        if length is None or not head.startswith(b"HTTP/1.1 200"):
            raise ValueError(f"not the file: {head[:200]!r}")
        missing = size = int(length[1])
        missing -= len(body) or len(_some(connection, most=1))
        first = time.perf_counter() - began
        while missing > 0:
            got = connection.recv_into(buffer)
            if not got:
                raise ConnectionError(f"the proxy hung up with {missing} bytes to go")
            missing -= got
    elapsed = time.perf_counter() - began
    return {
        "first": first,
        "rate": size / elapsed,
        "cpu": cpu_seconds(job["pid"]) - cpu,
        "bytes": size,
    }


def _some(connection: socket.socket, most: int = 4096) -> bytes:
    data = connection.recv(most)
    if not data:
        raise ConnectionError("the proxy hung up")
    return data


if __name__ == "__main__":
    job = json.load(sys.stdin)
    result = asyncio.run(keep_busy(job)) if "seconds" in job else download(job)
    json.dump(result, sys.stdout)
