"""A request that a front asks about: a transaction, and what this front keeps beside it."""

from __future__ import annotations

from stagedoor.engine.transaction import Transaction
from stagedoor.fronts.request_ids import new_id
from stagedoor.model.events import Decided


class Asked(Transaction):
    """A request that a front asks about. `peer` is that front's address. `by_path`: the question has
    the request's own method and path. `brief`: the front wants a short yes.
    """

    peer = ""
    by_path = False
    brief = False
    kept = -1
    """Seconds for which its verdict is good, where an earlier one that was just like it has shown that."""

    def name(self) -> str:
        """A short name for any request that is worth one, made when it is first asked for."""
        if not self.id and self.verdict.logged:
            self.id = new_id()
        return self.id

    def event(self) -> Decided:
        """What is reported to those who record decisions."""
        self.name()
        return Transaction.event(self)
