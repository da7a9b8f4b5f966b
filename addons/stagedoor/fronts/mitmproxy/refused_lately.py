"""Clients that are refused again and again: decided and recorded as any other, answered for less.

Two thirds of a refusal's time is spent around its decision: reading the head, mitmproxy's flow, writing
the answer. Where a request differs from one that was refused in nothing but its target, the facts of
that one are taken, only the decision is made anew, and where it is the same, the same answer goes out
with a new name on it. Where it is not, the request goes on as it was decided. So nobody is refused
for what he was before, and a listener behind the same address is another client.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable
from dataclasses import dataclass, replace

from stagedoor.fronts.mitmproxy.flow_exchange import Exchanges
from stagedoor.fronts.mitmproxy.passage import Passage
from stagedoor.model.events import Spent
from stagedoor.resources.paths import normalise
from stagedoor.resources.targets import fault

MOST, MOST_HEADER = 4096, 2048
"""Clients that are remembered; bytes of header lines of such a client."""
_ALWAYS_WHOLE = ("authorization", "signature", "signature-input")

Key = tuple[str, bytes, bytes]
"""Address of the connection, method, header lines: byte by byte."""


Begun = tuple[Passage, float, Awaitable[None] | None]
"""A request that is decided, when that began (perf_counter()), and what it has to wait for."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The whole HTTP/1 answer, and whether the connection ends with it."""

    answer: bytes
    close: bool


class RefusedLately:
    """Of one guard. What was refused by one site is looked at by that site alone: its Host is in the key."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, tuple[Passage, Answered, Exchanges]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def clear(self) -> None:
        """Names belong to other sites now."""
        self._known.clear()

    def learn(
        self, key: Key, passage: Passage | None, of: Exchanges, answer: bytes, *, close: bool
    ) -> None:
        """The guard, for the site of these exchanges, has answered a request itself in the whole way."""
        if passage is None or not _is_plain(passage) or len(key[2]) > MOST_HEADER:
            self.forget(key)
            return
        self._known[key] = (passage, Answered(answer, close), of)
        self._known.move_to_end(key)
        while len(self._known) > MOST:
            self._known.popitem(last=False)

    def forget(self, key: Key) -> None:
        """It was let in."""
        self._known.pop(key, None)

    def take(self, key: Key, raw_target: bytes) -> Answered | Begun | None:
        """Decide about a request of a client that was refused last; None where nobody knows it.

        What is answered is recorded, too.
        """
        known = self._known.get(key)
        if known is None:
            return None
        last, answered, of = known
        began = time.perf_counter()
        target, service = raw_target.decode("latin-1"), of.service
        if service.policy is not last.policy or service.mode != last.mode or "/rest/" in target:
            return None
        if service.marks.on:  # a mark is taken off the target first
            return None
        if fault(target, last.request.method) is not None:
            return None
        request = replace(last.request, target=target, path=normalise(target))
        passage = Passage(last.policy, request, last.arrival, last.mode)
        passage.at = time.time()
        later = service.decide(passage)
        if later is not None or not _same(passage, last):
            return passage, began, later
        passage.seconds = time.perf_counter() - began
        passage.recorded, passage.answered_with = True, last.answered_with
        service.line.ended(passage)
        service.record(passage)
        of.delivery.kept_back(passage)
        old, new = last.name(), passage.name()
        answer = answered.answer.replace(old.encode(), new.encode()) if old else answered.answer
        service.emit(Spent(time.perf_counter() - began))
        return Answered(answer, answered.close)


def _is_plain(passage: Passage) -> bool:
    request = passage.request
    return (
        passage.verdict.refused
        and not passage.pending
        and request.credentials == "none"
        and request.passed == "unneeded"
        and not any(request.header(name) for name in _ALWAYS_WHOLE)
    )


def _same(one: Passage, other: Passage) -> bool:
    """Whether both are refused with the same words."""
    return (
        one.verdict == other.verdict
        and one.client == other.client
        and one.resource.kind == other.resource.kind
        and one.resource.form == other.resource.form
        and one.crawler == other.crawler
    )
