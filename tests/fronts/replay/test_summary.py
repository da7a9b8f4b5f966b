"""Counts as rows."""

from __future__ import annotations

import orjson

from loglines import counted, line
from making import FIREFOX, GPTBOT, OVERCAST, TRAINING_OFF, policy
from stagedoor.fronts.replay.summary import as_json, summarise

LINES = [
    line(GPTBOT, "/a.mp3", size=1000, second=0),
    line(GPTBOT, "/a.mp3", size=500, second=1),
    line(GPTBOT, "/", size=30, second=2),
    line(GPTBOT, "/b.mp3", status=404, size=7, second=3),
    line(FIREFOX, "/a.mp3", size=2000, second=4),
    line(OVERCAST, "/feed.xml", size=40, second=5),
    b"nonsense\x1b[31m",
]


def test_rows() -> None:
    found = summarise(counted(LINES, policy({"10-test.yaml": TRAINING_OFF})))
    assert [row.client.name for row in found.clients] == ["GPTBot", "Firefox", "Overcast"]
    bot = found.clients[0]
    assert (bot.came.requests, bot.came.recordings, bot.files) == (4, 3, 1)
    assert (bot.came.served, bot.came.size, bot.came.recorded) == (3, 1530, 1500)
    assert bot.refused == bot.came == found.refused
    assert bot.is_crawler
    assert not found.clients[1].is_crawler
    assert (found.came.requests, found.came.recorded) == (6, 3500)
    assert found.verdicts == {"block": 4, "allow": 2}
    (rule,) = found.rules
    assert (rule.verdict.rule, rule.amount) == ("ai-training-off", bot.came)
    assert found.changes == []
    assert round(found.days * 86400) == 5


def test_changes_are_grouped_by_client_and_rules() -> None:
    rules = {"10-test.yaml": TRAINING_OFF}
    old = policy({**rules, "stance.yaml": "ai: {train: yes}"})
    found = summarise(counted(LINES, old, policy(rules)))
    (change,) = found.changes
    assert (change.client.name, change.old.action, change.new.rule) == (
        *("GPTBot", "allow", "ai-training-off"),
    )
    assert change.amount.requests == 4
    assert len(change.examples) == 3


def test_json_has_everything() -> None:
    rules = {"10-test.yaml": TRAINING_OFF}
    old = policy({**rules, "stance.yaml": "ai: {train: yes}"})
    found = orjson.loads(orjson.dumps(as_json(summarise(counted(LINES, old, policy(rules))))))
    assert found["first"] == "2026-11-23T11:00:00+00:00"
    assert found["refused"]["recordings_bytes"] == 1500
    assert found["unreadable"]["first"][0] == {
        "file": "a.log",
        "line": 7,
        "text": "nonsense\x1b[31m",
        "why": "there is no quoted request in it",
    }
    assert found["clients"][0]["verdicts"] == {"block": 4}
    assert found["rules"][0]["rule"] == "ai-training-off"
    (change,) = found["changes"]
    assert change["old"] == {"action": "allow", "rule": "", "status": None}
    assert change["new"] == {"action": "block", "rule": "ai-training-off", "status": 403}
    assert [example["line"] for example in change["examples"]] == [1, 2, 4]


def test_nothing_is_nothing() -> None:
    found = as_json(summarise(counted([], policy())))
    assert (found["first"], found["last"], found["clients"]) == (None, None, [])
