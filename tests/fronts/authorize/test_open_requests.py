"""Requests that were let in, found again by what a log line says."""

from __future__ import annotations

import pytest

from stagedoor.engine.order import judge
from stagedoor.engine.transaction import Transaction
from stagedoor.fronts.authorize.open_requests import OpenRequests, key_of
from stagedoor.load import rule_folder
from stagedoor.model.facts import Request
from stagedoor.rules.policy import Policy


@pytest.fixture(scope="module")
def policy() -> Policy:
    return rule_folder.load()


def asked(policy: Policy, asked: str = "", target: str = "/a.mp3") -> Transaction:
    headers = (("Range", asked),) if asked else ()
    first = {"range": asked} if asked else {}
    request = Request(
        "GET", "x", target, target, "Firefox", headers=headers, address="198.51.100.7", first=first
    )
    return judge(policy, request)


def test_a_range_is_a_request_of_its_own(policy: Policy) -> None:
    """A program that takes a recording in sixteen pieces at once has sixteen requests under way."""
    kept = OpenRequests()
    first, second = asked(policy, "bytes=0-9"), asked(policy, "bytes=10-19")
    assert kept.keep(first) is None
    assert kept.keep(second) is None
    assert kept.find(key_of(first.request)) is first
    again = asked(policy, "bytes=0-9")
    assert kept.keep(again) is first
    assert kept.find(key_of(first.request)) is again


def test_where_one_of_them_says_no_range_it_is_the_latest(policy: Policy) -> None:
    kept = OpenRequests()
    other, one = asked(policy, target="/b.mp3"), asked(policy, "bytes=0-9")
    kept.keep(other)
    kept.keep(one)
    assert kept.find(("198.51.100.7", "GET", "/b.mp3", "Firefox", "bytes=5-")) is other
    assert kept.find(("198.51.100.7", "GET", "/a.mp3", "Firefox", "")) is one
    assert kept.find(("198.51.100.8", "GET", "/a.mp3", "Firefox", "")) is None


def test_it_is_bounded(policy: Policy) -> None:
    kept = OpenRequests(2)
    ways = [asked(policy, target=f"/{number}.mp3") for number in range(4)]
    for one in ways:
        kept.keep(one)
    assert len(kept) == 2
    assert [kept.find(key_of(one.request)) for one in ways] == [None, None, *ways[2:]]
