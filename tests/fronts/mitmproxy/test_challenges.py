"""Challenges in flows: handed out, solved once, and worth nothing to anybody else."""

from __future__ import annotations

import re
import time
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mitmproxy import http

from flows import GuardFixture, OpenGuard, flow
from making import FIREFOX, OVERCAST
from solving import solve
from stagedoor.fronts.challenges import PATIENCE, is_local
from stagedoor.fronts.handouts import NETWORKS
from stagedoor.marks.challenge import LIFE, Challenge, part_bits

RULE = "- {id: cost, title: Pages cost, when: {resource: page}, then: {challenge: {bits: 5, wait: 5s}}}"
ON = {
    "stance.yaml": "artist: {name: Us <3, contact: 'mailto:us@band.example'}\nevidence: {ledger: no}",
    "15-challenge.yaml": RULE,
    "20-ai.yaml": "[]",
    "90-free.yaml": "[]",
}
HOME, AWAY = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def front(opened: OpenGuard, tmp_path: Path) -> GuardFixture:
    fixture = opened(ON, guard_state=f"{tmp_path}/state")
    fixture.guard.service.open()
    return fixture


class Clock:
    """Unix time that a test moves."""

    def __init__(self, front: GuardFixture) -> None:
        self.now = float(int(time.time()))  # its key is of this hour
        front.guard.service.challenges._now = lambda: self.now


def ask(
    front: GuardFixture, target: str, *, peer: str = HOME, agent: str = FIREFOX, method: str = "GET",
    **headers: str,
) -> http.Response | None:  # fmt: skip
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    found = flow(target, agent, headers=sent, peer=peer)
    found.request.method = method
    return front.enter(found).response


def challenged(front: GuardFixture, target: str = "/about", **more: str) -> tuple[Challenge, str]:
    """The challenge that a page hands out, and the page."""
    response = ask(front, target, **more)
    assert response is not None
    assert response.status_code == 403
    return of_page(response)


def of_page(response: http.Response) -> tuple[Challenge, str]:
    page = response.get_text() or ""
    said = {k: unescape(v) for k, v in re.findall(r' data-(\w+)="([^"]*)"', page)}
    seconds = re.search(r"(\d+) seconds, then", page)
    bits = next(b for b in range(4, 29) if part_bits(b) == int(said["zeros"]))
    wait = int(seconds[1]) if seconds else 0
    return Challenge(said["challenge"], 0, bits, wait), page


def sent(challenge: Challenge | str, to: str = "/about", answer: str | None = None) -> str:
    text = challenge if isinstance(challenge, str) else challenge.text
    fields = {"c": text, "to": to} | ({} if answer is None else {"n": answer})
    return f"/.stagedoor/challenge?{urlencode(fields)}"


def met(front: GuardFixture, outcome: str) -> float:
    return front.value("challenges_total", outcome=outcome)


def test_the_page_is_for_nobody_to_keep_or_index(front: GuardFixture) -> None:
    response = ask(front, "/about?x=%22%3E%3Cb", accept_language="de-AT, en;q=0.5")
    assert response is not None
    headers = response.headers
    assert (response.status_code, headers["cache-control"]) == (403, "no-store")
    assert headers["x-robots-tag"].startswith("noindex")
    policy = headers["content-security-policy"]
    assert policy.startswith(
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'sha256-"
    )
    assert "unsafe" not in policy
    page = response.get_text() or ""
    assert '<html lang="de">' in page
    assert headers["content-language"] == "de"
    assert "Us &lt;3" in page
    assert "mailto:us@band.example" in page
    assert "<img" not in page
    assert front.recorded.verdicts == ["challenge"]
    assert front.value("challenges_total", outcome="handed") == 1


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_it_speaks_the_visitors_language(front: GuardFixture, language: str) -> None:
    _, page = challenged(front, accept_language=language)
    assert f'<html lang="{language}">' in page
    assert "{" not in re.sub(r"<style>.*?</style>", "", page)


def test_a_calculation_opens_the_page_once(front: GuardFixture) -> None:
    challenge, _ = challenged(front, "/about?a=1&b=2")
    address = sent(challenge, "/about?a=1&b=2", solve(challenge))
    response = ask(front, address)
    assert response is not None
    assert response.status_code == 303
    assert response.headers["location"] == "/about?a=1&b=2"
    cookie = response.headers["set-cookie"].partition(";")[0]
    assert "HttpOnly" in response.headers["set-cookie"]
    assert ask(front, "/about", cookie=cookie) is None  # on to the site
    assert ask(front, "/other", cookie=f"theme=dark; {cookie}") is None
    again = ask(front, address)  # a copy of the solution, without the cookie
    assert again is not None
    assert (again.status_code, again.headers.get("set-cookie")) == (403, None)
    back = ask(front, address, cookie=cookie)  # its owner, by the browser's history
    assert back is not None
    assert (back.status_code, back.headers.get("set-cookie")) == (303, None)
    assert (met(front, "calculated"), met(front, "replayed")) == (1, 1)


def test_waiting_opens_it_too(front: GuardFixture) -> None:
    clock = Clock(front)
    challenge, page = challenged(front)
    assert challenge.wait == 5
    clock.now += 3
    early = ask(front, sent(challenge))
    assert early is not None
    assert early.status_code == 403
    same, page = of_page(early)
    assert same.text == challenge.text  # the time that was waited counts
    assert "Seconds still to wait: 2" in page
    clock.now += 2
    done = ask(front, sent(challenge))
    assert done is not None
    assert done.status_code == 303
    assert [met(front, word) for word in ("handed", "early", "waited")] == [1, 1, 1]


def test_another_household_gains_nothing_by_it(front: GuardFixture) -> None:
    challenge, _ = challenged(front)
    response = ask(front, sent(challenge, answer=solve(challenge)), peer=AWAY)
    assert response is not None
    assert (response.status_code, response.headers.get("set-cookie")) == (403, None)
    mine = ask(front, sent(challenge, answer=solve(challenge)))
    assert mine is not None
    assert mine.status_code == 303
    assert met(front, "forged") == 1


def test_what_is_too_old_or_wrong_gains_nothing(front: GuardFixture) -> None:
    clock = Clock(front)
    challenge, _ = challenged(front)
    wrong = ask(front, sent(challenge, answer="0.0.0.0.0.0.0"))
    assert wrong is not None
    assert wrong.status_code == 403
    clock.now += LIFE + 1
    for address in (sent(challenge), sent(challenge, answer=solve(challenge))):
        response = ask(front, address)
        assert response is not None
        assert response.status_code == 403
        assert "That did not work" in (response.get_text() or "")
    assert (met(front, "wrong"), met(front, "expired")) == (1, 2)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.text(max_size=50) | st.from_regex(r"[A-Za-z0-9_-]{40}", fullmatch=True),
    st.none() | st.text(max_size=30) | st.just("0.0.0.0.0.0.0.0"),
    st.sampled_from([HOME, AWAY]),
)
def test_nothing_that_was_made_up_opens_it(
    front: GuardFixture, text: str, answer: str | None, peer: str
) -> None:
    response = ask(
        front, sent(text.encode("utf-8", "replace").decode(), "/about", answer), peer=peer
    )
    assert response is not None
    assert (response.status_code, response.headers.get("set-cookie")) == (403, None)


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("/", True), ("/a?b=/c&d=//e", True), ("", False), ("about", False), ("//evil.example/", False),
        ("/\\evil.example", False), ("https://evil.example", False), ("/a\r\nSet-Cookie: x", False),
        ("/a b", False), ("/\tx", False), ("/\u00e4", False), ("/.stagedoor/challenge", False),
        ("/" + "a" * 4000, False),
    ],
)  # fmt: skip
def test_it_leads_nowhere_else(front: GuardFixture, address: str, local: bool) -> None:
    assert is_local(address) is local
    challenge, _ = challenged(front)
    response = ask(front, sent(challenge, address, solve(challenge)))
    assert response is not None
    assert response.headers["location"] == (address if local else "/")


def test_one_pass_moves_but_is_not_for_everybody(front: GuardFixture) -> None:
    challenge, _ = challenged(front)
    response = ask(front, sent(challenge, answer=solve(challenge)))
    assert response is not None
    cookie = response.headers["set-cookie"].partition(";")[0]
    shown = [
        ask(front, "/about", peer=f"203.0.113.{n}", cookie=cookie) for n in range(NETWORKS + 3)
    ]
    assert [answer is None for answer in shown] == [True] * NETWORKS + [False] * 3


def test_who_leaves_many_unsolved_pays_more_and_is_not_shut_out(front: GuardFixture) -> None:
    asked = [challenged(front)[0] for _ in range(PATIENCE * 2)]
    assert (asked[0].wait, asked[-1].wait) == (5, 20)
    assert challenged(front, peer=AWAY)[0].wait == 5
    response = ask(front, sent(asked[-1], answer=solve(asked[-1])))
    assert response is not None
    assert response.status_code == 303
    assert challenged(front)[0].wait == 5


def test_a_door_without_such_a_rule_has_no_such_address(opened: OpenGuard) -> None:
    front = opened({**ON, "15-challenge.yaml": "[]"})
    front.guard.service.open()
    assert not front.guard.service.marks.on
    assert ask(front, "/.stagedoor/challenge") is None


def test_the_guards_own_addresses(front: GuardFixture) -> None:
    script = ask(front, "/.stagedoor/challenge.js?v=1")
    assert script is not None
    assert script.headers["content-type"].startswith("text/javascript")
    assert b"SHA-256" in (script.content or b"")
    refused = ask(front, "/.stagedoor/challenge", method="POST")
    assert refused is not None
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert ask(front, "/.stagedoor/other") is not None  # a page as any other
    challenge, _ = challenged(front)
    looked = ask(front, sent(challenge, answer=solve(challenge)), method="HEAD")
    assert looked is not None
    assert "set-cookie" not in looked.headers  # it is not spent by a look
    assert ask(front, "/.stagedoor/challenge") is not None
    assert ask(front, "/.stagedoor/challenge?" + "&".join(["a=1"] * 30)) is not None


def test_a_podcast_app_goes_on(front: GuardFixture) -> None:
    assert ask(front, "/about", agent=OVERCAST) is None
