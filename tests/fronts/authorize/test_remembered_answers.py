"""Answers of a moment ago are bounded, and good for the same rules only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from counters import Counting, counting
from stagedoor.fronts.authorize import remembered_answers


@pytest.fixture
def counter() -> Iterator[Counting]:
    with counting() as started:
        yield started


def test_they_are_bounded_and_the_latest_stay(
    counter: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered_answers, "MOST", 5)
    for number in range(8):
        assert counter.asked(f"/about?{number}").status == 200
    known = counter.running.counter._remembered._known
    heads = counter.do(lambda: [head for head, _ in known])
    assert [any(b"/about?%d" % n in head for head in heads) for n in range(8)] == 3 * [
        False
    ] + 5 * [True]


def test_a_change_of_mode_forgets_them(counter: Counting) -> None:
    assert counter.asked("/about?mode").status == 200
    remembered = counter.running.counter._remembered
    head, peer = counter.do(lambda: next(iter(remembered._known)))
    assert counter.do(lambda: remembered.again(head, peer)) is not None
    counter.do(lambda: setattr(counter.running.service, "mode", "observe"))
    assert counter.do(lambda: remembered.again(head, peer)) is None
