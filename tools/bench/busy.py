"""The load generator of `bench beside`: for programs that answer faster than load.py can ask.

A process of its own, nothing but the library, one loop over epoll without coroutines: it keeps up with
some 30,000 answers a second on one core. One job as JSON from standard input, one result as JSON to
standard output. A job has `port`, `requests`, `connections` (each from a network of its own of 127.0.0.0/8, of
`networks`), `seconds`, `warm`, and `pids`: the programs whose CPU time is read when the measured
window opens and closes, with all that they have started.
"""

from __future__ import annotations

import json
import os
import re
import select
import socket
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection:[ \t]*close", re.IGNORECASE)
_TICKS = os.sysconf("SC_CLK_TCK")
_END = b"0\r\n\r\n"
PATIENCE = 30.0
"""Seconds without any answer after which the run has failed."""


def descendants(pids: list[int]) -> list[int]:
    """Processes, and all that they have started."""
    found: list[int] = []
    todo = list(pids)
    while todo:
        pid = todo.pop()
        if pid in found:
            continue
        found.append(pid)
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                todo += map(int, task.read_text().split())
            except OSError:
                continue
    return found


def cpu_seconds(pids: list[int]) -> float:
    """User and system time that processes and their descendants have used."""
    used = 0
    for pid in descendants(pids):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        used += int(fields[11]) + int(fields[12])
    return used / _TICKS


class Visitor:
    """One connection: asks, takes the whole answer, asks again."""

    def __init__(self, run: Run, number: int) -> None:
        self._run, self._number = run, number
        self._host = f"127.0.{number % run.networks + 1}.1" if run.networks else "127.0.0.1"
        self.connect()

    def connect(self) -> None:
        """A new connection, and the first request on it."""
        self.socket = socket.socket()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.bind((self._host, 0))
        self.socket.connect(("127.0.0.1", self._run.port))
        self.socket.setblocking(False)
        self._run.follow(self)
        self.ask()

    def ask(self) -> None:
        """Send the next request; the list goes round."""
        run = self._run
        self._head, self._missing, self._tail = b"", -1, b""
        self._chunked = self._closes = False
        self._status = self._size = 0
        self._number += run.step
        self._sent = time.perf_counter()
        try:
            self.socket.send(run.requests[self._number % len(run.requests)])
        except OSError:
            self._again(broken=True)

    def read(self) -> None:
        """Some bytes have come, or the end."""
        try:
            size = self.socket.recv_into(self._run.room)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self._again(broken=True)
            return
        if self._missing >= 0 and not self._chunked:
            self._missing -= size
        elif not self._begin(bytes(self._run.room[:size])):
            return
        if self._missing <= 0 or (self._chunked and self._tail == _END):
            self._run.answered(self._status, self._sent, self._size)
            if self._closes:
                self._again(broken=False)
            else:
                self.ask()

    def _begin(self, data: bytes) -> bool:
        """The head, or a piece of a chunked body. False while the head is not complete."""
        if self._chunked:
            self._tail = (self._tail + data)[-5:]
            return True
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self._head[: end + 2]
        self._status = int(head[9:12])
        self._closes = _CLOSE.search(head) is not None
        length = _LENGTH.search(head)
        if length is not None:
            self._size = int(length[1])
            self._missing = self._size - (len(self._head) - end - 4)
        elif _CHUNKED.search(head):
            self._chunked, self._missing = True, 1
            self._tail = self._head[end + 4 :][-5:]
        else:
            raise ValueError(f"a response without a length: {head[:200]!r}")
        return True

    def _again(self, *, broken: bool) -> None:
        run = self._run
        run.forget(self)
        self.socket.close()
        if broken and self._status == 0:
            run.broken += 1
            if run.broken > 1000:
                raise ConnectionError("the program hangs up on requests, a thousand times")
        self.connect()


class Run:
    """What the visitors have in common."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.port, self.networks = job["port"], job.get("networks", 0)
        self.requests = [text.encode("latin-1") for text in job["requests"]]
        self.step = job.get("step", job["connections"])
        self.room = memoryview(bytearray(1 << 18))
        self.broken = 0
        self._poll = select.epoll()
        self._visitors: dict[int, Visitor] = {}
        self._latencies: list[float] = []
        self._statuses: Counter[int] = Counter()
        self._bytes = 0
        self._counting = False
        self._job = job

    def follow(self, visitor: Visitor) -> None:
        """It has a connection."""
        self._visitors[visitor.socket.fileno()] = visitor
        self._poll.register(visitor.socket.fileno(), select.EPOLLIN)

    def forget(self, visitor: Visitor) -> None:
        """It has none any more."""
        self._poll.unregister(visitor.socket.fileno())
        del self._visitors[visitor.socket.fileno()]

    def answered(self, status: int, sent: float, size: int) -> None:
        """One answer is complete."""
        if self._counting:
            self._latencies.append(time.perf_counter() - sent)
            self._statuses[status] += 1
            self._bytes += size

    def measure(self) -> dict[str, Any]:
        """The whole job."""
        for number in range(self._job["connections"]):
            Visitor(self, number)
        self._work(self._job["warm"])
        self._counting = True
        began, cpu = time.perf_counter(), cpu_seconds(self._job["pids"])
        self._work(self._job["seconds"])
        if not self._latencies:  # one large answer may take longer than the window
            self._work(PATIENCE, until_one=True)
        elapsed = time.perf_counter() - began
        cpu = cpu_seconds(self._job["pids"]) - cpu
        if not self._latencies:
            raise ConnectionError("no answer within the window")
        ordered = sorted(self._latencies)
        return {
            "requests": len(ordered),
            "rate": len(ordered) / elapsed,
            "cpu": cpu / len(ordered),
            "p50": ordered[len(ordered) // 2],
            "p99": ordered[len(ordered) * 99 // 100],
            "bytes": self._bytes / elapsed,
            "statuses": dict(self._statuses),
            "broken": self.broken,
        }

    def _work(self, seconds: float, *, until_one: bool = False) -> None:
        end = time.perf_counter() + seconds
        poll, visitors = self._poll.poll, self._visitors
        while (left := end - time.perf_counter()) > 0 and not (until_one and self._latencies):
            for number, _ in poll(min(left, 0.1)):
                visitor = visitors.get(number)
                if visitor is not None:
                    visitor.read()


if __name__ == "__main__":
    json.dump(Run(json.load(sys.stdin)).measure(), sys.stdout)
