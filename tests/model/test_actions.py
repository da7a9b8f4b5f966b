"""The table of actions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.style import Style

from stagedoor.model import actions
from stagedoor.model.actions import REFUSING, Action, Pass, Refuse, Wait, named, registered, table
from stagedoor.model.facts import Verdict


def test_words_and_their_order_are_public_interface() -> None:
    assert actions.words() == ("allow", "log", "delay", "throttle", "challenge", "license", "block")


def test_effects() -> None:
    effects = {action.word: type(action.effect) for action in actions.table()}
    assert effects == {
        "allow": Pass,
        "log": Pass,
        "delay": Wait,
        "throttle": Refuse,
        "challenge": Refuse,
        "license": Refuse,
        "block": Refuse,
    }
    assert [a.word for a in actions.table() if not a.logged] == ["allow"]
    assert [a.word for a in actions.table() if a.goes_on] == ["log"]


@pytest.mark.parametrize("action", actions.table(), ids=lambda action: action.word)
def test_a_verdict_knows_what_the_table_says(action: Action) -> None:
    verdict = Verdict(action.word)
    assert verdict.refused is isinstance(action.effect, Refuse)
    assert verdict.delayed is isinstance(action.effect, Wait)
    assert verdict.logged is action.logged


@pytest.mark.parametrize("action", actions.table(), ids=lambda action: action.word)
def test_every_row_can_be_shown(action: Action) -> None:
    assert "{" not in action.outcome.format(status=403, time="3s")
    assert Style.parse(f"bold {action.colour}").bold
    assert all((action.verb, action.past, action.follows, action.caption))


def test_two_rows_never_share_a_word_or_a_rank() -> None:
    first = actions.named("allow")
    with pytest.raises(ValueError, match="allow"):
        actions.register(first)
    assert len(actions.table()) == 7


def test_a_row_is_there_for_a_while() -> None:
    slow = replace(named("block"), word="tarpit", rank=99)
    with registered(slow) as row:
        assert named("tarpit") is row
        assert "tarpit" in REFUSING
        assert row in table()
    assert slow not in table()
    assert "tarpit" not in REFUSING
    with pytest.raises(KeyError):
        named("tarpit")
