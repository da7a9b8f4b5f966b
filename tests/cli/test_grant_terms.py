"""What licences and sold passes have in common."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from stagedoor.cli import grant_terms
from stagedoor.model.errors import StagedoorError


def test_a_day_is_today_or_later() -> None:
    today = grant_terms.today()
    assert grant_terms.until(None) is None
    assert grant_terms.until(today.isoformat()) == today
    assert grant_terms.until("2999-06-30") == date(2999, 6, 30)
    over = (today - timedelta(days=2)).isoformat()
    for text, why in (("soon", "that is no day"), (over, "that day is over")):
        with pytest.raises(StagedoorError, match=re.escape(f"--until {text}: {why}")):
            grant_terms.until(text)


def test_what_has_become_of_one() -> None:
    today = grant_terms.today()
    yesterday = today - timedelta(days=1)
    assert grant_terms.standing(None, None) == "in force"
    assert grant_terms.standing(None, today + timedelta(days=1)) == "in force"
    assert grant_terms.standing(None, yesterday) == f"over since {yesterday}"
    assert grant_terms.standing(today, yesterday) == f"revoked on {today}"
