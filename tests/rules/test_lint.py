"""What is surely a mistake is reported with place and fix; other things are not."""

from __future__ import annotations

import pytest

from making import rules

KEPT = """
- {id: kept, title: Kept, when: {client.purpose: [ai-training, ai-input]}, then: block}
"""
"""Keeps the stance of the small policy, so that only what is tested is reported."""


def advice(text: str, stance: str = "") -> list[str]:
    """What is reported about these rules, besides the missing contact."""
    found = rules(text, stance + "\nartist: {contact: 'mailto:a@b.example'}").advice
    return [str(problem) for problem in found]


def rule(when: str, then: str = "block", name: str = "mine", more: str = "") -> str:
    return f"- {{id: {name}, title: T, when: {{{when}}}, then: {then}{more}}}\n"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("client.purpose: seo", "client.purpose: seo"),
        ("client.purpose: [seo, archive]", "client.purpose: seo"),
        ("client.purpose: seo", "client.purpose: seo, resource: audio"),
        ("resource: [audio, page]", "{any: [{resource: audio}, {resource: page}]}"),
        ("request.path: /music/**", "request.path: /music/live/**"),
        ("request.path: /music/**", "request.path: /music/a.mp3"),
        ("request.path: /music/*", "request.path: /music/*"),
        ("not: {client.purpose: browser}", "all: [{client.purpose: seo}, {resource: audio}]"),
        ("not: {client.purpose: browser}", "client.name: [GPTBot, Googlebot], resource: audio"),
        ("request.path: /**", "request.path: {re: x}"),
        ("request.agent: '*bot*'", "request.agent: somebot"),
        ("request.address: 10.0.0.0/8", "request.address: [10.1.0.0/16, 10.2.3.4]"),
        (
            "behaviour.requests_last_minute: {over: 10}",
            "behaviour.requests_last_minute: {over: 20}",
        ),
        ("behaviour.known_for: {under: 1h}", "behaviour.known_for: {at_most: 5m}"),
        ("client.purpose: ai-training", "client.name: GPTBot"),  # the catalogue knows
        ("client.operator: openai", "client.name: [GPTBot, ChatGPT-User]"),
        ("not: {client.purpose: browser}", "client.purpose: seo"),
        ("not: {client.purpose: browser}", "client.name: GPTBot"),
        ("not: {resource: audio}", "not: {resource: [audio, page]}"),
        ("{any: [{resource: audio}, {client.purpose: seo}]}", "client.purpose: seo"),
        ("", "client.purpose: seo"),
        ("stance.ai.train: no, client.purpose: seo", "client.purpose: seo, resource: page"),
        (
            "request.header.cookie: {present: yes}",
            "request.header.cookie: {present: yes}, resource: page",
        ),
    ],
)
def test_a_rule_that_can_never_be_reached(first: str, second: str) -> None:
    def block(when: str) -> str:
        return when.strip("{}") if when.startswith("{any") else when

    text = rule(block(first), name="first") + rule(block(second), name="second") + KEPT
    told = [line for line in advice(text) if '"second"' in line]
    assert told == [
        '10-test.yaml:2:3: rule "second" can never be reached: "first" (10-test.yaml:1:3) decides '
        "all of it before — put it before that one, or take it out"
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("client.purpose: seo", "client.purpose: [seo, archive]"),
        ("client.purpose: seo, resource: audio", "client.purpose: seo"),
        ("request.path: /music/**", "request.path: /**"),
        ("request.path: /music/*", "request.path: /music/live/**"),
        ("request.path: /music/**", "request.path: {re: ^/music/}"),
        ("request.agent: bot", "request.agent: '*bot*'"),
        ("request.address: 10.0.0.0/8", "request.address: [10.1.0.0/16, 192.0.2.1]"),
        (
            "behaviour.requests_last_minute: {over: 20}",
            "behaviour.requests_last_minute: {over: 10}",
        ),
        ("client.name: GPTBot", "client.purpose: ai-training"),
        ("client.purpose: ai-training", "client.name: [GPTBot, Googlebot]"),
        ("client.purpose: ai-training", "client.name: unknown"),
        ("client.traits: no-fetch-metadata", "client.traits: tls-not-a-browser"),
        ("request.header.cookie: {present: yes}", "request.header.cookie: a"),
        ("request.header.cookie: a", "request.header.cookie: {present: yes}"),
        ("request.method: GET", "request.method: [GET, HEAD]"),
        ("not: {client.purpose: ai-training}", "client.name: [GPTBot, Googlebot], resource: audio"),
        ("not: {client.name: GPTBot}", "client.purpose: ai-training"),
        ("not: {request.header.cookie: a}", "request.header.cookie: {present: yes}"),
        ("not: {all: [{resource: audio}, {client.purpose: seo}]}", "resource: [audio, page]"),
        ("not: {client.purpose: browser}", "client.purpose: [seo, browser]"),
        ("stance.ai.train: yes, client.purpose: seo", "client.purpose: seo"),
        ("any: [{resource: audio}, {client.purpose: seo}]", "resource: [audio, page]"),
    ],
)
def test_a_rule_that_may_be_reached_is_not_told(first: str, second: str) -> None:
    text = rule(first, name="first") + rule(second, name="second") + KEPT
    assert [x for x in advice(text) if 'rule "second" can never' in x] == []


@pytest.mark.parametrize(
    "then", ["log", "{throttle: {requests: 3, per: 1m}}", "block, observe: yes"]
)
def test_what_lets_others_go_on_hides_nobody(then: str) -> None:
    text = rule("client.purpose: seo", then, "first") + rule("client.purpose: seo", name="second")
    assert [line for line in advice(text + KEPT) if "reached" in line] == []


@pytest.mark.parametrize(
    "when",
    [
        "resource: audio, all: [{resource: page}]",
        "client.purpose: seo, not: {client.purpose: [seo, archive]}",
        "client.name: GPTBot, client.purpose: seo",
        "request.address: 10.0.0.0/8, all: [{request.address: 192.0.2.0/24}]",
        "behaviour.known_for: {under: 1m}, all: [{behaviour.known_for: {over: 1h}}]",
        "request.method: GET, all: [{request.method: POST}]",
        "request.path: /a, all: [{request.path: /b}]",
        "request.header.cookie: {present: yes}, all: [{request.header.cookie: {present: no}}]",
    ],
)
def test_a_rule_that_can_never_hold(when: str) -> None:
    (line,) = [line for line in advice(rule(when) + KEPT) if "never hold" in line]
    assert line.startswith('10-test.yaml:1:3: rule "mine" can never hold — ')


def test_several_traits_may_hold_at_once() -> None:
    when = "client.traits: no-fetch-metadata, all: [{client.traits: tls-not-a-browser}]"
    assert advice(rule(when) + KEPT) == []


def test_a_rule_about_signal_files_alone_is_told() -> None:
    (line,) = [x for x in advice(rule("resource: signal") + KEPT) if "signal files" in x]
    assert line.endswith("which are never refused — take it out")


@pytest.mark.parametrize(
    ("when", "open_"),
    [
        ("", True),
        ("resource: audio", True),
        ("resource: [page, audio], request.method: GET", True),
        ("request.path: /**", True),
        ("not: {resource: page}", True),
        ("resource: page", False),
        ("resource: audio, client.purpose: podcast-app", False),
        ("resource: audio, request.path: /free/**", False),  # samples are somebody's decision
        ("resource: audio, request.address: 10.0.0.0/8", False),
        ("resource: audio, request.agent: MyPlayer/*", False),
        ("not: {resource: [audio, playlist, download]}", False),
    ],
)
def test_an_allow_that_opens_recordings_to_everybody(when: str, open_: bool) -> None:
    told = [line for line in advice(rule(when, "allow") + KEPT) if "to everybody" in line]
    assert bool(told) is open_
    assert not [x for x in advice(rule(when, "log") + KEPT) if "to everybody" in x]


def test_a_stance_that_no_rule_keeps_is_told() -> None:
    told = advice("")
    assert (
        "stance.yaml:2:1: ai.train: no is published, and nothing refuses GPTBot — change one of them"
        in told
    )
    assert advice(KEPT) == []


def test_a_rule_that_lets_in_whom_the_stance_refuses_is_told() -> None:
    (line,) = advice(rule("client.name: GPTBot", "allow") + KEPT)
    assert line == (
        '10-test.yaml:1:3: ai.train: no is published, and rule "mine" lets in GPTBot'
        " — change one of them"
    )


def test_a_rule_that_refuses_whom_the_stance_lets_in_is_told() -> None:
    (line,) = advice(rule("client.purpose: search") + KEPT)
    assert line == (
        '10-test.yaml:1:3: ai.search: yes is published, and rule "mine" refuses Googlebot'
        " — change one of them"
    )
    recordings = rule("client.purpose: search, resource: audio")
    assert advice(recordings + KEPT) == []  # search engines index pages


def test_a_rule_that_is_only_observed_keeps_the_stance_well_enough() -> None:
    assert advice(KEPT.replace("then: block", "then: block, observe: yes")) == []


def test_more_rules_than_can_be_compared_are_said_to_be_too_many() -> None:
    text = "".join(rule(f"request.path: /{n}/**", name=f"r{n}") for n in range(900))
    (told,) = advice(KEPT + text)
    assert "901 rules are too many, or too long, to compare each with all before it" in told
