"""The examples every rule carries, run against the whole rule set.

A case holds for a rule whatever the artist's stance is today: it is decided under the shipped
stance plus what the rule's own conditions ask of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stagedoor.audio.paths import normalise
from stagedoor.errors import Location
from stagedoor.facts import Request, Verdict, as_header
from stagedoor.identify.catalogue import Signature
from stagedoor.rules.model import Case, Rule
from stagedoor.rules.policy import Policy


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that came out otherwise than it says."""

    at: Location
    message: str

    def __str__(self) -> str:
        return f"{self.at}: {self.message}"


def run_cases(policy: Policy) -> tuple[int, list[Failure]]:
    """How many cases there are, and those that fail."""
    count = 0
    failures: list[Failure] = []
    for rule in policy.rules:
        assumed = policy.assuming(rule.assumes) if rule.cases else policy
        for case, place in zip(rule.cases, rule.case_places, strict=True):
            count += 1
            failures.extend(_run(assumed, rule, case, place))
    return count, failures


def _run(policy: Policy, rule: Rule, case: Case, place: Location) -> Iterable[Failure]:
    request = Request(
        method=case.method,
        host=case.host,
        path=normalise(case.get),
        target=case.get,
        agent=as_header(case.ua),
    )
    proof = case.proof
    client, resource, verdict = policy.judge(
        request,
        case.type,
        prove=(lambda _claim: (proof, "assumed by the case")) if proof else None,
        assumed=frozenset(case.traits),
    )
    if verdict.action != case.expect:
        yield Failure(
            place,
            f"{rule.id}: {client.name} ({client.purpose}) asking for {resource.kind} {case.get}\n"
            f"    - expected: {case.expect}\n"
            f"    + decided:  {_told(verdict)}",
        )


def _told(verdict: Verdict) -> str:
    by = f" by rule {verdict.rule} ({verdict.title})" if verdict.rule else ", no rule held"
    return verdict.action + by


def run_examples(policy: Policy) -> tuple[int, list[Failure]]:
    """How many user agents the catalogue's entries name, and those not taken for their entry."""
    count = 0
    failures: list[Failure] = []
    for signature in policy.catalogue.signatures:
        count += len(signature.examples.match) + len(signature.examples.differ)
        failures.extend(_examples(policy, signature, signature.examples.match, same=True))
        failures.extend(_examples(policy, signature, signature.examples.differ, same=False))
    return count, failures


def _examples(
    policy: Policy, signature: Signature, agents: Sequence[str], *, same: bool
) -> Iterable[Failure]:
    for agent in agents:
        client = policy.identify(as_header(agent))
        if (client.name == signature.name) is not same:
            yield Failure(
                signature.at,
                f"{signature.name}: {agent}\n"
                f"    - expected: {'' if same else 'anything but '}{signature.name}\n"
                f"    + taken for: {client.name} ({client.purpose})",
            )
