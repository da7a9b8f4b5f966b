"""One request on its way through mitmproxy: a transaction, and what this front keeps beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from stagedoor.engine.transaction import Transaction
from stagedoor.fronts.refusals import Answer
from stagedoor.fronts.request_ids import new_id
from stagedoor.model.events import Decided
from stagedoor.model.facts import Resource

PASSAGE = "stagedoor"
"""Where a flow's passage is kept, in its metadata."""
EARLY = "stagedoor.early"
"""What was decided about a flow before its first hook: a DecidedEarly, in its metadata."""


class Passage(Transaction):
    """Decided, and perhaps not yet recorded.

    It is recorded once, when its verdict is final: a response's type can still change it.
    """

    ours: Answer | None = None
    """The answer to a request for an address of the guard's own, about which nothing is decided."""
    recorded = False
    shown: Resource | None = None
    """What the first bytes of the response have shown it to be, not decided about yet."""
    looked_at = False
    """The head of its response has been read."""
    start: bytes | None = None
    """The first bytes of the response, where its head waited for them."""
    forwarded = False
    """Its headers are already as the site gets them."""
    pending = False
    """The site refuses others here; whether its login is right, the site's answer shows."""
    waited = False
    ended = False
    status = 0
    """What has gone out, and how many bytes."""
    size = 0
    added = 0.0
    """Seconds that the guard has spent on it so far."""
    passed_on = 0.0
    """When it went to the site, by time.perf_counter(); 0 where it did not."""
    ending: Callable[[], None] | None = None
    """What to do when its stream has ended."""

    def name(self) -> str:
        """A short name for any request that is worth one, made when it is first asked for."""
        if not self.id and self.verdict.logged:
            self.id = new_id()
        return self.id

    def event(self) -> Decided:
        """What is reported to those who record decisions."""
        self.name()
        return Transaction.event(self)


DecidedEarly = tuple[Passage, float, Awaitable[None] | None]
"""A passage, when that began, and what it has to wait for."""
Stream = bool | Callable[[bytes], Iterable[bytes] | bytes]


def weighing(stream: Stream, passage: Passage) -> Callable[[bytes], Iterable[bytes] | bytes]:
    """`stream` as it is, and what goes out of it counted."""
    through = stream if callable(stream) else None

    def passed(chunk: bytes) -> Iterable[bytes] | bytes:
        out = through(chunk) if through is not None else chunk
        if isinstance(out, bytes):
            passage.size += len(out)
        else:
            out = list(out)
            passage.size += sum(map(len, out))
        return out

    return passed
