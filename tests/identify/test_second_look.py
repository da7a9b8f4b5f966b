"""The second look at a user agent, with lists of two patterns."""

from __future__ import annotations

from stagedoor.identify.public_lists import Second


def test_patterns_that_cannot_be_searched_for_are_left_out_and_named() -> None:
    second = Second(["Zorbulon\\/", "(?=lookahead)x", "\u4e2d"])
    assert second.refused == ["(?=lookahead)x", "\u4e2d"]
    assert second.patterns == 1
