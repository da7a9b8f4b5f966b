"""Kills a writer of the ledger, again and again: `python killing.py STATE KILLS SEED`.

Each time a child goes on with the same file and writes as fast as it can, is killed with -9 after some
milliseconds of work, and the whole file is checked. The file is small and sealed often, so that many
are killed while they seal, prune or write back. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import orjson

from ledgers import ROBOTS, Lost, visit
from stagedoor.evidence.entries import Limits
from stagedoor.evidence.verification import check
from stagedoor.record.ledger import recorder as ledgers
from stagedoor.record.ledger.database import Book
from stagedoor.record.ledger.recorder import Ledger

LIMITS = Limits(max_bytes=1 << 20, seal_every=200)


def write(state: Path, ready: int) -> None:
    """The child: never ends by itself."""
    ledgers.MOMENT, ledgers.BATCH = 0.001, 64
    ledger = Ledger(state, Lost(), limits=LIMITS)
    os.write(ready, b"!")
    signal_hash = ledger.publish("/robots.txt", "RFC 9309", ROBOTS, int(time.time() * 1000))
    number = 0
    while True:
        seen = visit(int(time.time() * 1000), f"/{number}")
        ledger.taking(seen, status=200, size=number, against=True, signals=(signal_hash,))
        number += 1
        if ledger.waiting > 500:
            time.sleep(0.001)


def last_run(book: Book, first: int) -> list[int]:
    """The numbers that the last writer wrote down."""
    numbers: list[int] = []
    for row in book.rows(first):
        if row.kind == "start":
            numbers = []
        elif row.kind == "taking":
            numbers.append(orjson.loads(row.body)["bytes"])
    return numbers


def worked(pid: int, seconds: float) -> None:
    """Wait until a process has had the processor for `seconds`: on a busy machine that takes longer."""
    tasks = Path(f"/proc/{pid}/task")
    if not tasks.exists():  # elsewhere than on Linux
        time.sleep(seconds)
        return

    def spent() -> int:
        return sum(int(t.read_text().split()[0]) for t in tasks.glob("*/schedstat"))

    begun, end = spent(), time.monotonic() + 5
    while spent() - begun < seconds * 1e9 and time.monotonic() < end:
        time.sleep(0.0005)


def main(state: Path, kills: int, seed: int) -> None:
    """Kill, check, repeat."""
    rnd = random.Random(seed)
    told = {"kills": 0, "written": 0, "pruned": 0, "unclean": 0, "most_in_file": 0}
    last = 0
    for number in range(kills):
        readable, writable = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                write(state, writable)
            finally:
                os._exit(70)
        os.close(writable)
        assert os.read(readable, 1) == b"!", "the child did not get as far as writing"
        os.close(readable)
        worked(child, rnd.uniform(0.0, 0.04))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        book = Book(state)
        with book.reading():
            found = check(book.stored())
            assert found.broken is None, f"after {number + 1} kills: {found.broken}"
            assert book.damage() == ""
            numbers = last_run(book, max(last, found.first))
        book.close()
        assert found.last > last, "it did not even say that it started"
        if numbers:
            assert numbers == list(range(numbers[0], numbers[-1] + 1)), "a gap"
        assert len(found.unclean) == found.kinds["start"] - (found.first == 1)
        last = found.last
        told["most_in_file"] = max(told["most_in_file"], sum(found.kinds.values()))
    told.update(
        kills=kills,
        written=found.last,
        pruned=found.prunings[-1]["total"] if found.prunings else 0,
        unclean=len(found.unclean),
    )
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
