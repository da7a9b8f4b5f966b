"""Events → the ledger: what is evidence is written down. Nothing is kept about people who listen."""

from __future__ import annotations

from dataclasses import replace

from stagedoor.evidence.entries import Visit
from stagedoor.model.events import (
    Decided,
    Handout,
    MarkHanded,
    MarkUsed,
    Noticed,
    Proved,
    Published,
    Took,
)
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
            MarkHanded: self._handed,
            MarkUsed: self._used,
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

    def _handed(self, event: MarkHanded) -> None:
        self.ledger.handing(_someone(event.decided, event.handout.serial), event.handout.kind)

    def _used(self, event: MarkUsed) -> None:
        visit = _someone(event.decided, event.serial)
        self.ledger.use(visit, event.kind, _public(event.handout), near=event.near)


def _someone(event: Decided, mark: str) -> Visit:
    """The visit; of a person's only the network is kept, and the name of the program."""
    visit = replace(_visit(event), mark=mark)
    return replace(visit, agent="", why="") if event.client.purpose in PEOPLE else visit


def _public(handout: Handout | None) -> dict[str, str | int]:
    if handout is None:
        return {}
    return {
        "at": int(handout.at * 1000), "client": handout.client, "operator": handout.operator,
        "proof": handout.proof, "path": handout.path,
    }  # fmt: skip


def _visit(event: Decided) -> Visit:
    return Visit.of(event, event.id)
