"""The one order of a request: what is asked for, what counts, and what counts once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from making import FIREFOX, GPTBOT, OVERCAST, REQUESTS, asks, rules
from making import policy as making_policy
from stagedoor.engine import order
from stagedoor.engine.needs import NO_EFFECTS, NO_NEEDS, Effects, Facts, Known, Received
from stagedoor.engine.transaction import Transaction
from stagedoor.identify.licences import Held
from stagedoor.model.facts import (
    Arrival,
    Behaviour,
    LicenceStanding,
    Mode,
    Rate,
    Resource,
)
from stagedoor.model.heard import Heard, Listening, Sentence
from stagedoor.rules.policy import Policy
from stagedoor.signals.meaning import Answer, Use
from stagedoor.signals.robots.access import read

PLAIN = "- {id: a, title: A, when: {client.purpose: ai-training}, then: block}"
COUNTING = """
- {id: slow, title: S, when: {resource: page}, then: {throttle: {requests: 2, per: 1m}}}
- {id: late, title: L, when: {resource: audio}, then: {throttle: {requests: 3, per: 1m}}}
- {id: many, title: M, when: {resource: audio, behaviour.recordings_last_hour: {over: 4}}, then: block}
- {id: bad, title: B, when: {behaviour.violations: {over: 1}}, then: {block: {status: 410}}}
"""
RATE = ("slow", Rate(2, 60.0))


def entered(policy: Policy, agent: str = FIREFOX, target: str = "/live") -> Transaction:
    transaction = Transaction(policy, asks(agent, target), Arrival())
    order.enter(transaction)
    return transaction


def test_rules_that_ask_for_nothing_need_nothing_and_leave_nothing() -> None:
    transaction = entered(rules(PLAIN))
    assert order.needs(transaction) is NO_NEEDS
    assert order.decide(transaction) is NO_EFFECTS
    assert transaction.verdict.action == "allow"


def test_only_rules_that_can_still_hold_ask_for_something() -> None:
    needs = order.needs(entered(rules(COUNTING)))
    assert needs.rates == (RATE,)
    assert needs.behaviour  # `bad` may hold for everybody
    audio = order.needs(entered(rules(COUNTING), target="/a.mp3"))
    assert [rule for rule, _ in audio.rates] == ["late"]


def test_a_decision_counts_nothing_itself_and_says_what_counts() -> None:
    transaction = entered(rules(COUNTING), target="/a.mp3")
    order.needs(transaction)
    effects = order.decide(transaction, Facts(known=Known(Behaviour(recordings=1))))
    assert effects == Effects(counted=True, recording="/a.mp3", rates=(("late", Rate(3, 60.0)),))


def test_another_resource_is_decided_again_and_counted_once() -> None:
    policy = rules(COUNTING)
    transaction = entered(policy)
    order.needs(transaction)
    assert order.decide(transaction).rates == (RATE,)
    assert not order.answered(transaction, transaction.resource)
    assert order.answered(transaction, Resource("audio", "/live", "type"))
    needs = order.needs(transaction)
    assert [rule for rule, _ in needs.rates] == ["late"]
    known = Known(Behaviour(recordings=5), {"late": 0.0})
    effects = order.decide_again(transaction, known)
    assert effects == Effects(rates=(("late", Rate(3, 60.0)),))
    assert transaction.verdict.rule == "many"
    again = order.decide_again(transaction, Known(waits={"late": 9.0}))
    assert again is NO_EFFECTS  # its rate was used up by this request already
    assert transaction.verdict.rule == "many"


def test_what_a_crawler_had_received_is_held_against_it_and_stays() -> None:
    policy = rules(COUNTING)
    transaction = entered(policy, GPTBOT, "/a.mp3")
    order.needs(transaction)
    robots = read(b"User-agent: GPTBot\nDisallow: /\n")
    received = Received(frozenset({"robots"}), "r", 1)
    effects = order.decide(transaction, Facts(None, Known(received=received), robots))
    assert effects.violated
    assert transaction.against
    assert transaction.verdict.rule == "bad"
    order.decide_again(transaction, Known(Behaviour(requests=7)))
    assert transaction.behaviour == Behaviour(
        requests=7, told=frozenset({"robots"}), violations=2, disallowed=True
    )


def test_traits_and_proof_belong_to_the_client_from_then_on() -> None:
    transaction = entered(rules(PLAIN), GPTBOT)
    transaction.assumed = frozenset({"odd-playback"})
    order.needs(transaction)
    order.decide(transaction, Facts(("verified", "in the list")))
    client = transaction.client
    assert (client.proof, client.why) == ("verified", "in the list")
    assert client.traits == {"odd-playback"}
    assert transaction.event().client is client


# -- credentials, licences, sentences --------------------------------------------------------------

ACCOUNTS = """
- {id: own, title: O, when: {request.credentials: accepted, client.purpose: http-library}, then: allow}
- {id: none, title: N, when: {any: [{client.purpose: http-library}, {client.purpose: ai-training}]}, then: block}
"""


def with_credentials(policy: Policy, agent: str, mode: Mode = "enforce") -> Transaction:
    request = replace(asks(agent, "/a.mp3"), credentials="sent")
    transaction = Transaction(policy, request, Arrival(), mode)
    order.enter(transaction)
    order.needs(transaction)
    order.decide(transaction)
    return transaction


def test_credentials_are_worth_checking_only_where_they_would_change_the_verdict() -> None:
    policy = rules(ACCOUNTS)
    refused = with_credentials(policy, REQUESTS)
    assert refused.verdict.action == "block"
    assert order.lets_in_logged_in(refused)
    assert order.logged_in(refused).credentials == "accepted"
    assert refused.request.credentials == "sent"  # nothing was checked yet
    assert not order.lets_in_logged_in(with_credentials(policy, GPTBOT))  # refused all the same
    assert not order.lets_in_logged_in(with_credentials(policy, FIREFOX))  # let in all the same


def test_in_observe_mode_credentials_are_checked_where_the_verdict_would_be_a_refusal() -> None:
    observed = with_credentials(rules(ACCOUNTS), REQUESTS, "observe")
    assert (observed.verdict.action, observed.verdict.would) == ("log", "block")
    assert order.lets_in_logged_in(observed)
    noted = rules("- {id: n, title: N, when: {client.purpose: http-library}, then: log}")
    assert not order.lets_in_logged_in(with_credentials(noted, REQUESTS, "observe"))


def test_a_request_without_credentials_is_not_asked_about_again() -> None:
    transaction = entered(rules(ACCOUNTS), REQUESTS, "/a.mp3")
    order.needs(transaction)
    order.decide(transaction)
    assert transaction.verdict.refused
    assert not order.lets_in_logged_in(transaction)


@pytest.mark.parametrize(
    ("standing", "status"),
    [("none", 402), ("unknown", 401), ("expired", 401), ("other-use", 403), ("asked", 503)],
)
def test_where_a_licence_is_asked_for_the_status_says_what_became_of_it(
    standing: LicenceStanding, status: int
) -> None:
    policy = rules("- {id: l, title: L, when: {client.purpose: ai-training}, then: license}")
    transaction = Transaction(policy, asks(GPTBOT, "/a.mp3"), Arrival())
    transaction.held = Held(standing)
    order.enter(transaction)
    order.needs(transaction)
    order.decide(transaction)
    assert (transaction.verdict.action, transaction.verdict.status) == ("license", status)


KEEPING = """
- {id: sweep, title: S, when: {resource: audio, behaviour.whole_recordings: {over: 2}}, then: {block: {for: 1h}}}
- {id: slow, title: L, when: {resource: audio}, then: {throttle: {requests: 3, per: 1m}}}
"""
MUCH = Behaviour(listening=Listening(household=Heard(whole_recordings=3)))


def test_a_sentence_begins_once_and_what_is_asked_for_under_it_is_ignoring_it() -> None:
    policy = rules(KEEPING)
    transaction = entered(policy, target="/a.mp3")
    assert order.needs(transaction).sentences == (("sweep", "household"),)
    effects = order.decide(transaction, Facts(known=Known(MUCH)))
    assert transaction.verdict.refused
    assert effects.sentence == Sentence("sweep", "household", 3600.0)
    assert effects.ignored == ""
    under = entered(policy, target="/b.mp3")
    order.needs(under)
    effects = order.decide(under, Facts(known=Known(waits={"sweep": 90.0})))
    assert (under.verdict.rule, under.verdict.seconds) == ("sweep", 90.0)
    assert (effects.sentence, effects.ignored) == (None, "/b.mp3")


def test_a_request_that_came_before_the_sentence_ignores_nothing() -> None:
    transaction = entered(rules(KEEPING), target="/a.mp3")
    order.needs(transaction)
    order.decide(transaction)
    assert not transaction.verdict.refused
    effects = order.decide_late(transaction, Known(waits={"sweep": 90.0}))
    assert (transaction.verdict.rule, transaction.verdict.seconds) == ("sweep", 90.0)
    assert effects is NO_EFFECTS or effects == Effects()


def test_what_was_sent_in_the_meantime_counts_when_the_site_answers() -> None:
    transaction = entered(rules(KEEPING), target="/a.mp3")
    order.needs(transaction)
    order.decide(transaction, Facts(known=Known(Behaviour(requests=7))))
    assert order.would_hold(transaction, Known(Behaviour(requests=9)))
    assert not order.would_hold(transaction, Known(MUCH))
    effects = order.decide_late(transaction, Known(MUCH))
    assert transaction.verdict.rule == "sweep"
    assert effects.sentence == Sentence("sweep", "household", 3600.0)
    assert transaction.behaviour == replace(MUCH, requests=7)
    assert transaction.waits == {}


def test_another_resource_keeps_what_was_heard_where_nothing_newer_is_known() -> None:
    transaction = entered(rules(KEEPING))
    order.needs(transaction)
    order.decide(transaction, Facts(known=Known(MUCH)))
    order.answered(transaction, Resource("audio", "/live", "type"))
    order.needs(transaction)
    order.decide_again(transaction, Known(Behaviour(requests=2)))
    assert transaction.behaviour == replace(MUCH, requests=2)
    assert transaction.verdict.rule == "sweep"


def test_who_follows_the_trap_is_remembered_for_an_hour() -> None:
    policy = rules("[]", "traps: yes")
    assert policy.trap
    for agent, method, seconds in (
        (REQUESTS, "GET", 3600.0),
        (REQUESTS, "HEAD", 0.0),
        (OVERCAST, "GET", 0.0),
    ):
        transaction = Transaction(policy, asks(agent, policy.trap, method=method), Arrival())
        order.enter(transaction)
        order.needs(transaction)
        assert order.decide(transaction).tripped == seconds


def test_a_recording_counts_under_its_tracks_name_and_only_where_it_is_let_in() -> None:
    policy = rules(KEEPING + "- {id: c, title: C, when: {behaviour.recordings_last_hour: {over: 99}, resource: audio}, then: block}")  # fmt: skip
    for method, recording in (("GET", "/hls/1"), ("HEAD", "")):
        transaction = Transaction(policy, asks(FIREFOX, "/hls/1/0.mp3", method=method), Arrival())
        order.enter(transaction)
        transaction.recording = "/hls/1"
        order.needs(transaction)
        effects = order.decide(transaction)
        assert (effects.counted, effects.recording) == (True, recording)


def test_the_way_of_a_request_whose_facts_are_at_hand_is_the_same() -> None:
    policy = rules(KEEPING)
    found = order.judge(policy, asks(FIREFOX, "/play"), "audio/mpeg", form="live", behaviour=MUCH)
    assert (found.resource.kind, found.resource.form) == ("audio", "live")
    assert found.verdict.rule == "sweep"
    known = order.judge_known(
        policy, asks(FIREFOX, "/a.mp3"), found.client, found.resource, waits={"slow": 5.0}
    )
    assert (known.verdict.action, known.verdict.seconds) == ("throttle", 5.0)
    signed = order.judge(policy, asks(FIREFOX), signer="https://signer.example")
    assert signed.signer == "https://signer.example"


def test_of_several_uses_the_one_that_is_refused_is_held_against_a_crawler() -> None:
    listed = """
        operator: Meta
        docs: https://example.org/bots
        reviewed: 2026-11-23
        crawlers:
          - {name: Both, token: Both, purpose: [search, ai-training]}
        """
    files = {"crawlers/both.yaml": listed, "10-test.yaml": COUNTING, "stance.yaml": ""}
    received = Received(frozenset({"headers"}), "", 0)
    answers: tuple[tuple[Mapping[Use, Answer | None], bool], ...] = (
        ({"train": "no", "search": "yes"}, True),
        ({"train": "yes", "search": "no"}, True),
        ({"train": "yes", "search": "yes"}, False),
        ({}, False),
    )
    for published, violated in answers:
        transaction = entered(making_policy(files), "Both/1.0", "/a.mp3")
        assert transaction.client.purposes == ("search", "ai-training")
        order.needs(transaction)
        facts = Facts(known=Known(received=received), published=published)
        assert order.decide(transaction, facts).violated is violated


def test_assumed_traits_of_a_case_reach_the_decision() -> None:
    policy = rules("- {id: t, title: T, when: {client.traits: odd-playback}, then: block}")
    found = order.judge(policy, asks(FIREFOX, "/a.mp3"), assumed=frozenset({"odd-playback"}))
    assert found.verdict.rule == "t"


@pytest.mark.parametrize(
    ("arrival", "direct"),
    [
        (None, False),
        (Arrival(), False),
        (Arrival(proxied=False), True),
        (Arrival(proxied=False, between="Cloudflare"), False),
    ],
)
def test_whether_the_connection_was_the_clients_own(arrival: Arrival | None, direct: bool) -> None:
    event = Transaction(making_policy(), asks(GPTBOT, "/a.mp3"), arrival).event()
    assert event.direct is direct
