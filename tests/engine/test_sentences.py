"""Sentences: a verdict that lasts, whom it keeps to, and what is said about its end."""

from __future__ import annotations

import pytest

from making import FIREFOX, GPTBOT, asks, mistakes, rules
from stagedoor.engine import order
from stagedoor.engine.explanation import explain
from stagedoor.engine.needs import Facts, Known
from stagedoor.engine.transaction import Transaction
from stagedoor.model.facts import Behaviour
from stagedoor.model.heard import Heard, Listening, Sentence
from stagedoor.rules.policy import Policy

RULE = """
- id: sweeping
  title: Nobody listens to so much
  when:
    resource: audio
    behaviour.ahead: {over: 90m}
    not: {client.name: GPTBot}
  then: {block: {for: 1h}}
"""


def judged(
    policy: Policy,
    ahead: float = 0.0,
    left: float = 0.0,
    agent: str = FIREFOX,
    path: str = "/a.mp3",
) -> tuple[Transaction, Sentence | None, str]:
    transaction = Transaction(policy, asks(agent, path))
    order.enter(transaction)
    order.needs(transaction)
    behaviour = Behaviour(listening=Listening(Heard(ahead=ahead)))
    waits = {"sweeping": left} if left else {}
    effects = order.decide(transaction, Facts(known=Known(behaviour, waits)))
    return transaction, effects.sentence, effects.ignored


def test_each_recording_of_one_program_is_ignored_for_itself() -> None:
    """`/play?nr=7` is another recording than `/play?nr=8`, and the same with another token."""
    policy = rules(RULE, 'audio: {paths: ["/play"]}')
    names = ("/play?nr=7", "/play?nr=8", "/play?nr=7&token=1f", "/a.mp3?nr=9")
    keys = [judged(policy, left=1200.0, path=name)[2] for name in names]
    assert keys == ["/play?nr=7", "/play?nr=8", "/play?nr=7", "/a.mp3"]


def test_a_sentence_begins_with_the_verdict() -> None:
    found, sentence, ignored = judged(rules(RULE), ahead=5401.0)
    assert (found.verdict.action, found.verdict.seconds) == ("block", 3600.0)
    assert (sentence, ignored) == (Sentence("sweeping", "household", 3600.0), "")
    assert judged(rules(RULE), ahead=5400.0)[0].verdict.action == "allow"


def test_while_it_lasts_what_was_done_is_settled_and_the_rest_goes_on_counting() -> None:
    found, sentence, ignored = judged(rules(RULE), left=1200.0)
    assert (found.verdict.action, found.verdict.seconds) == ("block", 1200.0)
    assert (sentence, ignored) == (None, "/a.mp3")
    assert judged(rules(RULE), left=1200.0, path="/about")[0].verdict.action == "allow"
    assert judged(rules(RULE), left=1200.0, agent=GPTBOT)[0].verdict.action == "allow"


def test_it_lasts_until_it_would_not_be_passed_again() -> None:
    rule = RULE.replace("block: {for: 1h}", "throttle: {for: 10m}")
    found, sentence, _ = judged(rules(rule), ahead=5400.0 + 4 * 1000)
    assert found.verdict.seconds == 1000.0  # four seconds of sound are heard in each
    assert sentence == Sentence("sweeping", "household", 1000.0)
    assert judged(rules(rule), ahead=5500.0)[0].verdict.seconds == 600.0


def test_traits_are_settled_too() -> None:
    rule = RULE.replace("behaviour.ahead: {over: 90m}", "client.traits: no-accept-language")
    assert judged(rules(rule), left=5.0)[0].verdict.action == "block"
    assert judged(rules(rule))[0].verdict.action == "allow"
    denied = RULE.replace("not: {client.name: GPTBot}", "not: {behaviour.tripped: no}")
    assert judged(rules(denied), left=5.0)[0].verdict.action == "block"


def test_it_can_keep_to_a_network_or_an_agent() -> None:
    for scope in ("household", "network", "agent"):
        rule = RULE.replace("{for: 1h}", f"{{for: 1h, of: {scope}}}")
        policy = rules(rule)
        assert judged(policy, ahead=9000.0)[1] == Sentence("sweeping", scope, 3600.0)
        transaction = Transaction(policy, asks(FIREFOX, "/a.mp3"))
        order.enter(transaction)
        assert order.needs(transaction).sentences == (("sweeping", scope),)
        assert order.needs(transaction).listening == ("household",)


def test_pages_ask_for_nothing() -> None:
    transaction = Transaction(rules(RULE), asks(FIREFOX, "/about"))
    order.enter(transaction)
    found = order.needs(transaction)
    assert (found.listening, found.sentences, found.behaviour) == ((), (), False)


def test_an_explanation_shows_the_sentence() -> None:
    found = explain(judged(rules(RULE), left=540.0)[0])
    (tried,) = found.tried
    assert tried.outcome == "decides"
    assert tried.look.asks == "a sentence by this rule is in force for another 9m"
    assert found.verdict.rule == "sweeping"


@pytest.mark.parametrize(
    ("then", "line"),
    [
        ("{block: {for: 10}}", '"10" has no unit — write 10s, 10m or 10h'),
        ("{block: {for: 1h, of: town}}", 'of "town" is not one of: household, network, agent'),
        ("{throttle: {for: 1h, requests: 3}}", "throttle says two things — write {for: 10m} alone"),
        ("{block: {fro: 1h}}", 'unknown field "fro" — did you mean "for"?'),
    ],
)
def test_mistakes_have_a_place_and_a_fix(then: str, line: str) -> None:
    (found,) = mistakes({"10-test.yaml": RULE.replace("{block: {for: 1h}}", then)})
    assert line in found


def test_a_number_that_the_stance_does_not_have() -> None:
    (found,) = mistakes({"10-test.yaml": RULE.replace("90m", "stance.listening.ahed")})
    assert 'the stance has no number "stance.listening.ahed" — did you mean' in found
    right = RULE.replace("90m", "stance.listening.ahead")
    assert judged(rules(right, "listening: {ahead: 1m}"), ahead=61.0)[0].verdict.action == "block"
    assert judged(rules(right), ahead=61.0)[0].verdict.action == "allow"
