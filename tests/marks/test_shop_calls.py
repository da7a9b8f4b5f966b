"""Calls of a shop: signed, of now, and once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from stagedoor.marks.shop_calls import SKEW, Calls, Order, order, signature

SECRET, BODY, NOW = b"s" * 32, b'{"paths": ["/a.zip"]}', 1_790_000_000.0
TIME, NONCE = str(int(NOW)), "order-0017"
SIGNED = signature(SECRET, TIME, NONCE, BODY)


def test_a_call_counts_once() -> None:
    calls = Calls()
    assert calls.fault(SECRET, TIME, NONCE, SIGNED.upper(), BODY, NOW) == ""
    assert "used before" in calls.fault(SECRET, TIME, NONCE, SIGNED, BODY, NOW + SKEW)


@pytest.mark.parametrize(
    ("time", "nonce", "said", "body", "fault"),
    [
        ("", NONCE, SIGNED, BODY, "Stagedoor-Time"),
        (str(int(NOW) + SKEW + 1), NONCE, SIGNED, BODY, "Stagedoor-Time"),
        (str(int(NOW) - SKEW - 1), NONCE, SIGNED, BODY, "Stagedoor-Time"),
        ("-5", NONCE, SIGNED, BODY, "Stagedoor-Time"),
        (TIME, "short", SIGNED, BODY, "Stagedoor-Nonce"),
        (TIME, "x" * 65, SIGNED, BODY, "Stagedoor-Nonce"),
        (TIME, "order 0017", SIGNED, BODY, "Stagedoor-Nonce"),
        (TIME, "order-0018", SIGNED, BODY, "Stagedoor-Signature"),
        (TIME, NONCE, SIGNED, BODY + b" ", "Stagedoor-Signature"),
        (TIME, NONCE, "", BODY, "Stagedoor-Signature"),
        (TIME, NONCE, "\udcff", BODY, "Stagedoor-Signature"),
        (str(int(NOW) + 1), NONCE, SIGNED, BODY, "Stagedoor-Signature"),
    ],
)
def test_a_call_that_is_not_as_it_should_be(
    time: str, nonce: str, said: str, body: bytes, fault: str
) -> None:
    assert fault in Calls().fault(SECRET, time, nonce, said, body, NOW)


def test_nonces_are_remembered_in_a_bounded_way() -> None:
    calls = Calls(most=3)
    for number in range(4):
        nonce = f"nonce-{number:04}"
        said = signature(SECRET, TIME, nonce, BODY)
        fault = calls.fault(SECRET, TIME, nonce, said, BODY, NOW)
        assert fault == ("" if number < 3 else "there are too many calls")
    later = NOW + 3 * SKEW
    said = signature(SECRET, str(int(later)), NONCE, BODY)
    assert calls.fault(SECRET, str(int(later)), NONCE, said, BODY, later) == ""


def test_an_order_is_read() -> None:
    assert order({"paths": ["/a.zip"]}) == Order(("/a.zip",), None, 0, "")
    found = order({"paths": ["/a", "/b/**"], "until": "2027-06-30", "count": 3, "note": "17"})
    assert found == Order(("/a", "/b/**"), date(2027, 6, 30), 3, "17")


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        ([], "no JSON object"),
        ({"paths": ["/a"], "path": 1}, "is not known"),
        ({}, "paths is a list"),
        ({"paths": []}, "paths is a list"),
        ({"paths": ["/a"] * 51}, "paths is a list"),
        ({"paths": ["a"]}, "begins with /"),
        ({"paths": [5]}, "begins with /"),
        ({"paths": ["/a"], "until": "soon"}, "until is a day"),
        ({"paths": ["/a"], "until": 5}, "until is a day"),
        ({"paths": ["/a"], "count": -1}, "count is a number"),
        ({"paths": ["/a"], "count": True}, "count is a number"),
        ({"paths": ["/a"], "count": "3"}, "count is a number"),
        ({"paths": ["/a"], "note": 5}, "note is a text"),
        ({"paths": ["/a"], "note": "x" * 201}, "note is a text"),
    ],
)
def test_a_wrong_order_is_named(found: Any, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        order(found)
