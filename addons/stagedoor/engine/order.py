"""The one order of a request: recognise, classify, gather, decide, record.

    enter()     who claims to ask, and what for
    needs()     what the rules that can still hold ask of the outside      (a front gathers it)
    decide()    the verdict, and what it leaves to be remembered
    answered()  the response's type is known: is there a need to decide again?

Every front goes this way: mitmproxy, `explain`, `decide`, replay, the cases of rules. Nothing here
has an effect or waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from stagedoor.engine import compliance
from stagedoor.engine.needs import (
    NO_EFFECTS,
    NO_FACTS,
    NO_NEEDS,
    NO_WAITS,
    NOTHING_KNOWN,
    Effects,
    Facts,
    Known,
    Needs,
)
from stagedoor.engine.transaction import Transaction
from stagedoor.identify.catalogue import Signature
from stagedoor.identify.licences import NO_LICENCE, Held
from stagedoor.identify.traits import traits
from stagedoor.model.actions import LICENSING, REFUSING
from stagedoor.model.facts import (
    Arrival,
    Behaviour,
    Client,
    Form,
    LicenceStanding,
    Mode,
    Proof,
    Request,
    Resource,
    Verdict,
)
from stagedoor.model.heard import NO_LISTENING, TRIPPED
from stagedoor.resources.kinds import reclassify
from stagedoor.resources.track_keys import track_key
from stagedoor.rules.plan import NOBODY_REMEMBERS
from stagedoor.rules.policy import Policy, observed
from stagedoor.rules.trap import trips
from stagedoor.signals.meaning import USES_OF, Answer, Use

NOTHING_ARRIVED = Arrival()
LICENCE_STATUS: Mapping[LicenceStanding, int] = {
    "none": 402, "unknown": 401, "expired": 401, "revoked": 401, "unsigned": 401,
    "asked": 503, "other-path": 403, "other-use": 403, "valid": 403,
}  # fmt: skip
"""The status of an answer that asks for a licence (RSL 1.0, crawler authorisation)."""


def enter(transaction: Transaction) -> None:
    """Who claims to ask, and what is asked for: from the request alone."""
    policy, request = transaction.policy, transaction.request
    client = policy.claim(request.agent, transaction.signer)
    held = transaction.held
    if held is not NO_LICENCE:
        licence_id = held.licence.id if held.licence is not None else ""
        client = replace(client, licence=held.standing, licence_id=licence_id)
    transaction.client = client
    transaction.resource = policy.classify(request.path, request.target or None)


def needs(transaction: Transaction) -> Needs:
    """What the rules that can still hold ask for, and the claim that can be proven."""
    policy, client = transaction.policy, transaction.client
    steps = transaction.steps = policy.plan.steps(transaction.request, client, transaction.resource)
    claim = policy.provable.get(client.name)
    listens = steps.listening or steps.sentences
    if claim is None and not steps.behaviour and not steps.rates and not listens:
        return NO_NEEDS
    return Needs(claim, steps.behaviour, steps.rates, steps.listening, steps.sentences)


def decide(transaction: Transaction, facts: Facts = NO_FACTS) -> Effects:
    """The verdict on the request, from what was gathered after needs(); it stands in the
    transaction. Returned is what it leaves to be remembered.
    """
    client = transaction.client
    if facts.proof is not None:
        client = client.proven(*facts.proof)
    arrival = transaction.arrival
    if arrival is not None:
        found = transaction.assumed | traits(
            transaction.request,
            client,
            arrival.ja4,
            arrival.plaintext,
            families=transaction.policy.families,
            proxied=arrival.proxied,
        )
        if found:
            client = replace(client, traits=found)
    if client is not transaction.client:
        transaction.client = client
    known = facts.known
    if known is not NOTHING_KNOWN:
        transaction.behaviour, transaction.waits = known.behaviour, known.waits
        # What a licence allows is not held against those who have it.
        if known.received is not None and client.licence != "valid":
            _hold_against(transaction, known, facts)
    return _rule(transaction, first=True)


def decide_again(transaction: Transaction, known: Known = NOTHING_KNOWN) -> Effects:
    """The verdict once more, for another resource: what was counted stays counted once.

    `known` is what only now is asked for: counters, and waits of rates that could not hold before.
    A rate that was used up stays so.
    """
    if known.waits:
        transaction.waits = {**known.waits, **transaction.waits}
    if known.behaviour is not NOTHING_KNOWN.behaviour:
        before, heard = transaction.behaviour, known.behaviour.listening
        transaction.behaviour = replace(
            known.behaviour,
            told=before.told,
            violations=before.violations,
            disallowed=before.disallowed,
            listening=before.listening if heard is NO_LISTENING else heard,
        )
    return _rule(transaction, first=False)


def logged_in(transaction: Transaction) -> Request:
    """The request as it would be, had the site accepted its credentials."""
    return replace(transaction.request, credentials="accepted")


def lets_in_logged_in(transaction: Transaction) -> bool:
    """Whether the verdict on the request is a refusal only as long as its credentials are unchecked."""
    if transaction.request.credentials != "sent" or not _refuses(transaction.verdict):
        return False
    verdict = transaction.policy.plan.decide(
        logged_in(transaction),
        transaction.client,
        transaction.resource,
        transaction.behaviour,
        transaction.waits,
    )
    return not verdict.refused


def _refuses(verdict: Verdict) -> bool:
    return verdict.refused or (verdict.would is not None and verdict.would in REFUSING)


def _hold_against(transaction: Transaction, known: Known, facts: Facts) -> None:
    received, client = known.received, transaction.client
    assert received is not None
    transaction.violations = compliance.violations(
        received,
        facts.robots,
        transaction.request,
        transaction.resource,
        facts.published,
        _use(client, facts.published),
        transaction.policy.robots_tokens.get(client.name, client.name),
    )
    transaction.behaviour = compliance.behaved(
        known.behaviour, received, transaction.resource, transaction.violations
    )


def _use(client: Client, published: Mapping[Use, Answer | None]) -> Use | None:
    """What the client makes of what it fetches; of several uses the first that is refused."""
    if not client.further:
        return USES_OF.get(client.purpose)
    uses = [USES_OF[purpose] for purpose in client.purposes if purpose in USES_OF]
    return next((use for use in uses if published.get(use) == "no"), uses[0] if uses else None)


def _rule(transaction: Transaction, *, first: bool) -> Effects:
    verdict, used, sentence = transaction.steps.verdict(
        transaction.request,
        transaction.client,
        transaction.resource,
        transaction.behaviour,
        transaction.waits,
    )
    if verdict.action in LICENSING:
        status = LICENCE_STATUS[transaction.client.licence]
        verdict = replace(verdict, status=status)
    if transaction.mode == "observe":
        verdict = observed(verdict)
    transaction.verdict = verdict
    if used:
        used = tuple(one for one in used if one[0] not in transaction.used)
        transaction.used += tuple(rule for rule, _ in used)
    counted = first and transaction.policy.counts
    violated = first and bool(transaction.violations)
    tripped = 0.0
    if first and transaction.request.path == transaction.policy.trap != "":
        tripped = TRIPPED if trips(transaction.request, transaction.client) else 0.0
    if not counted and not violated and not used and sentence is None and not tripped:
        return NO_EFFECTS
    guarded = transaction.resource.guarded
    asked = (transaction.recording or _key(transaction)) if guarded else ""
    let_in = not verdict.refused and transaction.request.method != "HEAD"
    recording = asked if counted and let_in else ""
    ignored = ""
    if sentence is not None and not sentence.seconds:
        ignored = asked
        sentence = None
    return Effects(counted, recording, used, violated, sentence, ignored, tripped)


def _key(transaction: Transaction) -> str:
    """The recording that is asked for: of a program that hands out many, one of them."""
    request = transaction.request
    return transaction.resource.track or track_key(request.path, request.target)


def decide_late(transaction: Transaction, known: Known) -> Effects:
    """The verdict once more when the site answers: what was sent to the client in the meantime
    counts, and so does a sentence that has begun. The request came before that: it ignores nothing.
    """
    heard = known.behaviour.listening
    transaction.behaviour = transaction.behaviour.having_heard(heard)
    if known.waits:
        transaction.waits = {**transaction.waits, **known.waits}
    effects = _rule(transaction, first=False)
    return effects._replace(ignored="") if effects.ignored else effects


def would_hold(transaction: Transaction, known: Known) -> bool:
    """Whether the rule that decided would decide the same, if this were known."""
    verdict = transaction.steps.verdict(
        transaction.request,
        transaction.client,
        transaction.resource,
        known.behaviour,
        transaction.waits,
    )[0]
    return verdict.rule == transaction.verdict.rule


def answered(transaction: Transaction, resource: Resource) -> bool:
    """Take note of what the response shows it to be; whether that is another resource.

    Then needs() and decide_again() follow, by the rules that decided first.
    """
    if resource is transaction.resource:
        return False
    transaction.resource = resource
    return True


# -- where nothing has to be gathered --------------------------------------------------------------

Prove = Callable[[Signature], tuple[Proof, str]]
"""How sure a claim is, and why."""


def judge(
    policy: Policy,
    request: Request,
    content_type: str = "",
    mode: Mode = "enforce",
    *,
    form: Form = "",
    arrival: Arrival = NOTHING_ARRIVED,
    signer: str = "",
    prove: Prove | None = None,
    held: Held = NO_LICENCE,
    assumed: frozenset[str] = frozenset(),
    behaviour: Behaviour = NOBODY_REMEMBERS,
    waits: Mapping[str, float] | None = None,
) -> Transaction:
    """The whole way of one request whose facts are at hand.

    `content_type` is the response's, and `form` how it hands out sound, once they are known. `prove` says how sure a claim is that can be
    proven; without it, none is. `behaviour` and `waits` as a store would give them.
    """
    transaction = Transaction(policy, request, arrival, mode)
    if signer:
        transaction.signer = signer
    if assumed:
        transaction.assumed = assumed
    transaction.held = held
    enter(transaction)
    if content_type:
        answered(transaction, reclassify(transaction.resource, content_type))
    if form:
        answered(transaction, replace(transaction.resource, form=form))
    return _finish(transaction, prove, behaviour, waits)


def judge_known(
    policy: Policy,
    request: Request,
    client: Client,
    resource: Resource,
    mode: Mode = "enforce",
    *,
    behaviour: Behaviour = NOBODY_REMEMBERS,
    waits: Mapping[str, float] | None = None,
) -> Transaction:
    """The same for a request that was recognised and classified before: a line in a log."""
    transaction = recognised(policy, request, client, resource, mode)
    return _finish(transaction, None, behaviour, waits)


def recognised(
    policy: Policy, request: Request, client: Client, resource: Resource, mode: Mode = "enforce"
) -> Transaction:
    """A transaction that was recognised and classified before."""
    transaction = Transaction(policy, request, None, mode)
    transaction.client, transaction.resource = client, resource
    return transaction


def _finish(
    transaction: Transaction,
    prove: Prove | None,
    behaviour: Behaviour,
    waits: Mapping[str, float] | None,
) -> Transaction:
    claim = needs(transaction).claim
    proof = prove(claim) if prove is not None and claim is not None else None
    facts = NO_FACTS
    if proof is not None or waits or behaviour is not NOBODY_REMEMBERS:
        facts = Facts(proof, Known(behaviour, waits or NO_WAITS))
    decide(transaction, facts)
    return transaction
