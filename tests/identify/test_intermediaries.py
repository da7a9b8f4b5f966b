"""User agents of intermediaries: nobody's name."""

from __future__ import annotations

import pytest

from shippedpolicy import shipped_policy
from stagedoor.engine.order import judge
from stagedoor.identify.intermediaries import BEHIND, intermediary
from stagedoor.model.facts import Request


@pytest.mark.parametrize(
    "agent",
    ["Amazon CloudFront", "amazon cloudfront", "Varnish", "BunnyCDN", "nginx/1.27.0", "Squid 5.7"],
)
def test_the_name_of_an_intermediary_is_no_clients(agent: str) -> None:
    """Everybody behind it has it, listeners too: they are let in, and it is noted."""
    policy = shipped_policy()
    assert policy.identify(agent) is BEHIND
    for path in ("/", "/music/a.mp3", "/feed.xml"):
        asked = Request("GET", "music.example", path, path, agent)
        assert not judge(policy, asked).verdict.refused, path


@pytest.mark.parametrize(
    "agent",
    [
        "Cloudflare-Healthchecks/1.0",
        "Varnish/fetch",
        "keycdn-tools/curl",
        "nginx-ssl early hints",
        "",
        "Amazon CloudFrontier",
        "MyBot Amazon CloudFront",
    ],
)
def test_a_program_keeps_its_own_name(agent: str) -> None:
    assert intermediary(agent) == ""
