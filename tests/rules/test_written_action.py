"""What stands under `then`."""

from __future__ import annotations

import pytest

from making import rules
from rulefiles import HEAD, wrong


@pytest.mark.parametrize("action", ["allow", "log", "block"])
def test_a_rule_may_allow_log_or_block(action: str) -> None:
    assert rules(f"{HEAD}  then: {action}").rules[0].action == action


def test_a_block_may_name_its_status() -> None:
    (rule,) = rules(f"{HEAD}  then: {{block: {{status: 451}}}}").rules
    assert (rule.action, rule.verdict.status) == ("block", 451)
    assert rules(f"{HEAD}  then: {{block: {{}}}}").rules[0].verdict.status == 403
    assert rules(f"{HEAD}  then:\n    block:").rules[0].verdict.status == 403


@pytest.mark.parametrize(
    "then",
    [
        "blok",
        "no",
        "",
        "[block]",
        "{throttle: {retry_after: 10}}",
        "{throttle: {requests: 0}}",
        "{throttle: {requests: many}}",
        "{throttle: {per: 1m}}",
        "throttle",
        "delay",
        "{delay: 3}",
        "{delay: 2m}",
        "{delay: {seconds: 3}}",
        "{block: 403}",
        "{block: {status: 418}}",
        "{block: {stats: 403}}",
        "{block: {}, allow: {}}",
        "{}",
    ],
)
def test_a_wrong_then_is_one_line_that_a_musician_understands(then: str) -> None:
    (line,) = wrong(f"{HEAD}  then: {then}")
    assert line.startswith("10-test.yaml:3:")
    assert "literal[" not in line
    assert "dict[" not in line
    assert "[key]" not in line


def test_an_unknown_word_below_then_is_placed_where_it_stands() -> None:
    assert any(
        line.startswith("10-test.yaml:5:7: ")
        for line in wrong(f"{HEAD}  then:\n    block:\n      stats: 403")
    )
