"""A client that comes for several things: what the catalogue, rules, publishing and records do."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from flows import OpenGuard, flow
from making import GPTBOT_CLIENT, asks, catalogue, document, event, mistakes, policy
from stagedoor.cli import identify as identify_command
from stagedoor.config.stance import Ai, Stance
from stagedoor.engine.explanation import explain
from stagedoor.engine.order import judge
from stagedoor.evidence.entries import Visit
from stagedoor.identify.catalogue import read_catalogue
from stagedoor.model.errors import Problem
from stagedoor.model.facts import Client, Resource
from stagedoor.publish.publication import published
from stagedoor.record import decision_log, terminal
from stagedoor.record.metrics import Metrics
from stagedoor.rules.policy import Policy

BOTH = """
operator: Both
reviewed: 2026-11-23
crawlers:
  - {name: BothBot, token: BothBot, purpose: [search, ai-training], docs: 'https://both.example'}
  - {name: OneBot, token: OneBot, purpose: search}
"""
AGENT = "BothBot/1.0"
CLIENT = Client("BothBot", "Both", "search", further=("ai-training",))
TRAINING = "- {id: t, title: T, when: {client.purpose: ai-training}, then: block}\n"


def ruled(text: str) -> Policy:
    return policy({"crawlers/both.yaml": BOTH, "20-test.yaml": text})


def action(text: str, agent: str = AGENT) -> str:
    return judge(ruled(text), asks(agent, "/music/a.mp3")).verdict.action


def test_the_first_purpose_is_the_main_one() -> None:
    both, one = catalogue(BOTH).signatures
    assert (both.purpose, both.purposes) == ("search", ("search", "ai-training"))
    assert (one.purpose, one.purposes) == ("search", ("search",))
    client = ruled(TRAINING).identify(AGENT)
    assert client.purposes == ("search", "ai-training")
    assert client.comes_for == "search and ai-training"


def test_a_purpose_written_twice_counts_once() -> None:
    (found, _) = catalogue(BOTH.replace("[search, ai", "[search, search, ai")).signatures
    assert found.purposes == ("search", "ai-training")


@pytest.mark.parametrize("purposes", ["[browser, ai-agent]", "[search, robot]"])
def test_only_crawlers_have_several(purposes: str) -> None:
    problems: list[Problem] = []
    read_catalogue([document(BOTH.replace("[search, ai-training]", purposes))], problems)
    assert ["several purposes" in str(problem) for problem in problems] == [True]


def test_an_unknown_purpose_in_the_list_is_a_mistake() -> None:
    text = BOTH.replace("ai-training]", "ai-trainin]")
    assert any("ai-trainin" in one for one in mistakes({"crawlers/both.yaml": text}))


@pytest.mark.parametrize(
    ("when", "both", "one"),
    [
        ("client.purpose: ai-training", "block", "allow"),
        ("client.purpose: search", "block", "block"),
        ("client.purpose: [seo, ai-training]", "block", "allow"),
        ("client.purpose: seo", "allow", "allow"),
        ("not: {client.purpose: ai-training}", "allow", "block"),
        ("not: {client.purpose: [seo, archive]}", "block", "block"),
        ("all: [{client.purpose: search}, {client.purpose: ai-training}]", "block", "allow"),
        ("any: [{client.purpose: ai-training}, {request.method: POST}]", "block", "allow"),
    ],
)
def test_a_condition_holds_if_any_purpose_matches(when: str, both: str, one: str) -> None:
    text = f"- {{id: t, title: T, when: {{{when}}}, then: block}}\n"
    assert (action(text), action(text, "OneBot/1.0")) == (both, one)
    loaded = ruled(text)
    found = explain(judge(loaded, asks(AGENT, "/music/a.mp3")))
    assert found.verdict.action == both


def test_what_is_kept_for_one_client_is_not_answered_to_another() -> None:
    """The plan keeps answers by client: those with other purposes have their own."""
    plan = ruled(TRAINING).plan
    request, resource = asks(AGENT, "/music/a.mp3"), Resource("audio", "/music/a.mp3")
    alone = replace(CLIENT, further=())
    for client, wanted in ((alone, "allow"), (CLIENT, "block"), (alone, "allow")):
        assert plan.decide(request, client, resource).action == wanted


def test_two_purposes_exclude_each_other_only_where_no_client_has_both() -> None:
    text = """
- id: t
  title: T
  when: {{all: [{{client.purpose: {0}}}, {{client.purpose: {1}}}]}}
  then: block
"""
    told = [str(p) for p in ruled(text.format("search", "ai-training")).advice]
    assert not any("can never hold" in line for line in told)
    told = [str(p) for p in ruled(text.format("search", "seo")).advice]
    assert any("can never hold" in line for line in told)


def test_a_name_implies_all_of_its_purposes() -> None:
    named = "- {id: n, title: N, when: {client.name: BothBot}, then: block}\n"
    told = [str(problem) for problem in ruled(TRAINING + named).advice]
    assert any('"n" can never be reached' in line for line in told)
    told = [
        str(problem)
        for problem in ruled(
            "- {id: s, title: S, when: {client.purpose: seo}, then: block}\n" + named
        ).advice
    ]
    assert not any('"n"' in line for line in told)


@pytest.mark.parametrize(
    ("train", "search", "refused"),
    [("no", "yes", True), ("yes", "no", True), ("no", "no", True), ("yes", "yes", False)],
)
def test_robots_txt_refuses_it_when_any_purpose_is_refused(
    train: str, search: str, refused: bool
) -> None:
    stance = Stance(ai=Ai.model_validate({"train": train, "search": search}))
    wanted = published(stance, catalogue(BOTH)).wanted
    assert ("bothbot" in wanted.refused) is refused
    assert ("onebot" in wanted.refused) is (search == "no")


def test_published_and_done_are_held_against_the_refused_purpose() -> None:
    loaded = policy({"crawlers/both.yaml": BOTH, "stance.yaml": "ai: {train: no, search: yes}"})
    told = [str(problem) for problem in loaded.advice]
    assert any("ai.train: no is published" in line and "BothBot" in line for line in told)
    blocked = policy(
        {
            "crawlers/both.yaml": BOTH,
            "20-t.yaml": TRAINING,
            "stance.yaml": "ai: {train: no, search: yes}",
        }
    )
    assert not any("BothBot" in str(problem) for problem in blocked.advice)


def test_records_keep_the_main_one_and_show_all() -> None:
    one = event(client=CLIENT)
    written = orjson.loads(decision_log.line(one))
    assert (written["purpose"], written["purposes"]) == ("search", ["search", "ai-training"])
    assert "(Both, search and ai-training)" in terminal.line(one)
    answer = identify_command.identify(ruled(TRAINING), AGENT.encode())
    assert (answer["purpose"], answer["purposes"]) == ("search", ("search", "ai-training"))


def test_the_ledger_adds_a_field_only_where_there_are_several() -> None:
    body = Visit.of(event(client=CLIENT)).public()
    assert (body["purpose"], body["purposes"]) == ("search", ("search", "ai-training"))
    assert "purposes" not in Visit.of(event(client=GPTBOT_CLIENT)).public()


def test_metrics_count_by_the_main_one_and_the_others_apart() -> None:
    metrics = Metrics()
    metrics.record(event(client=CLIENT))
    read = metrics.registry.get_sample_value
    main = {"verdict": "block", "purpose": "search", "resource": "audio"}
    assert read("stagedoor_requests_total", main) == 1
    assert read("stagedoor_requests_total", {**main, "purpose": "ai-training"}) is None
    further = "stagedoor_further_purpose_requests_total"
    assert read(further, {"purpose": "ai-training", "verdict": "block"}) == 1
    assert read(further, {"purpose": "search", "verdict": "block"}) is None


def test_asking_after_a_refusal_by_the_second_purpose_is_a_violation(opened: OpenGuard) -> None:
    """Compliance asks about the refused use, although the main one is welcome."""
    front = opened({"crawlers/both.yaml": BOTH, "20-ai.yaml": TRAINING})
    for agent in (AGENT, AGENT, "OneBot/1.0", "OneBot/1.0"):
        front.enter(flow("/music/a.mp3", agent))
    # The first refusal carries the headers that say so; the second request passes over them.
    assert (
        front.value("violations_total", crawler="BothBot", proof="unverified", signal="headers")
        == 1
    )
    assert (
        front.value("violations_total", crawler="OneBot", proof="unverified", signal="headers") == 0
    )
