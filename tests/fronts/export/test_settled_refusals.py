"""What a proxy refuses by itself, held against the engine: never a refusal that the engine would not give."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from making import FIREFOX, GPTBOT
from stagedoor.engine.order import judge
from stagedoor.fronts.export.nginx_files import BROWSER
from stagedoor.fronts.export.settled_refusals import (
    LONGEST,
    MOST_TEXT,
    NOTHING,
    Refusals,
    settled_refusals,
)
from stagedoor.identify.licences import NO_LICENCE
from stagedoor.load import rule_folder
from stagedoor.model.facts import Behaviour, Proof, Request
from stagedoor.resources.paths import normalise
from stagedoor.rules.policy import Policy

TARGETS = (
    *("/", "/about", "/music/a.mp3", "/feed.xml", "/hls/index.m3u8", "/rest/stream?id=7", "/a.zip"),
    *("/robots.txt", "/robots.txt?v=2", "/%72obots.txt", "/.well-known/tdmrep.json", "/ai.txt"),
    *("//robots.txt", "/robots.txt/a.mp3", "/cover.jpg", "/api/x", "/.well-known/../music/a.mp3"),
)
PROOFS: tuple[Proof, ...] = ("unverified", "verified", "spoofed")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return rule_folder.load()


@pytest.fixture(scope="module")
def refusals(policy: Policy) -> Refusals:
    return settled_refusals(policy, "enforce")


def agents(policy: Policy, count: int) -> Iterator[str]:
    """Real agents, and what may become of them: joined, cut, in other letters, with other signs."""
    chance = random.Random(16)
    real = sorted({a for s in policy.catalogue.signatures for a in s.examples.match})
    tokens = sorted({t for s in policy.catalogue.signatures for t in s.tokens})
    for number in range(count):
        one, other = chance.choice(real), chance.choice(real)
        match number % 10:
            case 0:
                yield f"{one} {other}"
            case 1:
                yield one.swapcase()
            case 2:
                yield one[: chance.randrange(len(one) + 1)]
            case 3:
                yield chance.choice(tokens)
            case 4:
                yield f"x{chance.choice(tokens)}y {one}"
            case 5:
                yield f"{chance.choice(tokens)}/1.0 (+{chance.choice(tokens)})"
            case 6:
                yield one.replace(" ", chance.choice(["+", "%20", "_", "  "]))
            case 7:
                yield f"{FIREFOX} {chance.choice(tokens)}{chance.choice(['/', ' ', '.', 's', ')', '-'])}"
            case _:
                yield one


def request(agent: str, target: str) -> Request:
    return Request("GET", "music.example", normalise(target), target, agent.strip())


def proven(proof: Proof, _: object) -> tuple[Proof, str]:
    """How sure a claim is."""
    return proof, "a test"


def test_each_crawler_of_the_catalogue(policy: Policy, refusals: Refusals) -> None:
    alone = later = 0
    for signature in policy.catalogue.signatures:
        for agent in signature.examples.match:
            refused = judge(policy, request(agent, "/about")).verdict.refused
            alone += refusals.holds(agent, "/about", "GET", ())
            later += refused
            assert refused or not refusals.holds(agent, "/about", "GET", ()), agent
    # It is worth having: nearly all whom the stance refuses everything are refused by the front.
    assert alone > 0.95 * later > 100


def test_ten_thousand_requests(policy: Policy, refusals: Refusals) -> None:
    targets, proofs = itertools.cycle(TARGETS), itertools.cycle(PROOFS)
    count = 0
    for agent in agents(policy, 10_000):
        target, proof = next(targets), next(proofs)
        if not refusals.holds(agent, target, "GET", ()):
            continue
        count += 1
        verdict = judge(
            policy,
            request(agent, target),
            prove=partial(proven, proof),
            held=NO_LICENCE,
            behaviour=Behaviour(requests=3, known=9.0),
        ).verdict
        assert (verdict.refused, verdict.status) == (True, 403), (agent, target)
    assert count > 500


def test_what_is_asked_about(refusals: Refusals) -> None:
    assert refusals.holds(GPTBOT, "/music/a.mp3", "GET", ())
    assert refusals.holds(GPTBOT, "/music/a.mp3", "HEAD", ())
    assert not refusals.holds(GPTBOT, "/music/a.mp3", "POST", ())
    assert not refusals.holds(GPTBOT, "/music/a.mp3", "GET", ("authorization",))
    assert not refusals.holds(GPTBOT, "/music/a.mp3", "GET", ("signature",))
    for target in ("/robots.txt", "/robots.txt?x", "/.well-known/security.txt", "/ai.txt"):
        assert not refusals.holds(GPTBOT, target, "GET", ())
    for target in (
        "/a.mp3?sd=ABCDEFGHIJKLMNOPQRST",
        "/sd-ABCDEFGHIJKLMNOPQRST/a.mp3",
        "/a?x&%73d%3Da",
    ):
        assert not refusals.holds(GPTBOT, target, "GET", ())  # it may have been bought
    assert refusals.holds(GPTBOT, "/robots.txt/a.mp3", "GET", ())
    assert not refusals.holds(f"{GPTBOT} Googlebot/2.1", "/", "GET", ())
    assert not refusals.holds(GPTBOT + " " * LONGEST, "/", "GET", ())
    assert not refusals.holds(FIREFOX, "/music/a.mp3", "GET", ())
    assert not refusals.holds("%47PTBot GPTBot", "/", "GET", ())


def test_expressions_are_short_enough_for_nginx(refusals: Refusals) -> None:
    for one in (*refusals.refused, *refusals.asked, refusals.targets):
        assert len(one) <= MOST_TEXT
        assert len(one.replace("\\", "\\\\")) < 4000


def test_whole_agents_are_refused_by_the_engine(policy: Policy, refusals: Refusals) -> None:
    assert len(refusals.whole) > 200
    for agent in refusals.whole:
        for proof in PROOFS:
            verdict = judge(policy, request(agent, "/about"), prove=partial(proven, proof)).verdict
            assert (verdict.refused, verdict.status) == (True, 403), agent


def test_browsers_are_no_crawlers(policy: Policy, refusals: Refusals) -> None:
    """What nginx takes for a plain browser, and asks about without a search."""
    people = [a for s in policy.catalogue.signatures for a in s.examples.match]
    browsers = [agent for agent in people if re.search(BROWSER, agent)]
    assert FIREFOX not in refusals.whole
    assert re.search(BROWSER, FIREFOX)
    # A few crawlers hide in a browser's brackets: those are asked about, unless their whole agent is known.
    hidden = [agent for agent in browsers if refusals.holds(agent, "/", "GET", ())]
    assert len(hidden) < 10


def test_in_observe_mode_nothing_is_refused(policy: Policy) -> None:
    assert settled_refusals(policy, "observe") == NOTHING
    assert not NOTHING.holds(GPTBOT, "/", "GET", ())


def test_whom_the_stance_lets_in_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "stance.yaml").write_text("ai: {train: yes}\n", "utf-8")
    found = settled_refusals(rule_folder.load(tmp_path), "enforce")
    assert "GPTBot" not in found.names
    assert not found.holds(GPTBOT, "/", "GET", ())
    assert len(found.names) > 20


def test_a_rule_of_ones_own_that_may_let_somebody_in(tmp_path: Path) -> None:
    """It asks for an address, which a user agent does not say: so all are asked about."""
    (tmp_path / "06-friends.yaml").write_text(
        "- id: friends\n  title: Friends\n  why: They asked.\n"
        "  when: {request.address: 192.0.2.0/24}\n  then: allow\n  cases:\n"
        '    - {ua: "x", get: /a, ip: 192.0.2.1, expect: allow}\n'
        '    - {ua: "x", get: /a, ip: 198.51.100.1, expect: allow}\n',
        "utf-8",
    )
    assert settled_refusals(rule_folder.load(tmp_path), "enforce") == NOTHING
