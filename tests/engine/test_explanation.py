"""The explanation is the decision, in detail."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from making import FIREFOX, GPTBOT, asks, judgement, rules
from manyrules import AGENTS, PATHS, rule_file, written
from stagedoor.engine.explanation import Explanation, Look, explain
from stagedoor.engine.order import judge
from stagedoor.model.facts import Behaviour
from stagedoor.model.heard import Heard, Listening
from stagedoor.rules.policy import Policy

TWO = """
- id: songs
  title: Songs are not for crawlers
  when:
    resource: audio
    any: [{client.purpose: ai-training}, {client.name: Googlebot}]
    not: {request.path: /free/**}
  then: block
- {id: seen, title: Seen, when: {resource: audio}, then: log}
- {id: none, title: None, when: {stance.ai.train: yes}, then: block}
"""


def explained(policy: Policy, agent: str, target: str, **more: Any) -> Explanation:
    return explain(judge(policy, asks(agent, target), **more))


def outcomes(found: Explanation) -> dict[str, str]:
    return {tried.rule.id: tried.outcome for tried in found.tried}


@settings(max_examples=200, deadline=None)
@given(written, st.integers(0, 20), st.sampled_from(["enforce", "observe"]))
def test_the_explanation_and_the_decision_agree(rows: list[Any], requests: int, mode: Any) -> None:
    policy = rules(rule_file(rows))
    lately = Behaviour(requests=requests)

    waits = {r.id: 7.0 for r in policy.rules if r.rate and requests >= r.rate.requests}

    for agent in AGENTS:
        for target in PATHS:
            found = explained(policy, agent, target, behaviour=lately, waits=waits, mode=mode)
            request = asks(agent, target)
            expected = judgement(policy, request, mode=mode, behaviour=lately, waits=waits)
            assert found.verdict == expected[2]


def test_every_rule_is_tried_also_those_behind_the_one_that_decided() -> None:
    policy = rules(TWO)
    assert outcomes(explained(policy, GPTBOT, "/a.mp3")) == {
        "songs": "decides",
        "seen": "holds too late",
        "none": "off",
    }
    assert outcomes(explained(policy, FIREFOX, "/a.mp3"))["seen"] == "notes"
    assert outcomes(explained(policy, FIREFOX, "/"))["seen"] == "does not hold"


def test_each_condition_tells_what_was_there() -> None:
    look = explained(rules(TWO), FIREFOX, "/free/a.mp3").tried[0].look
    assert look == Look(
        "all of these",
        held=False,
        parts=(
            Look("resource: audio", held=True, found="audio"),
            Look(
                "any of these",
                held=False,
                parts=(
                    Look("client.purpose: ai-training", held=False, found="browser"),
                    Look("client.name: Googlebot", held=False, found="Firefox"),
                ),
            ),
            Look(
                "not",
                held=False,
                parts=(Look("request.path: /free/**", held=True, found="/free/a.mp3"),),
            ),
        ),
    )


def test_a_rate_that_is_not_used_up_is_told() -> None:
    policy = rules(
        "- {id: slow, title: S, when: {resource: audio}, then: {throttle: {requests: 2, per: 1m}}}"
    )
    assert outcomes(explained(policy, FIREFOX, "/a.mp3")) == {"slow": "within its rate"}
    late = explained(policy, FIREFOX, "/a.mp3", waits={"slow": 9.0})
    assert (late.verdict.action, late.verdict.seconds) == ("throttle", 9.0)


def test_a_share_is_told_as_a_number_and_no_duration() -> None:
    policy = rules(
        "- {id: s, title: S, when: {behaviour.catalogue_share: {over: 0.3}}, then: block}"
    )
    much = Behaviour(listening=Listening(household=Heard(catalogue_share=0.5)))
    (tried,) = explained(policy, FIREFOX, "/a.mp3", behaviour=much).tried
    assert tried.outcome == "decides"
    assert "0.5" in (tried.look.found, *(look.found for look in tried.look.parts))


def test_signal_files_are_let_in_whatever_the_rules_say() -> None:
    found = explained(rules("- {id: all, title: All, then: block}"), GPTBOT, "/robots.txt")
    assert (found.verdict.action, found.verdict.rule) == ("allow", "signal-files")
    assert outcomes(found) == {"all": "holds too late"}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("", "nothing"),
        (frozenset(), "none"),
        (frozenset({"b", "a"}), "a, b"),
        (61.0, "61s"),
        (3, "3"),
    ],
)
def test_facts_are_written_as_people_would_write_them(value: object, told: str) -> None:
    from stagedoor.engine.explanation import _told

    assert _told(value) == told
