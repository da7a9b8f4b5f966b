"""The one order of a request: what is asked for, what counts, and what counts once."""

from __future__ import annotations

from making import FIREFOX, GPTBOT, asks, rules
from stagedoor.engine import order
from stagedoor.engine.needs import NO_EFFECTS, NO_NEEDS, Effects, Facts, Known, Received
from stagedoor.engine.transaction import Transaction
from stagedoor.model.facts import Arrival, Behaviour, Rate, Resource
from stagedoor.rules.policy import Policy
from stagedoor.signals.robots.access import read

PLAIN = "- {id: a, title: A, when: {client.purpose: ai-training}, then: block}"
COUNTING = """
- {id: slow, title: S, when: {resource: page}, then: {throttle: {requests: 2, per: 1m}}}
- {id: late, title: L, when: {resource: audio}, then: {throttle: {requests: 3, per: 1m}}}
- {id: many, title: M, when: {resource: audio, behaviour.recordings_last_hour: {over: 4}}, then: block}
- {id: bad, title: B, when: {behaviour.violations: {over: 1}}, then: {block: {status: 410}}}
"""
RATE = ("slow", Rate(2, 60.0))


def entered(policy: Policy, agent: str = FIREFOX, target: str = "/live") -> Transaction:
    transaction = Transaction(policy, asks(agent, target), Arrival())
    order.enter(transaction)
    return transaction


def test_rules_that_ask_for_nothing_need_nothing_and_leave_nothing() -> None:
    transaction = entered(rules(PLAIN))
    assert order.needs(transaction) is NO_NEEDS
    assert order.decide(transaction) is NO_EFFECTS
    assert transaction.verdict.action == "allow"


def test_only_rules_that_can_still_hold_ask_for_something() -> None:
    needs = order.needs(entered(rules(COUNTING)))
    assert needs.rates == (RATE,)
    assert needs.behaviour  # `bad` may hold for everybody
    audio = order.needs(entered(rules(COUNTING), target="/a.mp3"))
    assert [rule for rule, _ in audio.rates] == ["late"]


def test_a_decision_counts_nothing_itself_and_says_what_counts() -> None:
    transaction = entered(rules(COUNTING), target="/a.mp3")
    order.needs(transaction)
    effects = order.decide(transaction, Facts(known=Known(Behaviour(recordings=1))))
    assert effects == Effects(counted=True, recording="/a.mp3", rates=(("late", Rate(3, 60.0)),))


def test_another_resource_is_decided_again_and_counted_once() -> None:
    policy = rules(COUNTING)
    transaction = entered(policy)
    order.needs(transaction)
    assert order.decide(transaction).rates == (RATE,)
    assert not order.answered(transaction, transaction.resource)
    assert order.answered(transaction, Resource("audio", "/live", "type"))
    needs = order.needs(transaction)
    assert [rule for rule, _ in needs.rates] == ["late"]
    known = Known(Behaviour(recordings=5), {"late": 0.0})
    effects = order.decide_again(transaction, known)
    assert effects == Effects(rates=(("late", Rate(3, 60.0)),))
    assert transaction.verdict.rule == "many"
    again = order.decide_again(transaction, Known(waits={"late": 9.0}))
    assert again is NO_EFFECTS  # its rate was used up by this request already
    assert transaction.verdict.rule == "many"


def test_what_a_crawler_had_received_is_held_against_it_and_stays() -> None:
    policy = rules(COUNTING)
    transaction = entered(policy, GPTBOT, "/a.mp3")
    order.needs(transaction)
    robots = read(b"User-agent: GPTBot\nDisallow: /\n")
    received = Received(frozenset({"robots"}), "r", 1)
    effects = order.decide(transaction, Facts(None, Known(received=received), robots))
    assert effects.violated
    assert transaction.against
    assert transaction.verdict.rule == "bad"
    order.decide_again(transaction, Known(Behaviour(requests=7)))
    assert transaction.behaviour == Behaviour(
        requests=7, told=frozenset({"robots"}), violations=2, disallowed=True
    )


def test_traits_and_proof_belong_to_the_client_from_then_on() -> None:
    transaction = entered(rules(PLAIN), GPTBOT)
    transaction.assumed = frozenset({"odd-playback"})
    order.needs(transaction)
    order.decide(transaction, Facts(("verified", "in the list")))
    client = transaction.client
    assert (client.proof, client.why) == ("verified", "in the list")
    assert client.traits == {"odd-playback"}
    assert transaction.event().client is client
