"""Where events go: one small file a sink, and a failing sink never fails a request.

measures.py    the table of all metrics: names, labels, what they tell
metrics.py     counters for Prometheus, made from that table; families.py helps
listening.py   how much sound each visitor takes in an hour
decisions.py   one JSON line a decision worth reading, in the state directory
ledger.py      what was published, told and taken: the evidence, in SQLite
book.py        the ledger's file; pen.py writes it
verifier.py    checks an export of the ledger, alone: a copy goes into every export
terminal.py    one line a refusal for whoever looks at the terminal
"""

from __future__ import annotations

from typing import Protocol

from stagedoor.model.facts import Event


class Sink(Protocol):
    """Somebody who wants to know what was decided."""

    def record(self, event: Event) -> None:
        """Take note of `event`. Must return at once; may raise, which is counted and forgiven."""

    def close(self) -> None:
        """Write what is still to be written."""
