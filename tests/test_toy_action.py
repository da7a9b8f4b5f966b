"""A new action is one row: a toy, defined here and nowhere else, shows up wherever it should."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator

import orjson
import pytest
from rich.console import Console

from flows import OpenGuard, answered, flow
from loglines import counted, line
from making import FIREFOX, GPTBOT, asks, event, mistakes, policy
from stagedoor.cli import decide as decide_command
from stagedoor.cli import explain as explain_command
from stagedoor.cli import replay_report
from stagedoor.engine import explanation
from stagedoor.engine.cases import run_cases
from stagedoor.engine.order import judge
from stagedoor.fronts.replay.summary import as_json, summarise
from stagedoor.model import actions
from stagedoor.model.actions import Action, Refuse
from stagedoor.model.events import Decided
from stagedoor.model.facts import Resource, Verdict
from stagedoor.record import daily, decision_log, terminal
from stagedoor.rules import captions
from stagedoor.rules.json_schema import rules_schema
from stagedoor.web.desk.refusal_page import why_page
from stagedoor.web.desk.view import Outlook

TEAPOT = Action(
    word="teapot",
    rank=35,
    effect=Refuse(418, "No {thing}, only tea"),
    verb="serve tea",
    past="served tea",
    outcome="tea with {status}",
    follows="gets tea",
    colour="purple",
    caption="serve tea in the place of what was asked for",
)
RULE = """
- id: tea
  title: Training crawlers get tea
  when: {client.purpose: ai-training}
  then: teapot
  cases:
    - {ua: GPTBot/1.2, get: /music/a.mp3, expect: teapot}
    - {ua: Firefox/140.0, get: /music/a.mp3, expect: allow}
"""
FILES = {"20-ai.yaml": RULE}


@pytest.fixture(autouse=True)
def teapot() -> Iterator[Action]:
    """The table with the toy in it."""
    with actions.registered(TEAPOT) as action:
        yield action


def served() -> Decided:
    request = asks(GPTBOT, "/music/a.mp3")
    resource = Resource("audio", request.path)
    verdict = judge(policy(FILES), request).verdict
    return event(request=request, resource=resource, verdict=verdict)


def test_a_rule_may_say_it_and_cases_expect_it() -> None:
    assert mistakes(FILES) == []
    assert run_cases(policy(FILES)) == (2, [])
    wrong = policy({"20-ai.yaml": RULE.replace("expect: teapot", "expect: block")})
    ((failure,),) = run_cases(wrong)[1:]
    assert "- expected: block" in failure.message
    assert "+ decided:  teapot by rule tea" in failure.message


def test_without_its_row_it_is_a_mistake_as_any_other_word() -> None:
    other = RULE.replace("teapot", "kettle")
    assert any(
        '"kettle" is not one of: allow, log' in text for text in mistakes({"20-ai.yaml": other})
    )
    assert any("teapot" in text for text in mistakes({"20-ai.yaml": other}))


def test_editors_offer_it() -> None:
    schema = rules_schema(["GPTBot"], ["OpenAI"])
    definitions = schema["definitions"]
    assert definitions["Then"]["properties"]["teapot"]["description"] == TEAPOT.caption
    assert "teapot" in definitions["Case"]["properties"]["expect"]["enum"]
    assert TEAPOT.caption in definitions["Case"]["properties"]["expect"]["enumDescriptions"]
    (short,) = (
        one["enum"] for one in definitions["Rule"]["properties"]["then"]["anyOf"] if "enum" in one
    )
    assert short == ["allow", "log", "challenge", "teapot", "license", "block"]
    assert captions.of_actions()["teapot"] == TEAPOT.caption


def test_the_policy_decides_it_and_observing_notes_it() -> None:
    verdict = served().verdict
    assert (verdict.action, verdict.status, verdict.refused) == ("teapot", 418, True)
    seen = judge(policy(FILES), asks(GPTBOT, "/music/a.mp3"), mode="observe").verdict
    assert (seen.action, seen.label, seen.refused) == ("log", "would-teapot", False)


def test_the_front_carries_its_effect_out_and_metrics_count_it(opened: OpenGuard) -> None:
    front = opened(FILES)
    found = front.enter(flow("/music/a.mp3", GPTBOT))
    assert found.response is not None
    assert found.response.status_code == 418
    assert (found.response.get_text() or "").startswith("No recording, only tea.")
    assert front.recorded.verdicts == ["teapot"]
    labels = {"verdict": "teapot", "purpose": "ai-training", "resource": "audio"}
    assert front.value("requests_total", **labels) == 1
    assert front.value("blocks_total", crawler="GPTBot", rule="tea") == 1


def test_in_observe_mode_the_front_lets_it_pass(opened: OpenGuard) -> None:
    front = opened(FILES, guard_mode="observe")
    found = front.enter(flow("/music/a.mp3", GPTBOT))
    assert found.response is None
    answered(found, "audio/mpeg")
    front.guard.responseheaders(found)
    assert front.recorded.verdicts == ["would-teapot"]


def test_records_have_it() -> None:
    one = served()
    assert terminal.line(one).startswith("served tea GPTBot (OpenAI, ai-training): GET")
    would = event(verdict=Verdict("log", "tea", would="teapot"))
    assert terminal.line(would).startswith("would serve tea GPTBot")
    written = orjson.loads(decision_log.line(one))
    assert (written["verdict"], written["status"]) == ("teapot", 418)
    day = daily.Day(lambda: one.at)
    day.record(one)
    assert day.look().rows[0].refused == 1


def test_explain_identify_and_decide_word_it() -> None:
    loaded = policy(FILES)
    one = served()
    found = explanation.explain(judge(loaded, one.request))
    out = io.StringIO()
    Console(file=out, width=110).print(explain_command.tree(found))
    assert "tea with 418 by tea" in out.getvalue()
    assert "✓ tea  teapot: decides" in out.getvalue()
    assert explain_command.as_json(found, {})["status"] == 418
    answer = decide_command.decide(loaded, orjson.dumps({"ua": GPTBOT, "path": "/music/a.mp3"}))
    assert answer["verdict"] == "teapot"


def test_the_desk_shows_it() -> None:
    one = served()
    page = str(why_page(one, Outlook(policy(FILES), "enforce", None, "0.1")))
    assert "<b>teapot</b> tea" in page
    assert "teapot: decides" in page


def test_a_replay_names_it() -> None:
    found = summarise(counted([line(GPTBOT, "/a.mp3"), line(FIREFOX, "/")], policy(FILES)))
    assert 'met "teapot"' in " ".join(replay_report.sentences(found))
    assert as_json(found)["verdicts"] == {"teapot": 1, "allow": 1}
    assert found.refused.requests == 1


def test_the_boards_colour_it() -> None:
    # A copy of the module: the one that other tests use is made without the toy.
    spec = importlib.util.find_spec("tools.boards.overview")
    assert spec is not None
    assert spec.loader is not None
    overview = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(overview)
    (panel,) = (p for p in overview.REQUESTS.panels if p.title == "Requests by verdict")
    assert panel.colours["teapot"] == panel.colours["would-teapot"] == "purple"
    (refused,) = (p for p in overview.NOW.panels if p.title == "Refused")
    assert "block|license|teapot|challenge|throttle" in refused.queries[0][0]
