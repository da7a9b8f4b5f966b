"""The same requests, with all facts, give the same decisions whichever front they come by."""

from __future__ import annotations

import random

import orjson
import pytest

from flows import SMALL_RULES, OpenGuard, answered, flow
from making import FIREFOX, GOOGLEBOT, GPTBOT, OVERCAST, REQUESTS
from stagedoor.cli.decide import decide
from stagedoor.engine import order
from stagedoor.engine.explanation import explain
from stagedoor.engine.transaction import Transaction
from stagedoor.fronts.mitmproxy.flow_request import read
from stagedoor.fronts.replay.log_records import Exchange
from stagedoor.fronts.replay.tally import Tally
from stagedoor.model.facts import Arrival

COUNT = 10_000
AGENTS = ("", FIREFOX, GPTBOT, GOOGLEBOT, OVERCAST, REQUESTS, "What-Is-This/1.0", "\xe9" * 700)
TARGETS = (
    *("/", "/a.mp3", "/music/b.flac?x=1", "/robots.txt", "/ai.txt", "/feed.xml", "/set.m3u8"),
    *("/live", "/rest/stream.view?id=1", "/album.zip", "/img.png", "//music/../a.MP3", "/api/x"),
)
TYPES = ("", "text/html", "audio/mpeg", "application/octet-stream")
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"Accept": "*/*", "Accept-Language": "en"},
    {"Sec-Fetch-Dest": "audio", "Sec-Fetch-Mode": "no-cors", "Range": "bytes=0-"},
    {"accept": "*/*", "upgrade": "h2c"},
    {"Referer": "https://elsewhere.example/"},
)
RULES = {
    **SMALL_RULES,
    "15-more.yaml": """
        - {id: here, title: H, when: {request.address: 192.0.2.0/24, resource: audio}, then: block}
        - {id: post, title: P, when: {request.method: POST}, then: {block: {status: 404}}}
        - {id: hot, title: R, when: {request.header.referer: "*elsewhere*"}, then: log}
        - {id: odd, title: O, when: {client.traits: no-fetch-metadata}, then: {throttle: {retry_after: 1m}}}
        - {id: try, title: T, when: {client.purpose: search}, then: block, observe: yes}
        """,
}


@pytest.mark.parametrize("mode", ["enforce", "observe"])
def test_every_front_decides_alike(opened: OpenGuard, mode: str) -> None:
    fixture = opened({**RULES, "stance.yaml": f"mode: {mode}"})
    policy, chance = fixture.guard.service.policy, random.Random(mode)
    assert policy is not None
    seen = set()
    for _ in range(COUNT // 2):
        found = flow(
            chance.choice(TARGETS),
            chance.choice(AGENTS),
            chance.choice(("GET", "HEAD", "POST")),
            headers=chance.choice(HEADERS),
            peer=chance.choice(("192.0.2.9", "198.51.100.7")),
        )
        content_type = chance.choice(TYPES)
        request = read(found, ())
        fixture.enter(found)
        if found.response is None:
            answered(found, content_type)
            fixture.guard.responseheaders(found)
        front: Transaction = found.metadata["stagedoor"]
        arrival = Arrival("", plaintext=True, proxied=False)
        first = order.judge(policy, request, "", policy.stance.mode, arrival=arrival)
        # The front asks the site, and so for the type, only where it lets a request in.
        known_type = "" if first.verdict.refused else content_type
        judged = order.judge(policy, request, known_type, policy.stance.mode, arrival=arrival)
        assert front.verdict == judged.verdict, (
            request.target,
            content_type,
            front.resource,
            judged.resource,
        )
        assert explain(judged).verdict == judged.verdict

        tally = Tally([policy])
        tally.take(Exchange(1.0, request, arrival, 200, 10, known_type), "x", 1)
        (outcome,) = tally.outcomes
        enforced = order.judge(policy, request, known_type, arrival=arrival)
        assert outcome.verdicts[0] == enforced.verdict
        assert outcome.clients[0] == front.client

        if not known_type:
            line = {
                "ua": request.agent.encode("latin-1").decode("utf-8", "surrogateescape"),
                "method": request.method,
                "path": request.target,
                "host": request.host,
                "ip": request.address,
                "headers": dict(request.headers),
            }
            if request.agent.isascii():
                said = decide(policy, orjson.dumps(line))
                assert (said["verdict"], said["rule"]) == _proxied(policy, request)
        seen.add((front.verdict.label, front.verdict.rule))
    assert {rule for _, rule in seen} >= {"here", "post", "hot", "try", "no-live", "signal-files"}


def _proxied(policy: object, request: object) -> tuple[str, str]:
    """`stagedoor decide` knows nothing of the connection: as behind a proxy."""
    judged = order.judge(policy, request, mode=policy.stance.mode)  # type: ignore[arg-type, attr-defined]
    return judged.verdict.action, judged.verdict.rule
