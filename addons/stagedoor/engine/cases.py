"""The examples every rule carries, run against the whole rule set.

A case holds for a rule whatever the artist's stance is today: it is decided under the shipped
stance plus what the rule's own conditions ask of it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from stagedoor.config.stance import Stance
from stagedoor.engine.order import judge
from stagedoor.engine.sessions import Sessions
from stagedoor.identify.catalogue import Signature
from stagedoor.identify.licences import Held
from stagedoor.model.client_keys import listener
from stagedoor.model.errors import Location
from stagedoor.model.facts import Behaviour, Request, Verdict, as_header
from stagedoor.model.heard import SCOPES, TRIPPED
from stagedoor.model.sound import SoundKind, SoundSent
from stagedoor.resources.paths import normalise
from stagedoor.rules.policy import Policy
from stagedoor.rules.rule import Rule
from stagedoor.rules.written_case import Case

_BEGUN = 0.1
"""How much of a recording is sent that is only begun."""
_SEGMENT = 10.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that came out otherwise than it says."""

    at: Location
    message: str
    by: Location | None = None
    """The rule that decided, where it is another than the case's own."""

    def __str__(self) -> str:
        return f"{self.at}: {self.message}"


def run_cases(policy: Policy, only: Container[str] | None = None) -> tuple[int, list[Failure]]:
    """How many cases there are, and those that fail; `only` those of the rules with these ids."""
    count = 0
    failures: list[Failure] = []
    policies: dict[frozenset[tuple[str, str]], Policy] = {}  # most rules assume the same
    shipped = Stance().words().items()
    for rule in policy.rules:
        if not rule.cases or (only is not None and rule.id not in only):
            continue
        key = frozenset(rule.assumes.items() - shipped)
        assumed = policies.get(key) or policies.setdefault(key, policy.assuming(rule.assumes))
        for case, place in zip(rule.cases, rule.case_places, strict=True):
            count += 1
            failures.extend(_run(assumed, rule, case, place))
    return count, failures


def asked(case: Case) -> Request:
    """The request that a case describes."""
    return Request(
        method=case.method,
        host=case.host,
        path=normalise(case.get),
        target=case.get,
        agent=as_header(case.ua),
        headers=tuple((name, as_header(value)) for name, value in case.headers.items()),
        address=case.ip or "",
        credentials=case.credentials,
        passed=case.pass_,
        solved=case.solved,
    )


def heard(case: Case) -> Behaviour:
    """What is known of the client of a case: what is written, or what follows from its past."""
    after = case.after
    if after is None:
        return case.behaviour.facts()
    sessions, at = Sessions(1000), 1_000_000.0
    agent, address = as_header(case.ua), ip_address(case.ip or "198.51.100.7")
    clients = [listener(str(address + n), agent) for n in range(after.from_addresses)]
    begun = after.whole_recordings + after.begun_recordings
    for number in range(begun):
        share = 1.0 if number < after.whole_recordings else _BEGUN
        sent = _portion(f"/case/{number}.mp3", "recording", after.each * share, after.each)
        sessions.sent(clients[number % len(clients)], sent, at + after.within * number / begun)
    at += after.within
    for number in range(after.segments):
        offset, length = number * _SEGMENT, after.segments * _SEGMENT
        sent = _portion(
            "/case/long", "segment", _SEGMENT, length, offset, f"/case/long/{number}.ts"
        )
        sessions.sent(clients[number % len(clients)], sent, at)
    for number in range(after.episodes):
        sent = _portion(f"/case/episode/{number}.mp3", "episode", after.each, after.each)
        sessions.sent(clients[number % len(clients)], sent, at)
    for number in range(after.archives):
        sent = SoundSent(f"/case/{number}.zip", "archive", 0.0, 0, 100_000_000, first=True)
        sessions.sent(clients[number % len(clients)], sent, at)
    if after.tripped:
        sessions.tripped(clients[0], TRIPPED, at)
    return Behaviour(listening=sessions.heard(clients[0], SCOPES, at + after.later))


def _portion(
    track: str, kind: SoundKind, seconds: float, length: float, offset: float = 0.0, file: str = ""
) -> SoundSent:
    """A response that goes out at once, at 16,000 bytes a second of sound."""
    size = round((seconds if file else length) * 16_000)
    return SoundSent(
        track, kind, seconds, 0, round(seconds * 16_000), size, length, offset, file,
        first=True, last=True, complete=True,
    )  # fmt: skip


def _run(policy: Policy, rule: Rule, case: Case, place: Location) -> Iterable[Failure]:
    proof = case.proof
    judged = judge(
        policy,
        asked(case),
        case.type,
        held=Held(case.licence),
        form=case.form or "",
        prove=(lambda _claim: (proof, "assumed by the case")) if proof else None,
        assumed=frozenset(case.traits),
        behaviour=heard(case),
        # The client of a case has used up what this rule gives it, and nothing of another's.
        waits={rule.id: rule.rate.seconds} if rule.rate else {},
    )
    client, resource, verdict = judged.client, judged.resource, judged.verdict
    decided = verdict.would or verdict.action
    if decided != case.expect:
        by = next((other for other in policy.rules if other.id == verdict.rule), None)
        yield Failure(
            place,
            f"{rule.id}: {client.name} ({client.comes_for}) asking for {resource.kind} {case.get}\n"
            f"    - expected: {case.expect}\n"
            f"    + decided:  {_told(verdict, by)}",
            by.at if by is not None and by is not rule else None,
        )


def _told(verdict: Verdict, by: Rule | None) -> str:
    action = verdict.would or verdict.action
    if not verdict.rule:
        return f"{action}, no rule held"
    where = f", {by.at}" if by is not None else ""
    return f"{action} by rule {verdict.rule} ({verdict.title}{where})"


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
                f"    + taken for: {client.name} ({client.comes_for})",
            )
