"""How long a verdict is good, and for what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from making import FIREFOX, GOOGLEBOT, GPTBOT
from stagedoor.engine.order import judge
from stagedoor.engine.transaction import Transaction
from stagedoor.fronts.authorize.lasting_verdicts import KEY, LISTENING, SETTLED, seconds
from stagedoor.load import rule_folder
from stagedoor.model.facts import Request
from stagedoor.resources.paths import normalise
from stagedoor.rules.policy import Policy


@pytest.fixture(scope="module")
def policy() -> Policy:
    return rule_folder.load()


def judged(policy: Policy, target: str, agent: str = FIREFOX, **more: Any) -> Transaction:
    fields = {"user-agent": agent, "accept-language": "en", **more.pop("fields", {})}
    request = Request(
        method=more.pop("method", "GET"),
        host="music.example",
        path=normalise(target),
        target=target,
        agent=agent,
        headers=tuple(fields.items()),
        address="198.51.100.7",
        first=fields,
        **more,
    )
    return judge(policy, request)


def test_for_a_minute_where_only_rules_decide(policy: Policy) -> None:
    assert seconds(judged(policy, "/about")) == SETTLED
    assert seconds(judged(policy, "/music/a.mp3", "Mozilla/5.0 zgrab/0.x")) == SETTLED
    assert not seconds(judged(policy, "/music/a.mp3", GPTBOT))  # it may be proven in a moment


def test_for_a_moment_where_listening_counts(policy: Policy) -> None:
    assert seconds(judged(policy, "/music/a.mp3")) == LISTENING


def test_not_at_all_where_each_request_counts(policy: Policy) -> None:
    assert not seconds(judged(policy, "/about", method="POST"))
    assert not seconds(judged(policy, "/about", fields={"authorization": "Bearer x"}))
    assert not seconds(judged(policy, "/about", fields={"signature": "x"}))
    assert not seconds(judged(policy, "/about", credentials="sent"))
    assert not seconds(judged(policy, "/about", GOOGLEBOT))  # what a crawler takes is evidence
    delayed = judged(policy, "/about")
    delayed.verdict = replace(delayed.verdict, action="delay", seconds=2.0)
    assert not seconds(delayed)


def test_not_where_a_rule_reads_another_header(policy: Policy) -> None:
    found = judged(policy, "/about")

    class Plan:
        uses = policy.uses | {"request.header.referer"}
        counts = False

    found.policy = replace(policy, plan=Plan())  # type: ignore[arg-type]
    assert not seconds(found)
    for field in ("request.from", "request.challenge"):  # found in Referer and cookies
        Plan.uses = policy.uses | {field}
        found.policy = replace(policy, plan=Plan())  # type: ignore[arg-type]
        assert not seconds(found), field
    Plan.uses = policy.uses | {"request.header.origin"}
    found.policy = replace(policy, plan=Plan())  # type: ignore[arg-type]
    assert seconds(found) == SETTLED
    Plan.counts = True
    assert not seconds(found)


@pytest.mark.parametrize("field", ["request.from", "request.challenge"])
def test_not_where_a_field_reads_headers_that_are_not_in_the_key(
    policy: Policy, field: str
) -> None:
    """Where a request comes from stands in Referer, and what a script has sent in X-Requested-With."""
    found = judged(policy, "/about")

    class Plan:
        uses = policy.uses | {field}
        counts = False

    found.policy = replace(policy, plan=Plan())  # type: ignore[arg-type]
    assert not seconds(found)


def test_not_where_a_fingerprint_may_decide(policy: Policy) -> None:
    """It comes in a header of the front's that is not in the key."""
    assert "client.traits" in policy.uses
    found = judged(policy, "/about")
    assert not seconds(found, fingerprinted=True)

    class Plan:
        uses = policy.uses - {"client.traits", "client.trait_count"}
        counts = False

    found.policy = replace(policy, plan=Plan())  # type: ignore[arg-type]
    assert seconds(found, fingerprinted=True) == SETTLED


def test_the_key_has_what_traits_read() -> None:
    """Browsers are told from programs by these; a key without one would mix the two up."""
    named = {name.lower() for name in KEY}
    for name in (
        "sec-fetch-dest",
        "accept-language",
        "sec-ch-ua",
        "range",
        "upgrade",
        "user-agent",
    ):
        assert name in named
