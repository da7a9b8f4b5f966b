"""What the line of a front's log can hold."""

from __future__ import annotations

import json

import pytest

from stagedoor.fronts.authorize.front_logs import MOST_LINE
from stagedoor.fronts.authorize.logged_fields import (
    MOST_OF_A_FIELD,
    MOST_OF_ALL,
    SHORT,
    fit,
    written,
)
from stagedoor.model.facts import Request


def asked(**fields: str) -> tuple[bytes, Request]:
    target = fields.pop("target", "/a.mp3")
    headers = tuple(fields.items())
    request = Request("GET", "x", "/a.mp3", target, fields.get("agent", ""), headers=headers)
    head = "\r\n".join([target, *(f"{name}: {value}" for name, value in headers)])
    return head.encode("latin-1"), request


@pytest.mark.parametrize("text", ["plain", 'a"b', "a\\b", "\x01", "caf\xe9", ""])
def test_nothing_is_longer_in_a_line_than_it_is_taken_for(text: str) -> None:
    assert len(json.dumps(text)) - 2 <= written(text)


def test_what_people_send_fits() -> None:
    head, request = asked(agent="Mozilla/5.0", cookie="a" * 20_000, authorization="b" * 20_000)
    assert len(head) > SHORT
    assert fit(head, request)
    assert fit(*asked(target="/?" + "a" * 8000, referer="b" * 8000))


def test_what_does_not() -> None:
    for name in ("target", "range", "x-forwarded-for", "agent", "referer"):
        assert not fit(*asked(**{name: '"' * (MOST_OF_A_FIELD // 2 + 1)})), name
    assert not fit(*asked(**{f"x-{number}": "a" * 13_000 for number in range(4)}))
    assert max(MOST_OF_ALL, 6 * SHORT) + 4096 < MOST_LINE  # and what a front adds
