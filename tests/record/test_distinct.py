"""Different recordings: exact, then a lower bound, and bounded in memory."""

from __future__ import annotations

import pytest

from stagedoor.record import distinct
from stagedoor.record.distinct import MOST, Distinct
from stagedoor.record.today import Key

GPTBOT: Key = ("GPTBot", "unverified")
CCBOT: Key = ("CCBot", "unverified")


def test_the_same_again_is_not_another() -> None:
    seen = Distinct()
    for path in ("/a.mp3", "/b.mp3", "/a.mp3"):
        seen.add(GPTBOT, "asked", path)
    seen.add(GPTBOT, "taken", "/a.mp3")
    assert (seen.count(GPTBOT, "asked"), seen.count(GPTBOT, "taken")) == (2, 1)
    assert seen.count(CCBOT, "asked") == 0
    assert not seen.more(GPTBOT)


def test_beyond_the_bound_it_says_at_least() -> None:
    seen = Distinct()
    for number in range(MOST):
        seen.add(GPTBOT, "asked", f"/{number}.mp3")
    assert not seen.more(GPTBOT)
    seen.add(GPTBOT, "asked", "/0.mp3")
    assert not seen.more(GPTBOT)
    seen.add(GPTBOT, "asked", "/one-more.mp3")
    assert (seen.count(GPTBOT, "asked"), seen.more(GPTBOT)) == (MOST, True)
    seen.add(CCBOT, "asked", "/one-more.mp3")
    assert (seen.count(CCBOT, "asked"), seen.more(CCBOT)) == (1, False)


def test_all_rows_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distinct, "MOST_IN_ALL", 10)
    seen = Distinct()
    for number in range(8):
        seen.add(GPTBOT, "asked", f"/{number}.mp3")
        seen.add(CCBOT, "asked", f"/{number}.mp3")
    assert seen.count(GPTBOT, "asked") + seen.count(CCBOT, "asked") == 10
    assert seen.more(GPTBOT)
    assert seen.more(CCBOT)


def test_two_counts_of_one_day_join() -> None:
    one, two = Distinct(), Distinct()
    for path in ("/a.mp3", "/b.mp3"):
        one.add(GPTBOT, "taken", path)
    for path in ("/b.mp3", "/c.mp3"):
        two.add(GPTBOT, "taken", path)
    one.join(two)
    assert one.count(GPTBOT, "taken") == 3
