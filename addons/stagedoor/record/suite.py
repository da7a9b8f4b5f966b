"""The recorders of one guard, put together. Adding one is a file, and a line here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from stagedoor.model.events import Event, Failed, Unrecorded
from stagedoor.record import backfill
from stagedoor.record.collectors import Source
from stagedoor.record.daily import Day
from stagedoor.record.day_totals import DayTotals
from stagedoor.record.decision_log import Decisions
from stagedoor.record.download_counts import Downloads
from stagedoor.record.ledger.database import FILE
from stagedoor.record.ledger.handings import HandingIndex
from stagedoor.record.ledger.recorder import Ledger
from stagedoor.record.ledger.subscriber import LedgerRecorder
from stagedoor.record.metrics import Metrics
from stagedoor.record.recorders import Recorder, Recorders
from stagedoor.record.terminal import Terminal


class Suite:
    """What is counted and what the desk shows is there from the beginning; files are opened by
    open(), when the guard runs.
    """

    def __init__(self, site: str = "") -> None:
        """`site` is the name of one of several."""
        self.site = site
        self.metrics = Metrics(of_a_site=bool(site))
        self.day = Day()
        self.elsewhere: Callable[[str], float] = lambda _name: 0.0
        """What other workers of the same guard say about a late metric of a front's."""
        self._hub = Recorders()
        self._decisions: Decisions | None = None
        self.handings: HandingIndex | None = None
        """Where the ledger is asked who was handed a mark."""
        self._hub.add(self.metrics)
        self._hub.add(self.day)
        self.metrics.watch("stagedoor_listeners_today", lambda: self.day.counts()[0])
        self.metrics.watch("stagedoor_takers_today", lambda: self.day.counts()[1])

    def add(self, recorder: Recorder) -> None:
        """Let another recorder know of everything from now on."""
        self._hub.add(recorder)

    def watch(self, name: str, source: Source) -> None:
        """Ask `source` for a late metric at every scrape."""

        def everywhere() -> float | None:
            value = source()
            return None if value is None else value + self.elsewhere(name)

        self.metrics.watch(name, everywhere)

    def reopen(self) -> None:
        """Write to new files from now on, as logrotate asks."""
        if self._decisions is not None:
            self._decisions.reopen()

    def emit(self, event: Event) -> None:
        """Something has happened."""
        self._hub.emit(event)

    def open(self, state: Path | None, *, ledger: bool, program: str, site: str = "") -> None:
        """Write into the state directory, where there is one. StagedoorError where that fails."""
        self._hub.add(Terminal(self.site))
        if state is None:
            return
        if ledger:
            book = Ledger(
                state, lambda count: self.emit(Unrecorded(count)), program=program, site=site
            )
            self._hub.add(LedgerRecorder(book))
            self.handings = HandingIndex(state / FILE)
            for name, source in book.measures().items():
                self.metrics.watch(name, source)
        self.day.keep(DayTotals(state))
        self._hub.add(Downloads(state))
        self._decisions = Decisions(state, lambda: self.emit(Failed("decision-log", "unrecorded")))
        self._hub.add(self._decisions)

    def fill(self, state: Path) -> None:
        """Add what the ledger knows of today to the desk, in a thread of its own."""
        threading.Thread(target=backfill.fill, args=(self.day, state), daemon=True).start()

    def close(self) -> None:
        """Write what is still to be written."""
        self._hub.close()
        if self.handings is not None:
            self.handings.close()
        self.metrics.close()
