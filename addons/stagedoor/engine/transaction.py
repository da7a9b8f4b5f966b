"""One request on its way: everything that is known of it, from its head to its last byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stagedoor.engine.compliance import Violation
from stagedoor.engine.needs import Effects
from stagedoor.model.facts import (
    UNKNOWN,
    Arrival,
    Behaviour,
    Client,
    Event,
    Mode,
    Request,
    Resource,
    Verdict,
)
from stagedoor.rules.plan import ALLOW, NO_STEPS, NOBODY_REMEMBERS, Steps
from stagedoor.rules.policy import Policy

_UNCLASSIFIED = Resource("other", "")


@dataclass(slots=True, kw_only=True)
class Transaction:
    """Filled in by `engine.order`, step by step.

    `policy` is the one that let the request in: a reload in between changes nothing half-way.
    `arrival` is None where nothing is known of the request but a line in a log. `signer` is the
    origin that has provably signed it. `assumed` are traits it has besides those that are found
    (for cases). `at` is Unix time, `seconds` what the decisions cost.
    """

    policy: Policy
    request: Request
    arrival: Arrival | None = None
    signer: str = ""
    mode: Mode = "enforce"
    assumed: frozenset[str] = frozenset()
    at: float = 0.0

    household: str = ""
    """The store's key of the client's address."""
    crawler: str = ""
    """The store's key of the crawler, empty for people."""
    client: Client = UNKNOWN
    resource: Resource = _UNCLASSIFIED
    steps: Steps = NO_STEPS
    behaviour: Behaviour = NOBODY_REMEMBERS
    counted: bool = False
    """Whether `behaviour` holds what the store knows of the client."""
    waits: Mapping[str, float] = field(default_factory=dict)
    used: tuple[str, ...] = ()
    """The rules whose rates this request has used up."""
    violations: tuple[Violation, ...] = ()
    verdict: Verdict = ALLOW
    seconds: float = 0.0
    id: str = ""
    """The short name of this request, where it is worth one."""

    @property
    def against(self) -> bool:
        """Whether it asks for what this crawler had received notice against."""
        return bool(self.violations)

    def event(self) -> Event:
        """What is reported to those who record decisions."""
        return Event(
            at=self.at,
            request=self.request,
            client=self.client,
            resource=self.resource,
            verdict=self.verdict,
            seconds=self.seconds,
            id=self.id,
            against=self.against,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """One verdict, and what it leaves to be remembered."""

    verdict: Verdict
    effects: Effects
