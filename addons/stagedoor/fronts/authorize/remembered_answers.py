"""Answers of a moment ago: the same head from the same peer is answered by them, and recorded as one more."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

from stagedoor.fronts.authorize import lasting_verdicts
from stagedoor.fronts.authorize.asked_requests import Asked
from stagedoor.fronts.authorize.http_questions import encoded
from stagedoor.fronts.refusals import Answer
from stagedoor.fronts.service import Service
from stagedoor.rules.policy import Policy

MOST = 4096
"""Heads whose answer is good for a moment; some 25 MB."""


@dataclass(slots=True)
class _Remembered:
    """An answer that is good for the same head until `until`, while no sentence has begun."""

    answer: bytes
    until: float
    turn: int
    transaction: Asked


class RememberedAnswers:
    """One counter's; `service` decides, and records."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._known: OrderedDict[tuple[bytes, str], _Remembered] = OrderedDict()
        self._policy: Policy | None = None
        self._mode = ""

    def again(self, head: bytes, peer: str) -> bytes | None:
        """The answer to a head that this peer was answered a moment ago, recorded as one more request."""
        found = self._known.get((head, peer))
        if found is None:
            return None
        service = self._service
        if (
            found.until < time.monotonic()
            or found.turn != service.sound.turn
            or self._policy is not service.policy
            or self._mode != service.mode
        ):
            del self._known[head, peer]
            return None
        transaction = found.transaction
        transaction.at = time.time()
        service.record(transaction)
        return found.answer

    def keep(self, head: bytes, answer: Answer | bytes, kept: int, asked: Asked) -> None:
        """It was answered; for `kept` seconds at most that is good for the same head."""
        service = self._service
        if self._policy is not service.policy or self._mode != service.mode:
            self._known.clear()
            self._policy, self._mode = service.policy, service.mode
        if len(self._known) >= MOST:
            self._known.popitem(last=False)
        data = encoded(answer) if isinstance(answer, Answer) else answer
        until = time.monotonic() + min(kept, lasting_verdicts.LISTENING)
        self._known[head, asked.peer] = _Remembered(data, until, service.sound.turn, asked)
