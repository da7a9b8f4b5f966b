"""Who was refused today: the last ones, and all in groups."""

from __future__ import annotations

from dataclasses import replace

from making import asks, event
from stagedoor.model.facts import Client, Verdict
from stagedoor.record.refused_today import MOST_GROUPS, MOST_TEXT, REFUSALS, RefusedToday, cut


def test_the_newest_come_first_and_the_largest_group() -> None:
    refused = RefusedToday()
    one, other = Verdict("block", "a-rule", "A"), Verdict("log", "b-rule", "B", would="block")
    for at, verdict in ((1.0, one), (2.0, other), (3.0, other)):
        refused.add(event(at=at, verdict=verdict))
    assert [each.at for each in refused.last()] == [3.0, 2.0, 1.0]
    first, second = refused.groups()
    assert (first.rule, first.title, first.count, first.would, first.last) == (
        "b-rule",
        "B",
        2,
        True,
        3.0,
    )
    assert (second.rule, second.count, second.would) == ("a-rule", 1, False)
    first.count = 99  # it is a copy
    assert refused.groups()[0].count == 2


def test_both_are_bounded() -> None:
    refused = RefusedToday()
    for number in range(MOST_GROUPS + 10):
        refused.add(replace(event(), client=Client(f"n{number}", "", "robot")))
    assert len(refused.groups()) == MOST_GROUPS
    assert len(refused.last()) == REFUSALS


def test_of_a_request_no_header_is_kept_and_nothing_long() -> None:
    kept = cut(event(request=asks("a" * 100_000, "/" + "p" * 100_000, cookie="secret"))).request
    assert (len(kept.path), len(kept.agent), kept.headers) == (MOST_TEXT, MOST_TEXT // 4, ())
