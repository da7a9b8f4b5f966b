"""Counting: as the policy would judge each request for itself, and in bounded memory."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from loglines import counted, line
from making import (
    FIREFOX,
    GOOGLEBOT,
    GPTBOT,
    OVERCAST,
    REQUESTS,
    TRAINING_OFF,
    asks,
    judgement,
    policy,
    rules,
)
from stagedoor.fronts.replay import clf, tally
from stagedoor.fronts.replay.log_records import Exchange, Hit, Unreadable
from stagedoor.fronts.replay.tally import Tally
from stagedoor.model.facts import Arrival, Request, host_name
from stagedoor.resources.paths import normalise
from stagedoor.rules.policy import Policy

PICKY = """
    - id: promo-is-free
      title: Promo
      when: {request.path: "/promo/**"}
      then: allow
    - id: one-host
      title: One host
      when: {request.host: shop.example, resource: audio}
      then: block
    - id: no-posts
      title: No posts
      when: {request.method: POST, client.purpose: http-library}
      then: {block: {status: 404}}
    - id: ai-training-off
      title: Off
      when: {stance.ai.train: no, client.purpose: ai-training}
      then: block
    - id: readers
      title: Noted
      when: {client.purpose: podcast-app}
      then: log
"""


def by_rule(found: Tally) -> Counter[tuple[str, str, str]]:
    """Requests by client, action and rule."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for outcome, cell in found.outcomes.items():
        verdict = outcome.verdicts[-1]
        counts[outcome.clients[-1].name, verdict.action, verdict.rule] += cell.requests
    return counts


def judged(lines: list[bytes], loaded: Policy) -> Counter[tuple[str, str, str]]:
    """The same, each request judged for itself, the way the door does."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for text in lines:
        hit = clf.parse(text)
        assert isinstance(hit, Hit)
        assert hit.agent is not None
        target = hit.target.decode("latin-1")
        client, _, verdict = judgement(
            loaded,
            Request(
                hit.method.decode(),
                host_name(hit.host.decode()),
                normalise(target),
                target,
                hit.agent.decode("latin-1"),
                address=hit.address.decode(),
            ),
        )
        counts[client.name, verdict.action, verdict.rule] += 1
    return counts


def crowd(count: int) -> list[bytes]:
    """Requests of all kinds, always the same."""
    chance = random.Random(7)
    agents = (GPTBOT, GOOGLEBOT, FIREFOX, OVERCAST, REQUESTS, "", *(f"Odd/{n}" for n in range(40)))
    targets = ("/", "/a.mp3?x=1", "/promo/%61.mp3", "//promo/../b.MP3", "/feed.xml", "/robots.txt")
    return [
        line(
            chance.choice(agents),
            chance.choice([*targets, f"/n/{chance.randrange(60)}.flac"]),
            method=chance.choice(("GET", "HEAD", "POST")),
            host=chance.choice(("", "shop.example:443", "Shop.Example:80", "e.org:80")),
            address=f"203.0.113.{chance.randrange(4)}",
        )
        for _ in range(count)
    ]


def test_the_same_as_judging_each_request_for_itself() -> None:
    loaded = rules(PICKY)
    lines = crowd(3000)
    found = by_rule(counted(lines, loaded))
    assert found == judged(lines, loaded)
    assert {rule for _, _, rule in found} > {"promo-is-free", "one-host", "no-posts", "readers"}


def test_whatever_a_rule_looks_at_is_seen() -> None:
    """Addresses and agents too: what matters is watched, not written down."""
    loaded = rules(
        PICKY
        + """
    - {id: near, title: Near, when: {request.address: 203.0.113.0/31, resource: page}, then: block}
    - {id: odd, title: Odd, when: {request.agent: "*Odd/1*"}, then: log}
"""
    )
    lines = crowd(3000)
    found = by_rule(counted(lines, loaded))
    assert found == judged(lines, loaded)
    assert {"near", "odd"} < {rule for _, _, rule in found}


@pytest.mark.parametrize("most", [1, 3, 50])
def test_full_memories_lose_no_count(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = crowd(2000)
    loaded = rules(PICKY)
    for name in ("MAX_AGENTS", "MAX_PATHS", "MAX_DECIDED"):
        monkeypatch.setattr(tally, name, most)
    found = counted(lines, loaded)
    assert by_rule(found) == judged(lines, loaded)
    assert len(found._by_agent) <= most
    assert len(found._by_target) <= most
    assert len(found._decided) <= most


def test_what_is_too_long_is_not_remembered() -> None:
    loaded = rules(PICKY)
    lines = [line("x" * 3000, f"/{'y' * 3000}.mp3", host="shop.example:1")] * 3
    found = counted(lines, loaded)
    assert by_rule(found) == judged(lines, loaded)
    assert not found._by_agent
    assert not found._by_target
    assert not found._decided


def test_what_was_taken() -> None:
    """Only what was answered 2xx, with a body; a file in parts is one file."""
    loaded = policy({"10-test.yaml": TRAINING_OFF})
    found = counted(
        [
            line(GPTBOT, "/a.mp3", status=206, size=10),
            line(GPTBOT, "/a.mp3?again", status=206, size=20),
            line(GPTBOT, "/b.mp3", size=5),
            line(GPTBOT, "/c.mp3", status=404, size=7),
            line(GPTBOT, "/d.mp3", status=304, size=0),
            line(GPTBOT, "/e.mp3", method="HEAD", size=300),
        ],
        loaded,
    )
    (cell,) = found.outcomes.values()
    assert (cell.requests, cell.served, cell.size) == (6, 3, 35)
    assert len(found.files["GPTBot"]) == 2


def test_files_are_counted_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "MAX_FILES", 5)
    found = counted([line(FIREFOX, f"/{n}.mp3") for n in range(9)], policy())
    assert (len(found.files["Firefox"]), found.files_left) == (5, 0)


def test_other_lines_are_counted() -> None:
    found = counted(
        [
            b"",
            b"nonsense",
            b'::1 - - [23/Nov/2026:11:15:27 +0000] "-" 408 0 "-" "-"',
            b'::1 - - [23/Nov/2026:11:15:27 +0000] "GET / HTTP/1.1" 200 5',
            line(FIREFOX, "/"),
        ],
        policy(),
    )
    assert (found.lines, found.unreadable, found.no_requests, found.nameless) == (4, 1, 1, 1)
    (trouble,) = found.troubles
    assert (trouble.place, trouble.number, trouble.text) == ("a.log", 2, b"nonsense")


def test_times() -> None:
    lines = [line(FIREFOX, "/", second=n) for n in (30, 10, 50, 20)]
    found = counted(lines, policy())
    assert found.last - found.first == 40
    part = counted(lines, policy(), since=found.first + 10, until=found.last)
    assert (part.outside, sum(by_rule(part).values())) == (2, 2)


def test_a_type_tells_what_a_path_does_not() -> None:
    loaded = rules("- {id: t, title: T, when: {resource: audio}, then: block}")
    hit = Hit(1.0, b"", b"GET", b"", b"/live", 200, 9, b"x", "audio/mpeg")
    plain = hit._replace(content_type="")
    found = Tally([loaded])
    found.take_lines([b"a", b"b", b"c"], {b"a": plain, b"b": hit, b"c": hit}.__getitem__, "f", 1)
    assert by_rule(found) == {("unknown", "allow", ""): 1, ("unknown", "block", "t"): 2}


def test_two_policies_and_what_changes() -> None:
    old, new = (
        policy({"10-test.yaml": TRAINING_OFF, "stance.yaml": "ai: {train: yes}"}),
        policy({"10-test.yaml": TRAINING_OFF}),
    )
    found = counted([line(GPTBOT, "/a.mp3")] * 5 + [line(FIREFOX, "/a.mp3")], old, new)
    changed = {o.verdicts[1].rule: c for o, c in found.outcomes.items() if tally.changes(o)}
    assert list(changed) == ["ai-training-off"]
    cell = changed["ai-training-off"]
    assert cell.requests == 5
    assert [example.number for example in cell.examples] == [1, 2, 3]


def test_an_exchange_is_judged_with_its_headers() -> None:
    loaded = rules("- {id: t, title: T, when: {client.traits: no-accept-language}, then: block}")
    agent = FIREFOX
    found = Tally([loaded])
    arrival = Arrival(plaintext=False, proxied=False)
    for headers in ({"Accept": "*/*"}, {"Accept": "*/*", "Accept_Language": "de"}):
        request = asks(agent, "/a.mp3", Host="example.org", User_Agent=agent, **headers)
        found.take(Exchange(1.0, request, arrival, 200, 50, "audio/mpeg"), "a.har", 1)
    found.take(Unreadable("broken"), "a.har", 3)
    assert by_rule(found) == {("Firefox", "block", "t"): 1, ("Firefox", "allow", ""): 1}
    assert (found.lines, found.unreadable, len(found.files["Firefox"])) == (3, 1, 1)


def test_a_log_has_no_headers_and_so_no_traits() -> None:
    loaded = rules("- {id: t, title: T, when: {client.traits: no-accept-language}, then: block}")
    assert by_rule(counted([line(FIREFOX, "/a.mp3")], loaded)) == {("Firefox", "allow", ""): 1}
