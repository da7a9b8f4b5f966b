"""The trap link: where it stands, who trips and who does not."""

from __future__ import annotations

import pytest

from making import FIREFOX, GOOGLEBOT, GPTBOT, OVERCAST, REQUESTS, asks, rules
from stagedoor.config.stance import Stance
from stagedoor.engine import order
from stagedoor.engine.needs import NO_FACTS
from stagedoor.engine.order import judge
from stagedoor.engine.transaction import Transaction
from stagedoor.model.facts import Request
from stagedoor.publish.publication import published
from stagedoor.rules.policy import Policy
from stagedoor.rules.trap import trap_path
from stagedoor.signals.html.insertion import Inserter, Tags
from stagedoor.signals.robots.access import decide
from stagedoor.signals.robots.lines import read

NAVIGATES = {"sec_fetch_dest": "document", "sec_fetch_mode": "navigate"}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return rules("- {id: a, title: A, when: {resource: audio}, then: log}", "traps: yes")


def tripped(policy: Policy, request: Request) -> float:
    transaction = Transaction(policy, request)
    order.enter(transaction)
    order.needs(transaction)
    return order.decide(transaction, NO_FACTS).tripped


@pytest.mark.parametrize("agent", [FIREFOX, REQUESTS, GPTBOT, "Zorbulon", ""])
def test_a_program_that_follows_every_link_trips(policy: Policy, agent: str) -> None:
    assert tripped(policy, asks(agent, policy.trap)) == 3600.0
    assert tripped(policy, asks(agent, policy.trap, **NAVIGATES)) == 3600.0
    assert tripped(policy, asks(agent, policy.trap + "x")) == 0.0
    assert tripped(policy, asks(agent, "/about")) == 0.0


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_purpose": "prefetch"},
        {"sec_purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x_moz": "prefetch"},
        {"x_purpose": "preview"},
        {"sec_fetch_dest": "empty", "sec_fetch_mode": "cors"},  # an extension, or the page itself
        {"sec_fetch_dest": "serviceworker"},
    ],
)
def test_what_fetches_ahead_and_what_scripts_fetch_does_not(
    policy: Policy, headers: dict[str, str]
) -> None:
    assert tripped(policy, asks(FIREFOX, policy.trap, **headers)) == 0.0


@pytest.mark.parametrize(
    ("headers", "trips"),
    [
        ({**NAVIGATES, "sec_fetch_site": "same-origin"}, True),
        ({**NAVIGATES, "sec_fetch_site": "none"}, True),
        ({**NAVIGATES, "sec_fetch_site": "cross-site"}, False),
        ({**NAVIGATES, "sec_fetch_site": "same-site"}, False),
        ({"referer": "http://example.org/about"}, True),
        ({"referer": "https://EXAMPLE.org:8443"}, True),
        ({"referer": "nonsense"}, True),
        ({"referer": "https://prank.example/"}, False),
        ({"referer": "https://example.org.prank.example/"}, False),
    ],
)
def test_nor_does_a_listener_whom_another_site_sends_there(
    policy: Policy, headers: dict[str, str], trips: bool
) -> None:
    request = asks(FIREFOX, policy.trap, **headers)
    assert (tripped(policy, request) > 0) is trips


def test_nor_do_those_who_only_look_whether_a_link_works_or_read_feeds(policy: Policy) -> None:
    assert tripped(policy, asks(FIREFOX, policy.trap, method="HEAD")) == 0.0
    assert tripped(policy, asks(OVERCAST, policy.trap)) == 0.0
    assert tripped(policy, asks(GOOGLEBOT, policy.trap)) == 0.0


def test_without_the_word_there_is_none(policy: Policy) -> None:
    off = rules("- {id: a, title: A, when: {resource: audio}, then: log}")
    assert off.trap == ""
    assert tripped(off, asks(FIREFOX, policy.trap)) == 0.0
    assert published(off.stance, off.catalogue).trap == ""
    silent = Stance.model_validate({"traps": "yes", "publish": {"robots": "no"}})
    assert trap_path(silent) == ""
    assert published(silent, off.catalogue).trap == ""


@pytest.mark.parametrize(
    "site",
    [
        None,
        b"",
        b"User-agent: *\nAllow: /\n",
        b"User-agent: Googlebot\nDisallow: /private\n\nUser-agent: *\nDisallow:\n",
        b"User-agent: Googlebot\nAllow: /\n",
    ],
)
def test_robots_txt_forbids_it_to_everybody(policy: Policy, site: bytes | None) -> None:
    said = published(policy.stance, policy.catalogue)
    text = said.robots(site).text
    for token in ("Googlebot", "Zorbulon", "GPTBot", "bingbot"):
        assert not decide(read(text), token, policy.trap).allowed, token
    assert decide(read(text), "Zorbulon", "/about").allowed
    assert said.robots(text).text == text


def test_the_path_is_the_sites_own() -> None:
    one = Stance.model_validate({"traps": "yes", "artist": {"name": "A"}})
    other = Stance.model_validate({"traps": "yes", "artist": {"name": "B"}})
    assert trap_path(one) != trap_path(other)
    assert judge(rules("- {id: a, title: A, when: {resource: page}, then: log}", "traps: yes"),
                 asks(FIREFOX, trap_path(one))).resource.kind == "page"  # fmt: skip


@pytest.mark.parametrize("pieces", [1, 7])
@pytest.mark.parametrize("coding", ["utf-8", "utf-16le"])
def test_it_stands_once_behind_a_page(policy: Policy, pieces: int, coding: str) -> None:
    said = published(policy.stance, policy.catalogue)
    page = "<!doctype html><html><head><title>A</title></head><body>B</body></html>\n"
    data = page.encode(coding)
    inserter = Inserter(Tags.of(said.tags, said.trap), coding)
    out = b"".join(inserter.feed(data[at : at + pieces]) for at in range(0, len(data), pieces))
    text = (out + inserter.finish()).decode(coding)
    assert (f"<body>{said.trap}B" in text) is (coding == "utf-8")
    assert text.endswith(f"</html>\n{said.trap}") is (coding != "utf-8")
    assert text.count(policy.trap) == 1
    bare = Inserter(Tags.of(said.tags, said.trap).without_link(), coding)
    assert policy.trap not in (bare.feed(data) + bare.finish()).decode(coding)


def test_what_is_no_page_and_what_is_xml_gets_none(policy: Policy) -> None:
    said = published(policy.stance, policy.catalogue)
    tags = Tags.of(said.tags, said.trap)
    for data, xml in (
        (b"<?xml version='1.0'?><rss><channel/></rss>", False),
        (b"#EXTM3U\na.ts\n", False),
        (b"{}", False),
        (b"<html xmlns='http://www.w3.org/1999/xhtml'><head><title/></head><body/></html>", True),
    ):
        inserter = Inserter(tags, "utf-8", xml=xml)
        assert policy.trap.encode() not in inserter.feed(data) + inserter.finish()


def test_a_page_with_the_link_is_another_one_to_caches() -> None:
    assert Tags.of("", "<a></a>").marker != Tags.of("", "<b></b>").marker
    both = Tags.of("", "<a></a>")
    assert both.without_link().marker == both.marker
