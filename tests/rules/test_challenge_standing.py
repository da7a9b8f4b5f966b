"""Who can be challenged, and who never."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from making import FIREFOX, GOOGLEBOT, OVERCAST, REQUESTS, asks, mistakes, policy, rules
from stagedoor.engine.cases import run_cases
from stagedoor.engine.order import judge
from stagedoor.model.facts import PURPOSES, Behaviour, Client, Kind, Resource
from stagedoor.rules.challenge_standing import challenge_standing
from stagedoor.rules.policy import Policy

NAVIGATES = {"sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
W3M = "text/html, text/*;q=0.5, image/*, application/*, audio/*, video/*"


@pytest.fixture(scope="module")
def challenging() -> Policy:
    return rules("- {id: cost, title: Pages cost, when: {client.name: {}}, then: challenge}".replace(
        "{client.name: {}}", "{request.host: '*'}"))  # fmt: skip


def action(of: Policy, agent: str = FIREFOX, target: str = "/about", **headers: str) -> str:
    return judge(of, asks(agent, target, **headers)).verdict.action


@pytest.mark.parametrize(
    "headers",
    [
        {},
        NAVIGATES,
        {"accept": HTML, **NAVIGATES},
        {"accept": W3M},
        {"accept": "*/*"},
        {"accept": "application/xhtml+xml"},
        {"accept": HTML, "cookie": "theme=dark"},
        {"sec_purpose": "prefetch", **NAVIGATES},
    ],
)
def test_who_opens_a_page_is_challenged(challenging: Policy, headers: dict[str, str]) -> None:
    for agent in (FIREFOX, REQUESTS, "Zorbulon", "", GOOGLEBOT):
        assert action(challenging, agent, **headers) == "challenge"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_mode": "cors", "sec_fetch_dest": "empty"},
        {"sec_fetch_mode": "no-cors", "sec_fetch_dest": "audio"},
        {"sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"},
        {"sec_fetch_mode": "websocket"},
        {"upgrade": "websocket"},
        {"range": "bytes=0-"},
        {"icy_metadata": "1"},
        {"x_requested_with": "XMLHttpRequest"},
        {"accept": "application/json"},
        {"accept": "audio/*;q=0.9"},
        {"accept": "application/rss+xml, application/atom+xml, text/html;q=0.5, */*;q=0.1"},
    ],
)
def test_what_opens_no_page_is_not(challenging: Policy, headers: dict[str, str]) -> None:
    assert action(challenging, **headers) == "allow"


@pytest.mark.parametrize(
    "target", ["/a.mp3", "/feed.xml", "/robots.txt", "/a.m3u", "/a.png", "/a.css", "/rest/ping"]
)
def test_what_is_no_page_is_not(challenging: Policy, target: str) -> None:
    assert action(challenging, target=target, accept=HTML) == "allow"


def test_programs_that_people_listen_with_are_not(challenging: Policy) -> None:
    assert action(challenging, OVERCAST) == "allow"


def standing(client: Client, kind: Kind = "page", method: str = "GET", **more: object) -> str:
    request = replace(asks(FIREFOX, "/about"), method=method, **more)  # type: ignore[arg-type]
    return challenge_standing(request, client, Resource(kind, "/about"), Behaviour())


def test_by_purpose_and_proof() -> None:
    media = {"subsonic-client", "podcast-app", "feed-reader", "cast-device", "music-player"}
    for purpose in PURPOSES:
        for proof in ("verified", "unverified", "spoofed"):
            client = Client("x", "", purpose, proof)
            search = purpose in {"search", "ai-search"} and proof == "verified"
            expected = "never" if purpose in media or search else "open"
            assert standing(client) == expected
    both = Client("x", "", "ai-training", "verified", further=("search",))
    assert standing(both) == "never"


def test_by_what_else_it_shows() -> None:
    browser = Client("Firefox", "", "browser")
    assert standing(browser, solved=True) == "solved"
    assert standing(browser, credentials="sent") == "never"
    assert standing(browser, credentials="accepted") == "never"
    assert standing(replace(browser, licence="valid")) == "never"
    for method in ("HEAD", "POST", "OPTIONS", "PUT"):
        assert standing(browser, method=method) == "never"
    for kind in get_args(Kind):
        assert standing(browser, kind) == ("open" if kind == "page" else "never")


def test_later_rules_are_asked_where_nobody_can_be_challenged() -> None:
    both = rules(
        "- {id: a, title: A, when: {request.host: '*'}, then: challenge}\n"
        "- {id: b, title: B, when: {resource: audio}, then: block}"
    )
    assert judge(both, asks(FIREFOX, "/a.mp3")).verdict.rule == "b"
    assert judge(both, asks(FIREFOX, "/about")).verdict.rule == "a"
    assert judge(both, replace(asks(FIREFOX, "/about"), solved=True)).verdict.rule == ""
    seen = judge(both, asks(FIREFOX, "/about"), mode="observe").verdict
    assert (seen.action, seen.label) == ("log", "would-challenge")


def test_how_much_it_asks_for() -> None:
    plain = rules("- {id: a, title: A, when: {resource: page}, then: challenge}")
    verdict = judge(plain, asks(FIREFOX, "/about")).verdict
    assert (verdict.bits, verdict.seconds, verdict.status) == (14, 5.0, 403)
    more = rules(
        "- {id: a, title: A, when: {resource: page}, then: {challenge: {bits: 17, wait: 20s}}}"
    )
    verdict = judge(more, asks(FIREFOX, "/about")).verdict
    assert (verdict.bits, verdict.seconds) == (17, 20.0)
    assert plain.challenges
    assert not policy().challenges


@pytest.mark.parametrize(
    "said", ["{bits: 3}", "{bits: 25}", "{wait: 0.5s}", "{wait: 2m}", "{bit: 9}"]
)
def test_what_it_cannot_ask_for_is_a_mistake(said: str) -> None:
    rule = f"- {{id: a, title: A, when: {{resource: page}}, then: {{challenge: {said}}}}}"
    assert len(mistakes({"20-a.yaml": rule})) == 1


def test_cases_may_expect_it() -> None:
    rule = """
    - id: cost
      title: Pages cost a little
      when: {resource: page}
      then: challenge
      cases:
        - {ua: Firefox/140.0, get: /about, expect: challenge}
        - {ua: Firefox/140.0, get: /about, solved: yes, expect: allow}
        - {ua: Overcast/3.0, get: /about, expect: allow}
        - {ua: Firefox/140.0, get: /about, credentials: sent, expect: allow}
        - {ua: Googlebot/2.1, get: /about, proof: verified, expect: challenge}
    """
    count, failures = run_cases(policy({"20-a.yaml": rule}))
    assert count == 5
    # A proof counts where one can be had: the toy catalogue has none.
    assert failures == []


def test_a_rule_may_ask_whether_one_was_solved() -> None:
    of = rules("- {id: a, title: A, when: {request.challenge: solved}, then: log}")
    assert judge(of, replace(asks(FIREFOX, "/about"), solved=True)).verdict.rule == "a"
    assert judge(of, asks(FIREFOX, "/about")).verdict.rule == ""
