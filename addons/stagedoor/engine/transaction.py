"""One request on its way: everything that is known of it, from its head to its last byte."""

from __future__ import annotations

from collections.abc import Mapping

from stagedoor.engine.compliance import Violation
from stagedoor.engine.needs import NO_WAITS
from stagedoor.engine.under_way import Way
from stagedoor.identify.licences import NO_LICENCE, Held
from stagedoor.marks.mark import Mark
from stagedoor.model.client_keys import listener
from stagedoor.model.events import Decided
from stagedoor.model.facts import (
    UNKNOWN,
    Arrival,
    Behaviour,
    Client,
    Mode,
    Request,
    Resource,
    Verdict,
)
from stagedoor.model.heard import Listener, Sweep
from stagedoor.rules.plan import ALLOW, NO_STEPS, NOBODY_REMEMBERS, Steps
from stagedoor.rules.policy import Policy


class Transaction:
    """Filled in by `engine.order`, step by step.

    `policy` is the one that let the request in: a reload in between changes nothing half-way.
    `arrival` is None where nothing is known of the request but a line in a log. The rest has its
    default on the class until it changes, which a request does to few of them.
    """

    signer = ""
    """Who has provably signed it, see `identify.origins`."""
    held: Held = NO_LICENCE
    """What the licence that it shows is worth."""
    assumed: frozenset[str] = frozenset()
    """Traits it has besides those that are found (for cases)."""
    at = 0.0
    """Unix time."""
    household = ""
    """The store's key of the client's address."""
    recording = ""
    """The recording that it asks for, as it is counted: of a segment, its track. Empty: its path."""
    marks: tuple[Mark, ...] = ()
    """The marks in its address, in their order."""
    written: tuple[str, ...] = ()
    """Those marks as they were written."""
    worn: Mark | None = None
    """The pass in its cookie."""
    mark = ""
    """The serial of the mark that it came by; of several the one that lets it in."""
    passed = ""
    """The serial of the pass that it is counted by, see `model.heard.Listener`."""
    crawler = ""
    """The store's key of the crawler, empty for people."""
    client: Client = UNKNOWN
    resource: Resource = Resource("other", "")
    steps: Steps = NO_STEPS
    behaviour: Behaviour = NOBODY_REMEMBERS
    counted = False
    """Whether `behaviour` holds what the store knows of the client."""
    listened = False
    """Whether `behaviour` holds what was sent to the client."""
    waits: Mapping[str, float] = NO_WAITS
    used: tuple[str, ...] = ()
    """The rules whose rates this request has used up."""
    violations: tuple[Violation, ...] = ()
    verdict: Verdict = ALLOW
    on_air = False
    """A live stream of its is open."""
    place: tuple[int, int, int] | None = None
    """The how manieth recording its household, network and agent began with it; None before that."""
    way: Way | None = None
    """What its response is expected to send, from when it was let in to its end."""
    waited_for = 0.0
    """Seconds for which it stood in line until it was let in."""
    own = 0.0
    """Seconds of sound that its response has sent."""
    interrupted = False
    """Its response was stopped while it ran, by `verdict`."""
    turn = 0
    """How many sentences had begun when it was decided, of anybody."""
    sweep: Sweep | None = None
    """What its client was sent, where that is far more than anybody listens to."""
    answered_with = 0
    """The status of the guard's own answer."""
    seconds = 0.0
    """What the decisions cost."""
    id = ""
    """The short name of this request, where it is worth one."""

    def __init__(
        self,
        policy: Policy,
        request: Request,
        arrival: Arrival | None = None,
        mode: Mode = "enforce",
    ) -> None:
        self.policy, self.request = policy, request
        self.arrival, self.mode = arrival, mode

    @property
    def listener(self) -> Listener:
        """Whom it is counted for, what it is sent of recordings."""
        request = self.request
        found = listener(request.address, request.agent)
        return found._replace(passed=self.passed) if self.passed else found

    @property
    def against(self) -> bool:
        """Whether it asks for what this crawler had received notice against."""
        return bool(self.violations)

    def event(self) -> Decided:
        """What is reported to those who record decisions."""
        arrival = self.arrival
        return Decided(
            at=self.at,
            request=self.request,
            client=self.client,
            resource=self.resource,
            verdict=self.verdict,
            seconds=self.seconds,
            id=self.id,
            against=self.against,
            sweep=self.sweep,
            answered=self.answered_with,
            mark=self.mark,
            direct=arrival is not None and not arrival.proxied and not arrival.between,
        )
