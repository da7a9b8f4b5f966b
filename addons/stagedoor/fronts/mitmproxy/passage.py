"""One request on its way through the door."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from stagedoor.fronts.request_ids import new_id
from stagedoor.model.facts import Behaviour, Client, Event, Request, Resource, Verdict
from stagedoor.rules.plan import NOBODY_REMEMBERS
from stagedoor.rules.policy import Policy
from stagedoor.store.turn import Turn


@dataclass(slots=True)
class Passage:
    """Decided, and perhaps not yet recorded.

    It is recorded once, when its verdict is final: a response's type can still change it. `policy`
    is the one that let it in: a reload in between changes no request half-way. `seconds` is what
    the decision cost, `status` and `size` (bytes) what has gone out.
    """

    policy: Policy
    request: Request
    client: Client
    resource: Resource
    verdict: Verdict
    seconds: float
    turn: Turn | None = None
    behaviour: Behaviour = NOBODY_REMEMBERS
    against: bool = False
    """It asks for what it had been told is forbidden."""
    began: float = field(default_factory=time.time)
    recorded: bool = False
    looked_at: bool = False
    """The head of its response has been read."""
    waited: bool = False
    ended: bool = False
    status: int = 0
    size: int = 0
    id: str = ""
    added: float = 0.0
    """Seconds that the guard has spent on it so far."""
    sent: float = 0.0
    """When it was passed on to the site, by time.perf_counter(); 0 where it was not."""
    ending: Callable[[], None] | None = None
    """What to do when its stream has ended."""

    def name(self) -> str:
        """A short name for whatever is worth one, made when it is first asked for."""
        if not self.id and self.verdict.action != "allow":
            self.id = new_id()
        return self.id

    def event(self) -> Event:
        """What is told to those who record it."""
        return Event(
            at=self.began,
            request=self.request,
            client=self.client,
            resource=self.resource,
            verdict=self.verdict,
            seconds=self.seconds,
            id=self.name(),
            against=self.against,
        )


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
