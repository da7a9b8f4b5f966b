"""The arranged rules decide as the rules one after another would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from making import FIREFOX, GPTBOT, asks, judgement, rules
from manyrules import AGENTS, PATHS, rule_file, written
from stagedoor.load import rule_folder
from stagedoor.model.facts import Behaviour, Client, Request, Resource, Verdict
from stagedoor.model.globs import PatternSet
from stagedoor.model.heard import NO_LISTENING, Heard, Listening
from stagedoor.rules import plan as planning
from stagedoor.rules.conditions import narrow, unknown
from stagedoor.rules.plan import ALLOW, SIGNAL
from stagedoor.rules.policy import Policy


def one_after_another(
    policy: Policy, request: Request, client: Client, resource: Resource, lately: Behaviour
) -> Verdict:
    """The verdict, found the plain way."""
    if resource.kind == "signal":
        return SIGNAL
    noted = None
    for rule in policy.rules:
        test = narrow(rule.condition, unknown)
        if not (test if isinstance(test, bool) else test(request, client, resource, lately)):
            continue
        if rule.rate and lately.requests < rule.rate.requests:
            continue
        verdict = rule.verdict
        if rule.rate:
            verdict = replace(verdict, seconds=7.0)
        if rule.observe:
            verdict = planning.note(verdict)
        if rule.observe or rule.action == "log":
            noted = noted or verdict
            continue
        return verdict
    return noted or ALLOW


@settings(max_examples=300, deadline=None)
@given(written, st.integers(0, 20))
def test_the_plan_decides_as_the_rules_do(rows: list[Any], requests: int) -> None:
    policy = rules(rule_file(rows))
    lately = Behaviour(requests=requests)

    waits = {r.id: 7.0 for r in policy.rules if r.rate and requests >= r.rate.requests}

    for agent in AGENTS:
        for target in PATHS:
            request = asks(agent, target)
            client, resource = policy.identify(agent), policy.classify(request.path)
            found = policy.plan.decide(request, client, resource, lately, waits)
            assert found == one_after_another(policy, request, client, resource, lately)


THROTTLED = """
- id: slowly
  title: Not so fast
  when: {resource: audio}
  then: {throttle: {requests: 30, per: 1m}}
- id: training
  title: T
  when: {client.purpose: ai-training}
  then: block
"""


def decide(policy: Policy, agent: str, wait: float = 0.0) -> Verdict:
    return judgement(policy, asks(agent, "/a.mp3"), waits=dict.fromkeys(("slowly",), wait))[2]


def test_a_throttle_lets_those_go_on_who_are_within_it() -> None:
    policy = rules(THROTTLED)
    assert decide(policy, FIREFOX).action == "allow"
    assert decide(policy, GPTBOT).rule == "training"
    found = decide(policy, FIREFOX, wait=12.5)
    assert (found.action, found.status, found.seconds) == ("throttle", 429, 12.5)


def test_a_throttle_may_say_itself_when_to_come_back() -> None:
    policy = rules(THROTTLED.replace("per: 1m", "per: 1m, retry_after: 1h"))
    assert decide(policy, FIREFOX, wait=12.5).seconds == 3600


def test_an_observed_rule_says_what_it_would_have_done_and_stands_in_nobodys_way() -> None:
    policy = rules(THROTTLED.replace("then: block", "observe: yes\n  then: block"))
    found = decide(policy, GPTBOT)
    assert (found.action, found.would, found.rule) == ("log", "block", "training")
    more = rules(THROTTLED.replace("then: {thr", "observe: yes\n  then: {thr"))
    assert decide(more, GPTBOT, wait=3).rule == "training"  # the rules behind it still decide


def test_a_delay_says_for_how_long() -> None:
    policy = rules("- {id: a, title: A, when: {resource: audio}, then: {delay: 2s}}")
    found = decide(policy, FIREFOX)
    assert (found.action, found.seconds, found.refused) == ("delay", 2.0, False)


def test_the_plan_says_what_its_rules_look_at() -> None:
    policy = rules(THROTTLED)
    assert policy.uses == {"resource", "client.purpose"}
    assert policy.counts
    assert not rules("- {id: a, title: A, when: {resource: audio}, then: log}").counts
    off = "- {id: a, title: A, when: {stance.ai.train: yes, request.agent: x}, then: log}"
    assert rules(off).uses == set()  # the stance rules it out


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "CACHED_STEPS", 8)
    policy = rules(THROTTLED)
    resource = Resource("audio", "/a.mp3")
    for number in range(100):
        client = Client(f"Robot {number}", "", "robot")
        policy.plan.steps(asks("x", "/a.mp3"), client, resource)
        assert len(policy.plan._steps) <= 8


@pytest.mark.parametrize("field", ["request.path", "request.agent"])
def test_long_texts_are_searched_each_time_and_never_kept(
    field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept holds 8192 texts: with long ones, a single visitor could fill the memory."""
    searched: list[str] = []
    found = PatternSet.found

    def counted(these: PatternSet, text: bytes) -> frozenset[int]:
        searched.append(text.decode())
        return found(these, text)

    monkeypatch.setattr(PatternSet, "found", counted)
    policy = rules(f"- {{id: a, title: A, when: {{{field}: '/*needle'}}, then: block}}")

    def ask(length: int) -> None:
        text = "/" + "x" * (length - len("/needle")) + "needle"
        assert len(text) == length
        request = Request(
            "GET", "h", *((text, text, "") if field == "request.path" else ("/", "/", text))
        )
        client, resource = Client("Robot", "", "robot"), Resource("page", "/")
        assert policy.plan.decide(request, client, resource).action == "block"

    for length, times in ((planning.MAX_CACHED, 1), (planning.MAX_CACHED + 1, 3)):
        searched.clear()
        for _ in range(3):
            ask(length)
        assert len(searched) == times, length


def test_the_texts_that_are_kept_are_short() -> None:
    """Together they are a few megabytes, whatever visitors send."""
    assert planning.MAX_CACHED * planning.CACHED_TEXTS <= 4 << 20


def test_an_agent_that_is_too_long_to_be_kept_is_still_searched() -> None:
    policy = rules("- {id: a, title: A, when: {request.agent: '*needle'}, then: block}")
    assert decide(policy, "x" * 10_000 + "needle").action == "block"
    assert decide(policy, "x" * 10_000).action == "allow"


KEEPING = """
- id: sweep
  title: S
  when: {resource: audio, behaviour.whole_recordings: {over: 20}, not: {any: [{request.path: /free/**}, {request.header.cookie: a}]}}
  then: THEN
- {id: behind, title: B, when: {resource: audio}, then: log}
"""


@pytest.mark.parametrize(
    ("then", "action", "would"),
    [
        ("{block: {for: 1h}}", "block", None),
        ("{throttle: {for: 1h}}", "throttle", None),
        ("{block: {for: 1h}}\n  observe: yes", "log", "block"),
    ],
)
def test_a_sentence_keeps_to_the_rest_of_its_condition(
    then: str, action: str, would: str | None
) -> None:
    policy = rules(KEEPING.replace("THEN", then))
    waits = {"sweep": 90.0}
    found = judgement(policy, asks(FIREFOX, "/a.mp3"), waits=waits)[2]
    assert (found.rule, found.action, found.would) == ("sweep", action, would)
    assert found.seconds == 90.0
    # What the rule leaves out it leaves out while the sentence lasts, too.
    for request in (asks(FIREFOX, "/free/a.mp3"), asks(FIREFOX, "/a.mp3", cookie="a")):
        free = judgement(policy, request, waits=waits)[2]
        assert (free.rule, free.action) == ("behind", "log")
    over = judgement(policy, asks(FIREFOX, "/a.mp3"), waits={"sweep": 0.0})[2]
    assert over.rule == "behind"


def test_the_first_of_two_rules_that_are_observed_is_named() -> None:
    policy = rules(
        "- {id: first, title: F, when: {resource: audio}, then: log}"
        + KEEPING.replace("THEN", "{block: {for: 1h}}\n  observe: yes")
    )
    found = judgement(policy, asks(FIREFOX, "/a.mp3"), waits={"sweep": 90.0})[2]
    assert (found.rule, found.action) == ("first", "log")


def test_a_number_of_the_stance_is_another_one_under_another_stance() -> None:
    """A case is run under the shipped stance, whatever numbers the artist's own one has."""
    text = (
        "- {id: a, title: A, when: {behaviour.ahead: {over: stance.listening.ahead}}, then: block}"
    )
    policy = rules(text, "listening: {ahead: 20m}")
    assert policy.listens
    assert not rules("[]").listens
    half_an_hour = Behaviour(listening=Listening(household=Heard(ahead=1800.0)))
    for own, action in ((policy, "block"), (policy.assuming({}), "allow")):
        found = judgement(own, asks(FIREFOX, "/a.mp3"), behaviour=half_an_hour)[2]
        assert found.action == action


LISTENED = """
- id: taker
  title: T
  when: {resource: audio, behaviour.begun_recordings: {over: 5}}
  then: {throttle: {retry_after: 1h}}
- id: quiet
  title: Q
  when: {resource: audio, behaviour.agent.tripped: no, request.path: /quiet/**}
  then: block
- id: fast
  title: F
  when: {resource: audio, request.path: /fast/**}
  then: {throttle: {requests: 30, per: 1m}}
"""


@pytest.mark.parametrize("policy", [rules(LISTENED), rule_folder.load()])
def test_of_whom_nothing_was_heard_fewer_rules_are_asked_and_decide_the_same(
    policy: Policy,
) -> None:
    unheard, equal = Behaviour(), Behaviour(listening=Listening())
    assert unheard.listening is NO_LISTENING
    assert equal == unheard
    assert equal.listening is not NO_LISTENING
    fewer = 0
    for agent in AGENTS:
        client = policy.identify(agent)
        for target in (*PATHS, "/a.mp3", "/quiet/b.mp3", "/fast/c.mp3", "/feed.xml", "/about"):
            request, resource = asks(agent, target), policy.classify(target)
            steps = policy.plan.steps(request, client, resource)
            fewer += steps.unheard is not None and len(steps.unheard) < len(steps.each)
            for waits in ({}, {"fast": 3.0, "taker": 9.0}):
                assert steps.verdict(request, client, resource, unheard, waits) == steps.verdict(
                    request, client, resource, equal, waits
                )
    assert fewer


def test_who_is_under_a_sentence_is_so_whatever_was_heard() -> None:
    policy = rule_folder.load()
    request, client = asks(FIREFOX, "/a.mp3"), policy.identify(FIREFOX)
    resource = policy.classify("/a.mp3")
    steps = policy.plan.steps(request, client, resource)
    (rule, _), *_ = steps.sentences
    verdict, _, sentence = steps.verdict(request, client, resource, Behaviour(), {rule: 60.0})
    assert (verdict.rule, verdict.refused, verdict.seconds) == (rule, True, 60.0)
    assert sentence is not None
