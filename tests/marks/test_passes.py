"""Which marks let in, how long, and what a household is given."""

from __future__ import annotations

from stagedoor.marks.mark import EPOCH, HOUR, MARK_KINDS, Mark, hour_of
from stagedoor.marks.passes import COUNTED, DAY, LIFE, NEAR, Households, lets_in, renews_at

NOW = EPOCH + 5000.0 * HOUR


def test_a_pass_is_good_for_its_life() -> None:
    for kind, life in LIFE.items():
        mark = Mark(kind, hour_of(NOW), 1)
        assert lets_in(mark, NOW)
        assert lets_in(mark, NOW + life)
        assert not lets_in(mark, NOW + life + 2 * HOUR)
        assert not lets_in(mark, NOW - 2 * HOUR)  # of a clock that was wrong


def test_canaries_and_purchases_let_nobody_in_by_themselves() -> None:
    others = set(MARK_KINDS) - set(LIFE)
    assert others == {"canary", "bought"}
    assert not any(lets_in(Mark(kind, hour_of(NOW), 1), NOW) for kind in others)
    assert set(LIFE) > COUNTED


def test_the_same_client_has_the_same_mark_for_a_while() -> None:
    assert renews_at("playlist", NOW) == renews_at("playlist", NOW // DAY * DAY)
    assert NOW - renews_at("canary", NOW) < HOUR


def test_passes_of_a_household_are_counted_by_the_hour() -> None:
    homes = Households()
    assert [homes.take("a", NOW) for _ in range(3)] == [1, 2, 3]
    assert homes.take("b", NOW) == 1
    assert homes.take("a", NOW + HOUR) == 1


def test_a_household_is_near_a_pass_for_some_hours() -> None:
    homes, mark = Households(), Mark("page", hour_of(NOW), 1)
    assert homes.near("a", NOW) is None
    homes.has_shown("a", mark, NOW)
    assert homes.near("a", NOW + NEAR - 1) == mark
    assert homes.near("a", NOW + NEAR) is None
    assert homes.near("b", NOW) is None


def test_the_memory_of_households_is_bounded() -> None:
    homes, mark = Households(3), Mark("page", hour_of(NOW), 1)
    for number in range(10):
        homes.take(str(number), NOW)
        homes.has_shown(str(number), mark, NOW)
    assert len(homes) == 3
    assert homes.near("9", NOW) == mark
    assert homes.near("0", NOW) is None
