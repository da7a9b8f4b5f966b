"""What changed between two texts: sixty generated pairs, and what each report must say."""

from __future__ import annotations

from collections import Counter

import pytest

import termpairs
from platformrules import of, read, rules
from stagedoor.platforms.changes import as_text, compare
from termpairs import Pair

PAIRS = tuple(termpairs.pairs())


def test_there_are_sixty_pairs_of_seven_kinds() -> None:
    assert len(PAIRS) == 60
    assert Counter(pair.kind for pair in PAIRS) == termpairs.KINDS


@pytest.mark.parametrize("pair", PAIRS, ids=[pair.name for pair in PAIRS])
def test_no_false_alarm_and_no_miss(pair: Pair) -> None:
    before, after = read(pair.before), read(pair.after)
    assert before.words > 100
    found = compare(before, after, rules())
    if pair.kind in {"formatting", "date", "language"}:
        as_wanted = {pair.kind, "same"} if pair.kind == "formatting" else {pair.kind}
        assert found.outcome in as_wanted
        assert found.changes == ()
        assert found.is_change == (pair.kind == "language")
        return
    assert found.outcome == "changed"
    assert found.silent == (before.updated == after.updated)
    (change,) = found.changes
    assert change.kind == pair.kind
    assert pair.clause in change.classes
    gained, lost = ({c.class_ for c in side} for side in (found.gained, found.lost))
    assert (pair.clause in gained) == (pair.kind in {"added", "reworded"})
    assert (pair.clause in lost) == (pair.kind in {"removed", "reworded"})


def test_a_page_in_another_language_shows_which_clauses_it_has_not() -> None:
    pair = next(pair for pair in PAIRS if pair.kind == "language")
    found = compare(read(pair.before), read(pair.after), rules())
    assert found.languages[0] != found.languages[1]
    assert pair.clause in {clause.class_ for clause in found.lost}


def test_a_change_with_the_old_date_is_called_silent() -> None:
    old = of(["Last updated: 3 March 2024", *termpairs.PLAIN["en"]])
    sentence = termpairs.AI["en"][0][0]
    new = of(["Last updated: 3 March 2024", *termpairs.PLAIN["en"], sentence])
    dated = of(["Last updated: 4 March 2024", *termpairs.PLAIN["en"], sentence])
    assert compare(old, new, rules()).silent
    assert not compare(old, dated, rules()).silent
    assert old.updated == "2024-03-03"


def test_the_diff_says_what_went_and_what_came_word_by_word() -> None:
    old = of([*termpairs.PLAIN["en"], "You agree that we may use tracks to train AI at night."])
    new = of([*termpairs.PLAIN["en"], "You agree that we may use tracks to train AI at any time."])
    (line,) = as_text(compare(old, new, rules()))
    assert line == (
        "~ You agree that we may use tracks to train AI at [-night.-] {+any time.+}   "
        "[grants-platform]"
    )
