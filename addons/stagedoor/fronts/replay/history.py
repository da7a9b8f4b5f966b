"""What clients had done before, at the time of each request: for rules with rates or behaviour."""

from __future__ import annotations

from collections.abc import Sequence

from stagedoor.model.facts import Client, Rate, Request, Resource, Verdict
from stagedoor.rules.plan import NOBODY_REMEMBERS, Wait, never_too_fast
from stagedoor.rules.policy import Policy
from stagedoor.store.memory import HOUR, Memory

CLIENTS = 50_000
"""As many as the guard remembers (`guard_clients`)."""


class Past:
    """A memory for each policy that asks for one.

    Servers write a line when a request has been answered, so times jump back a little: then the
    clock stands still. Where they jump back by more than an hour, an older log begins, and with it
    a new memory.
    """

    def __init__(self, policies: Sequence[Policy]) -> None:
        self.policies = tuple(policies)
        self.needed = any(policy.counts for policy in policies)
        self._memories = self._new()
        self._now = float("-inf")

    def decide(
        self,
        request: Request,
        clients: Sequence[Client],
        resources: Sequence[Resource],
        at: float,
        taken: int,
    ) -> tuple[Verdict, ...]:
        """Each policy's verdict on a request of the time `at`. `taken` are the bytes that it was
        served; they count for those who would have let it in.
        """
        if at < self._now - HOUR:
            self._memories = self._new()
            self._now = at
        self._now = max(self._now, at)
        return tuple(
            self._one(policy, memory, request, client, resource, taken)
            for policy, memory, client, resource in zip(
                self.policies, self._memories, clients, resources, strict=True
            )
        )

    def _new(self) -> tuple[Memory | None, ...]:
        return tuple(Memory(CLIENTS) if policy.counts else None for policy in self.policies)

    def _one(
        self,
        policy: Policy,
        memory: Memory | None,
        request: Request,
        client: Client,
        resource: Resource,
        taken: int,
    ) -> Verdict:
        behaviour = NOBODY_REMEMBERS
        wait: Wait = never_too_fast
        if memory is not None:
            recording = request.path if resource.guarded else ""
            behaviour = memory.seen(request.address, self._now, recording)
            wait = _waiting(memory, request.address, self._now)
        verdict = policy.decide(request, client, resource, behaviour, wait)
        if memory is not None and resource.guarded and not verdict.refused:
            memory.took(request.address, taken, self._now)
        return verdict


def _waiting(memory: Memory, address: str, at: float) -> Wait:
    def wait(rule: str, rate: Rate) -> float:
        return memory.wait(address, rule, rate, at)

    return wait
