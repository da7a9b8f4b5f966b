"""Events → the ledger: what is evidence is written down. Nothing is kept about people who listen."""

from __future__ import annotations

from stagedoor.evidence.entries import Visit
from stagedoor.model.events import Decided, Noticed, Proved, Published, Took
from stagedoor.model.facts import PEOPLE
from stagedoor.record.ledger.recorder import Ledger
from stagedoor.record.recorders import Handlers


class LedgerRecorder:
    """Writes one guard's ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def handlers(self) -> Handlers:
        """Publications, proofs, refusals, notices and takings."""
        return {
            Published: self._published,
            Proved: self._proved,
            Decided: self._decided,
            Noticed: self._noticed,
            Took: self._took,
        }

    def close(self) -> None:
        """Write what is waiting."""
        self.ledger.close()

    def _published(self, event: Published) -> None:
        self.ledger.publish(event.where, event.standard, event.text, event.at)

    def _proved(self, event: Proved) -> None:
        if event.new:
            self.ledger.proof(_visit(event.decided))

    def _decided(self, event: Decided) -> None:
        if event.verdict.refused:
            verdict = event.verdict
            self.ledger.refusal(
                _visit(event),
                status=event.status,
                rule=verdict.rule,
                against=event.against,
                # Who only took too much may still be a person: the network is enough.
                whole=event.sweep is None or event.client.purpose not in PEOPLE,
            )

    def _noticed(self, event: Noticed) -> None:
        self.ledger.notice(_visit(event.decided), (event.digest,), status=event.status)

    def _took(self, event: Took) -> None:
        self.ledger.taking(
            _visit(event.decided),
            status=event.status,
            size=event.size,
            rule=event.decided.verdict.rule,
            against=event.against,
            signals=(event.digest,) if event.digest else (),
            sweep=event.decided.sweep,
        )


def _visit(event: Decided) -> Visit:
    return Visit.of(event, event.id)
