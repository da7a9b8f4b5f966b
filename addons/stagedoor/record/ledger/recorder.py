"""The recorder of the ledger: what was published, who received it, what was taken all the same.

A thread of its own writes, in batches, so that a slow disk never holds up a request. Where the disk
takes nothing, the ledger waits for it with what it has; what does not fit into memory is counted,
and the count is the first entry when the disk is back. The site goes on in any case.

One guard at a time: a lock beside the file says who writes, and that nobody does after a kill.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stagedoor.evidence import entries
from stagedoor.evidence.entries import (
    About,
    Handing,
    Limits,
    Notice,
    Proved,
    Publication,
    Refusal,
    Taking,
    Use,
    Visit,
)  # fmt: skip
from stagedoor.model.errors import StagedoorError
from stagedoor.model.heard import Sweep
from stagedoor.record.ledger.database import Book
from stagedoor.record.ledger.disk_reports import UNREADABLE, DiskReports
from stagedoor.record.ledger.losses import Losses
from stagedoor.record.ledger.refusal_summaries import RefusalSummaries
from stagedoor.record.ledger.transactions import Writer
from stagedoor.record.ledger.writer_lock import WriterLock

MOMENT = 0.1
"""Seconds for which entries are gathered, see decisions.MOMENT."""
BATCH = 1_000
"""Entries in one transaction."""
MAX_WAITING = 10_000
"""Entries waiting for the disk, about 20 MB; more than that are not recorded, and counted."""
PATIENCE = 2.0
"""Seconds to wait at the end for a disk that hangs."""
RETRY, RETRY_AT_MOST = 0.5, 30.0
"""Seconds between attempts while the disk takes nothing; the pause doubles."""
UPKEEP = 3600.0
"""Seconds after which a silent ledger looks whether a day has passed."""
CHECKPOINT = 60.0
"""Seconds after which what was written stands in the file itself, where a copy finds it."""
SAVE = 5.0
"""Seconds after which refusals that are only counted stand in the file, too."""

_log = logging.getLogger("stagedoor.ledger")
_Waiting = About | tuple[Publication, bytes] | None


def _clock() -> int:
    return int(time.time() * 1000)


class Ledger:
    """Writes to `STATE/ledger.sqlite`. Every method returns at once and raises nothing.

    `failed` is called with the number of entries that will never be recorded; `program` names what
    is running, `site` is the site's address, `now` is the clock, in Unix milliseconds.
    """

    def __init__(
        self,
        state: Path,
        failed: Callable[[int], None],
        *,
        limits: Limits | None = None,
        program: str = "",
        site: str = "",
        now: Callable[[], int] = _clock,
    ) -> None:
        """Raises StagedoorError where the directory cannot be used or another guard uses it."""
        self._state, self._now = state, now
        self._limits, self._program, self._site = limits or Limits(), program, site
        self._lock = WriterLock(state)
        self._book: Book | None = None
        self._started = False
        self._in_force: dict[str, str] = {}
        self._reports = reports = DiskReports(state)
        self._losses = Losses(failed, lambda: reports.trouble, now)
        self._written = 0
        self._sealed_at: int | None = None
        self._due = True
        self._refusals = RefusalSummaries()
        self._checkpoint_at: float | None = None
        self._save_at = 0.0
        self._upkeep_at = time.monotonic() + UPKEEP
        self._running = False
        self._waiting: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._closing = threading.Event()
        try:
            self._attempt([])
        except StagedoorError:
            self._lock.release()
            raise
        self._running = True
        self._thread = threading.Thread(target=self._write, name="ledger", daemon=True)
        self._thread.start()

    def publish(self, where: str, standard: str, text: str | bytes | None, at: int) -> str:
        """`where` says `text` from `at` on (None: nothing any more); returns the text's SHA-256.

        Publishing the same again changes nothing, so it may be said at every start and reload.
        """
        raw = text.encode("utf-8", "replace") if isinstance(text, str) else text or b""
        of = "" if text is None else hashlib.sha256(raw).hexdigest()
        if self._in_force.get(where, "") != of:
            self._in_force[where] = of
            # Also where it is full: whatever refers to a text that is not there is worth nothing.
            self._waiting.put((Publication(at, where, standard, of), raw))
        return of

    def notice(self, visit: Visit, signals: tuple[str, ...], *, status: int = 200) -> None:
        """A client was handed these signals."""
        self._put(Notice(visit, signals, status))

    def taking(
        self,
        visit: Visit,
        *,
        status: int,
        size: int,
        rule: str = "",
        against: bool = False,
        signals: tuple[str, ...] = (),
        sweep: Sweep | None = None,
    ) -> None:
        """A client was handed `size` bytes; `against` the stance or not."""
        self._put(Taking(visit, status, size, rule, against, signals, sweep))

    def refusal(
        self, visit: Visit, *, status: int, rule: str, against: bool = False, whole: bool = True
    ) -> None:
        """A client was refused; of a flood only the count is kept, see refusal_summaries.py.

        `whole`: its full address is kept for a while.
        """
        one = Refusal(visit, status, rule, against, whole)
        if self._closing.is_set() or self._refusals.admits(one, self._now()):
            self._put(one)
        elif self._refusals.begun():
            self._waiting.put(None)  # the thread may sleep for an hour

    def handing(self, visit: Visit, what: str) -> None:
        """A client was handed a mark of this kind; its serial is the visit's."""
        self._put(Handing(visit, what))

    def use(self, visit: Visit, what: str, handed: Mapping[str, Any], *, near: bool) -> None:
        """A client asked for a link that a machine was handed."""
        self._put(Use(visit, what, handed, near))

    def proof(self, visit: Visit) -> None:
        """A client's claim was looked into: `visit.proof`, because of `visit.why`."""
        self._put(Proved(visit))

    @property
    def waiting(self) -> int:
        """Entries that wait for the disk."""
        return self._waiting.qsize()

    def measures(self) -> dict[str, Callable[[], float | None]]:
        """What a scrape may ask at any time, by the metric's name."""
        return {
            "stagedoor_ledger_entries_total": lambda: self._written,
            "stagedoor_ledger_waiting": lambda: self.waiting,
            "stagedoor_ledger_writable": lambda: (
                not self._reports.trouble and self._thread.is_alive()
            ),
            "stagedoor_ledger_summarised_total": lambda: self._refusals.counted,
            "stagedoor_ledger_removed_for_room_total": lambda: self._reports.made_room,
            "stagedoor_ledger_bytes": self._size,
            "stagedoor_ledger_sealed_timestamp_seconds": lambda: (
                None if self._sealed_at is None else self._sealed_at / 1000
            ),
        }

    def _size(self) -> int | None:
        try:
            return self._book.path.stat().st_size if self._book else None
        except OSError:
            return None

    def close(self) -> None:
        """Write what is waiting; a disk that hangs does not hold up the end for long."""
        self._closing.set()
        self._waiting.put(None)
        self._thread.join(timeout=PATIENCE)

    def _put(self, entry: About) -> None:
        if self.waiting >= MAX_WAITING:
            self._losses.lose(1, "more came in than could be written")
        elif self._closing.is_set():
            self._losses.lose(1, "the ledger was closed")
        else:
            self._waiting.put(entry)

    def _write(self) -> None:
        """The thread: sleeps until there is an entry, gathers for a moment, writes all of it."""
        ended = False
        while not ended:
            batch: list[_Waiting] = []
            with contextlib.suppress(queue.Empty):
                batch.append(self._waiting.get(timeout=self._pause()))
                if self.waiting < BATCH:
                    self._closing.wait(MOMENT)
                while len(batch) < BATCH:
                    batch.append(self._waiting.get_nowait())
            closing = self._closing.is_set()
            for summary in self._refusals.take(self._now(), end=closing):
                self._waiting.put(summary)
            ended = closing and self._waiting.empty()
            wanted = any(entry is not None for entry in batch) or ended or self._idle()
            if wanted and not self._persist(batch, end=ended):
                break
            self._checkpoint(now=ended)
        self._let_go()

    def _pause(self) -> float:
        """Seconds to sleep where nothing comes in."""
        now = time.monotonic()
        checkpoint = self._checkpoint_at
        return min(
            1.0 if self._losses.so_far().entries else UPKEEP,
            max(self._save_at - now, 0.01) if self._refusals.growing else UPKEEP,
            UPKEEP if checkpoint is None else max(checkpoint - now, 0.0),
            UPKEEP if (wait := self._refusals.wait(self._now())) is None else max(wait, 0.01),
        )

    def _idle(self) -> bool:
        """Whether a silent ledger has something to do: losses to write down, or a day to seal."""
        now = time.monotonic()
        return (
            bool(self._losses.so_far().entries)
            or now >= self._upkeep_at
            or (self._refusals.growing and now >= self._save_at)
        )

    def _checkpoint(self, *, now: bool = False) -> None:
        """Bring what was written into the file itself: with every seal, every minute, at the end."""
        due = self._checkpoint_at
        if self._book is None or due is None or not (now or time.monotonic() >= due):
            return
        self._checkpoint_at = None
        try:
            self._book.checkpoint()
        except sqlite3.Error as error:
            self._reports.failed(error)  # and again with the next entry

    def _persist(self, batch: Sequence[_Waiting], *, end: bool) -> bool:
        """Write `batch`, however long it takes; False where the guard's end came first."""
        pause = RETRY
        while not self._attempt(batch, end=end):
            if self._closing.is_set():
                self._losses.lose(
                    sum(entry is not None for entry in batch), "the disk took nothing"
                )
                return False
            self._closing.wait(pause)
            pause = min(pause * 2, RETRY_AT_MOST)
        self._upkeep_at = time.monotonic() + UPKEEP
        self._keep_up()
        return True

    def _attempt(self, batch: Sequence[_Waiting], *, end: bool = False) -> bool:
        """One transaction; whether it stands."""
        now = self._now()
        lost, since, why = self._losses.so_far()
        unreadable = 0
        counting = self._refusals.grown() if time.monotonic() >= self._save_at else []
        try:
            if self._book is None:
                self._book = Book(self._state, create=True)
            with self._book.writing(now, self._limits) as writer:
                before = writer.seq
                if not self._started:
                    writer.start(self._program, self._site)
                writer.seal_if_due()
                if lost:
                    writer.add("loss", entries.loss(now, since, lost, why))
                for entry in batch:
                    unreadable += not _enter(writer, entry)
                writer.count(counting)
                if end:
                    writer.add("end", entries.ended(now))
        except (sqlite3.Error, OSError, *UNREADABLE) as error:
            self._reports.failed(error)
            return False
        except StagedoorError as error:
            if not self._running:
                raise
            self._reports.failed(error)
            return False
        self._started = True
        self._written += writer.seq - before
        if counting:
            self._refusals.saved(counting)
            self._save_at = time.monotonic() + SAVE
        if (counting or writer.seq != before) and self._checkpoint_at is None:
            self._checkpoint_at = time.monotonic() + CHECKPOINT
        self._losses.entered(lost, now)
        if unreadable:
            self._losses.lose(unreadable, "they cannot be written as JSON")
        self._reports.fixed(lost)
        self._sealed(writer)
        return True

    def _sealed(self, writer: Writer) -> None:
        for seq, of in writer.sealed:
            self._due, self._sealed_at = True, self._now()
            _log.info("Ledger sealed at entry %d: %s", seq, of.hex())

    def _keep_up(self) -> None:
        """Let grow old what is old, and take away what is too much, where a seal was set since."""
        if not self._due or self._book is None:
            return
        self._due = False
        try:
            with self._book.writing(self._now(), self._limits) as writer:
                before = writer.seq
                aged, pruned, gone = writer.age(), writer.prune(), writer.make_room()
            self._written += writer.seq - before
            if aged or pruned or gone:
                self._book.forget()
            self._checkpoint_at = time.monotonic()  # with every seal
        except (sqlite3.Error, OSError, *UNREADABLE) as error:
            self._reports.failed(error)  # and again with the next seal
            return
        if pruned:
            _log.info("Ledger: %s entries were too old, and went.", f"{pruned:,}")
        if gone:
            self._reports.thinned(gone, self._limits.max_bytes)

    def _let_go(self) -> None:
        left = 0
        with contextlib.suppress(queue.Empty):
            while True:
                left += self._waiting.get_nowait() is not None
        if left:
            self._losses.lose(left, "the disk took nothing")
        if self._book is not None:
            with contextlib.suppress(sqlite3.Error):
                self._book.close()
        self._lock.release()


def _enter(writer: Writer, entry: _Waiting) -> bool:
    """Write one entry; False where it cannot be written at all."""
    try:
        if isinstance(entry, tuple):
            writer.publish(*entry)
        elif entry is not None:
            writer.about(entry)
    except (TypeError, ValueError):  # a number that is no integer of 64 bits, say
        return False
    return True
