"""Whose page a request was sent by: own pages, nobody's, other sites'."""

from __future__ import annotations

import pytest

from making import FIREFOX, asks, mistakes, rules
from shippedpolicy import shipped_policy
from stagedoor.engine.order import judge
from stagedoor.identify.sent_from import sent_from
from stagedoor.model.facts import Request

OWN = "https://music.example.org/album/"
OTHER = "https://aggregator.example/top40"


def sent(host: str = "music.example.org", **headers: str) -> Request:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Request("GET", host, "/a.mp3", "/a.mp3", FIREFOX, named)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "none"),
        ({"referer": ""}, "none"),
        ({"referer": OWN}, "own"),
        ({"referer": "HTTPS://MUSIC.EXAMPLE.ORG:8443/x"}, "own"),
        ({"referer": "https://music.example.org./x"}, "own"),
        ({"referer": "http://www.music.example.org/"}, "own"),
        ({"referer": "https://example.org/"}, "own"),
        ({"referer": "https://shop.music.example.org/"}, "own"),
        ({"referer": OTHER}, "elsewhere"),
        ({"referer": "https://music.example.org.evil.example/"}, "elsewhere"),
        ({"referer": "https://notmusic.example.org/"}, "elsewhere"),
        ({"referer": "https://evil.example/?music.example.org"}, "elsewhere"),
        ({"referer": "https://org/"}, "elsewhere"),
        ({"origin": "https://music.example.org"}, "own"),
        ({"origin": "https://evil.example"}, "elsewhere"),
        ({"origin": "null"}, "none"),
        ({"origin": "null", "sec_fetch_site": "cross-site"}, "elsewhere"),
        ({"origin": "null", "referer": OWN}, "own"),
        ({"referer": OWN, "sec_fetch_site": "cross-site"}, "own"),  # by way of a counting service
        ({"referer": OTHER, "sec_fetch_site": "same-origin"}, "own"),  # the host was rewritten
        ({"sec_fetch_site": "same-origin"}, "own"),
        ({"sec_fetch_site": " Same-Site "}, "own"),
        ({"sec_fetch_site": "none"}, "none"),
        ({"sec_fetch_site": "cross-site"}, "elsewhere"),
        ({"sec_fetch_site": "nonsense"}, "none"),
        ({"referer": "android-app://com.example.player/"}, "none"),
        ({"referer": "android-app://com.example.player/", "sec_fetch_site": "cross-site"}, "none"),
        ({"origin": "moz-extension://1234", "sec_fetch_site": "cross-site"}, "none"),
        ({"referer": "https://[broken"}, "none"),
        ({"referer": "about:blank"}, "none"),
        ({"referer": "https://music-example-org.translate.goog/album/"}, "own"),
        ({"referer": "https://other-example-org.translate.goog/album/"}, "elsewhere"),
        ({"referer": "https://outer.example/", "x_forwarded_host": "outer.example"}, "own"),
    ],
)
def test_headers_that_name_a_page(headers: dict[str, str], expected: str) -> None:
    assert sent_from(sent(**headers)) == expected


def test_where_the_site_is_seen_is_its_own_too() -> None:
    inner = sent("127.0.0.1", referer="https://music.example.org/")
    assert sent_from(inner) == "elsewhere"
    assert sent_from(inner, "https://Music.example.org") == "own"
    assert sent_from(sent("127.0.0.1", referer=OTHER), "https://music.example.org") == "elsewhere"
    dashed = sent("my-site.example", referer="https://my--site-example.translate.goog/")
    assert sent_from(dashed) == "own"


RULE = "- {id: a, title: A, when: {request.from: WORD}, then: block}"


@pytest.mark.parametrize(
    ("word", "refused"), [("own", False), ("none", False), ("elsewhere", True)]
)
def test_rules_may_ask_for_it(word: str, refused: bool) -> None:
    policy = rules(RULE.replace("WORD", word))
    assert judge(policy, asks(FIREFOX, "/a.mp3", referer=OTHER)).verdict.refused is refused


def test_a_rule_knows_the_address_of_the_stance() -> None:
    rule = RULE.replace("WORD", "elsewhere")
    request = asks(FIREFOX, "/a.mp3", referer="https://my.example/")
    assert judge(rules(rule), request).verdict.refused
    seen = rules(rule, "publish: {address: 'https://my.example'}")
    assert not judge(seen, request).verdict.refused


def test_other_words_are_a_mistake() -> None:
    (mistake,) = mistakes({"20-a.yaml": RULE.replace("WORD", "abroad")})
    assert "own, none" in mistake


@pytest.mark.parametrize(("word", "action"), [("yes", "allow"), ("log", "log"), ("no", "block")])
def test_the_stance_says_what_becomes_of_embedded_recordings(word: str, action: str) -> None:
    policy = shipped_policy().assuming({"stance.others.embedded": word})
    request = asks(FIREFOX, "/a.mp3", referer=OTHER)
    assert judge(policy, request).verdict.action == action
