"""RFC 9309, by the checks of Google's parser and by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from making import ROOT
from stagedoor.signals.meaning import Said
from stagedoor.signals.robots.access import allowed, decide, read, reads_as, said

CONFORMANCE = ROOT.parent / "shared" / "data" / "robots-conformance.json"

DEPARTURES = {
    ("ID_Encoding", "/foo/bar/ツ"): (
        "Google leaves it to the caller to encode the request; section 2.2.2 has both sides encoded"
    ),
    ("ID_Encoding", "/foo/bar/baz"): (
        "Google does not decode %62%61%7A in a rule; section 2.2.2 has unreserved ASCII decoded"
    ),
    ("GoogleOnly_IndexHTMLisDirectory", "/allowed-slash/"): (
        "that /index.html stands for its folder is Google's own; the RFC knows paths only"
    ),
}
"""Where we follow the RFC and Google does not. All other checks, GoogleOnly_* too, must pass."""


def path_of(url: str) -> str:
    rest = url.split("//", 1)[-1]
    return "/" + rest.split("/", 1)[1] if "/" in rest else "/"


def test_googles_checks_pass_but_for_the_named_departures() -> None:
    if not CONFORMANCE.is_file():
        pytest.skip(f"{CONFORMANCE} is not here")
    checks: list[dict[str, Any]] = [c for c in json.loads(CONFORMANCE.read_bytes()) if "ua" in c]
    assert len(checks) == 142
    departed = set()
    for check in checks:
        path = path_of(check["url"])
        if allowed(read(check["robots"].encode()), check["ua"], path) != check["expect"]:
            departed.add((check["test"], path))
    assert departed == set(DEPARTURES)


def test_googles_long_lines() -> None:
    # The three checks whose text Google's test computes: lines of 2,083 × 8 octets. Google cuts
    # them there; we read them whole, which distinguishes the same.
    line = "/x/" + "a" * 20_000
    robots = read(f"user-agent: FooBot\ndisallow: {line}/qux\n".encode())
    assert allowed(robots, "FooBot", "/fux")
    assert not allowed(robots, "FooBot", f"{line}/qux")
    assert allowed(robots, "FooBot", f"{line}/fux")


RULES = b"""\
User-agent: FooBot
Crawl-delay: 2
User-agent: BarBot/1.0
Disallow: /music/   # not these
Allow: /music/free/
Content-Signal: ai-train=no

User-agent: *
Disallow: /private

User-agent: FOOBOT
Disallow: /more$
"""


@pytest.mark.parametrize(
    ("token", "path", "line"),
    [
        ("FooBot", "/", 0),
        ("FooBot", "/music/a.mp3", 4),
        ("foobot", "/music/free/a.mp3?x=1", 5),
        ("BarBot", "/music/", 4),
        ("BarBot", "/more", 0),
        ("FooBot", "/more", 12),
        ("FooBot", "/a/more", 0),
        ("FooBot", "/private", 0),
        ("Else", "/private/a", 9),
        ("Else", "/music/", 0),
        ("", "/private", 9),
    ],
)
def test_the_deciding_line_is_told(token: str, path: str, line: int) -> None:
    decision = decide(read(RULES), token, path)
    assert (decision.rule.number if decision.rule else 0) == line
    assert decision.allowed == (line in {0, 5})


def test_the_line_is_told_as_it_stands() -> None:
    rule = decide(read(RULES), "FooBot", "/music/").rule
    assert rule is not None
    assert rule.text == "Disallow: /music/"


def test_of_equals_allow_wins_whatever_stands_first() -> None:
    for lines in ("Allow: /a\nDisallow: /a", "Disallow: /a\nAllow: /a", "Disallow: /*\nAllow: /a"):
        assert allowed(read(f"User-agent: *\n{lines}".encode()), "X", "/a")


def test_robots_txt_is_always_allowed() -> None:
    for robots in (read(b"User-agent: *\nDisallow: /"), reads_as(500)):
        assert allowed(robots, "X", "/robots.txt")
        assert allowed(robots, "X", "/robots.txt?again")
        assert not allowed(robots, "X", "/robots.txt.bak")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((status, False) for status in (200, 206, 500, 503, None, 100)),
        *((status, True) for status in (301, 403, 404, 429)),
    ],
)
def test_what_a_response_means(status: int | None, expected: bool) -> None:
    body = b"User-agent: *\nDisallow: /"
    assert allowed(reads_as(status, body), "X", "/a") is expected
    if status is None or status >= 500:
        assert decide(reads_as(status, body), "X", "/a").rule is None


def test_a_file_is_compiled_once_for_all_who_hear_the_same() -> None:
    robots = read(b"User-agent: A\nUser-agent: B\nDisallow: /x\nUser-agent: *\nDisallow: /")
    for token in ("A", "b", "C", "D", "E"):
        allowed(robots, token, "/x")
    assert len(robots.compiled) == 2


def test_what_was_compiled_is_bounded() -> None:
    agents = b"".join(b"User-agent: a%d\nDisallow: /%d\n" % (n, n) for n in range(1000))
    robots = read(agents)
    assert not any(allowed(robots, f"a{n}", f"/{n}") for n in range(1000))
    assert len(robots.compiled) <= 256


def test_disallow_says_no_and_allow_says_nothing() -> None:
    robots = read(b"User-agent: GPTBot\nDisallow: /music/\nUser-agent: *\nAllow: /")
    found = said(robots, {"GPTBot": "train", "Googlebot": "search"}, "/music/a.mp3")
    assert [(s.agent, s.said, s.text) for s in found] == [
        ("GPTBot", Said(train="no"), "Disallow: /music/")
    ]
    assert said(reads_as(503), {"GPTBot": "input"})[0].said == Said(input="no")
