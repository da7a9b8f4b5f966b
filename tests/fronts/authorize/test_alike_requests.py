"""What is decided by an earlier request is what would have been decided without it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from counters import Counting, Told, counting
from making import FIREFOX, GPTBOT, REQUESTS
from stagedoor.engine.order import judge
from stagedoor.fronts.authorize import alike_requests
from stagedoor.fronts.authorize.alike_requests import AlikeRequests
from stagedoor.fronts.authorize.asked_requests import Asked
from stagedoor.load import rule_folder
from stagedoor.model.facts import Arrival, Request
from stagedoor.model.sound import SoundSent
from stagedoor.resources.paths import normalise
from stagedoor.rules.policy import Policy
from stagedoor.store.memory import MemoryStore
from stagedoor.store.tracks import Tracks

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
OVERCAST = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"
SIZE = 60 * 32_000
TARGETS = (
    *("/", "/about", "/style.css", "/cover.jpg", "/feed.xml", "/music/a.m3u8", "/robots.txt"),
    *(f"/music/{number}.mp3" for number in range(12)),
    *("/album.zip", "/rest/stream?id=1&u=me&p=x", "/music/1.mp3?x=1", "/trap"),
)
EXTRA: tuple[dict[str, str], ...] = (
    *({}, {}, {}),
    {"Sec_Fetch_Dest": "audio", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Site": "same-origin"},
    {"Range": "bytes=0-"},
    {"X_Forwarded_Proto": "https"},
    {"Authorization": "Basic eDp5"},
    {"Signature": "x", "Signature_Input": "y"},
    {"Via": "1.1 proxy"},
    {"Referer": "https://elsewhere.example/"},
)


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Counting, Counting]]:
    with counting() as one, counting() as other:
        other.do(lambda: setattr(other.running.service.point, "alike", None))
        yield one, other


def line(target: str, agent: str, address: str) -> bytes:
    fields = (address, address, "GET", "music.example", target, agent, "200", str(SIZE), "0.1")
    return "\t".join(
        ("stagedoor2", *fields, "audio/mpeg", str(SIZE), "-", "-", "MISS", "-")
    ).encode()


def seen(answer: Told) -> tuple[int, str | None, str | None]:
    fields = answer.headers
    return answer.status, fields.get("cache-control"), fields.get("x-stagedoor-client")


def test_a_day_of_visitors_has_the_same_outcome_with_and_without(
    both: tuple[Counting, Counting],
) -> None:
    """Listeners, takers, crawlers and odd requests, in an order of chance."""
    one, other = both
    chance, hits = random.Random(7), [0]
    decide = one.running.service.point.alike
    assert decide is not None

    def counted(transaction: Any) -> bool:
        found = decide(transaction)
        hits[0] += found
        return found

    one.do(lambda: one.running.service.decides_alike(counted))
    refused = 0
    for number in range(500):
        address = chance.choice(
            (f"81.2.{number % 250}.9", f"81.3.3.{number % 3}", "10.0.0.5", f"2001:db8:{number}::1")
        )
        agent = chance.choice((FIREFOX, FIREFOX, CHROME, CHROME, OVERCAST, GPTBOT, REQUESTS))
        target, more = chance.choice(TARGETS), chance.choice(EXTRA)
        method = chance.choice(("GET", "GET", "GET", "HEAD"))
        asked = [each.asked(target, agent, address=address, method=method, **more) for each in both]
        assert seen(asked[0]) == seen(asked[1]), (number, address, agent, target, more, method)
        refused += asked[0].status != 200
        if asked[0].status == 200 and target.endswith(".mp3") and method == "GET":
            for each in both:
                each.logs(line(target, agent, address))
    assert hits[0] > 50
    assert refused > 50
    for name in ("requests_total", "audio_seconds_total", "responses_total"):
        assert one.sample(name) == other.sample(name), name


def test_a_taker_is_stopped_at_the_same_recording(both: tuple[Counting, Counting]) -> None:
    stopped = []
    for each in both:
        each.asked("/sweep/first.mp3", CHROME, address="81.9.9.9")  # so that there is one like it
        for number in range(40):
            target = f"/sweep/{number}.mp3"
            if each.asked(target, CHROME, address="81.8.8.8").status != 200:
                break
            each.logs(line(target, CHROME, "81.8.8.8"))
        stopped.append(number)
        # His neighbour listens on.
        assert each.asked("/sweep/1.mp3", CHROME, address="81.8.7.7").status == 200
    assert stopped[0] == stopped[1] < 39


@pytest.fixture(scope="module")
def policy() -> Policy:
    return rule_folder.load()


class Alone:
    """AlikeRequests with a store and tracks, and no counter around."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.store: Any = MemoryStore(100)
        self.tracks = Tracks()
        self.alike = AlikeRequests(lambda: self.store, lambda: 3, self.tracks)

    def request(self, target: str, address: str, **more: Any) -> Asked:
        fields = {"user-agent": FIREFOX, "accept-language": "en", "x-forwarded-for": address}
        fields |= more.pop("fields", {})
        request = Request(
            method=more.pop("method", "GET"),
            host="music.example",
            path=normalise(target),
            target=target,
            agent=FIREFOX,
            headers=tuple(fields.items()),
            address=address,
            first=fields,
            **more,
        )
        return Asked(self.policy, request, Arrival(proxied=True))

    def learned(self, target: str, **more: Any) -> Asked:
        """A request that was decided the long way."""
        asked = self.request(target, "81.2.3.4", **more)
        found = judge(self.policy, asked.request, arrival=Arrival(proxied=True))
        found.listened = bool(found.steps.listening or found.steps.sentences)
        self.alike.learn(found, 2)
        return asked

    def finds(self, target: str = "/a.mp3", address: str = "81.7.7.7", **more: Any) -> bool:
        return self.alike.decide(self.request(target, address, **more))


@pytest.fixture
def alone(policy: Policy) -> Alone:
    return Alone(policy)


def test_what_is_filled_in(alone: Alone) -> None:
    alone.learned("/a.mp3")
    asked = alone.request("/b.mp3", "81.7.7.7")
    assert alone.alike.decide(asked)
    assert (asked.household, asked.recording, asked.listened) == ("81.7.7.7", "/b.mp3", True)
    assert (asked.kept, asked.turn, asked.verdict.action) == (2, 3, "allow")
    assert asked.client.name == judge(alone.policy, asked.request).client.name
    head = alone.request("/b.mp3", "81.7.7.7", method="HEAD")
    assert not alone.alike.decide(head)
    alone.learned("/a.mp3", method="HEAD")
    head = alone.request("/b.mp3", "81.7.7.7", method="HEAD")
    assert alone.alike.decide(head)
    assert head.recording == ""


def test_pages_need_no_look_at_the_store(alone: Alone) -> None:
    alone.learned("/about")
    alone.store = None
    asked = alone.request("/contact", "81.7.7.7")
    assert alone.alike.decide(asked)
    assert not asked.listened


@pytest.mark.parametrize(
    "other",
    [
        {"fields": {"accept-language": "de"}},
        {"fields": {"range": "bytes=0-"}},
        {"fields": {"authorization": "Bearer x"}},
        {"fields": {"signature": "x"}},
        {"credentials": "sent"},
        {"method": "POST"},
        {"target": "/about"},
        {"target": "/playlist.m3u"},
    ],
)
def test_what_is_another_matter(alone: Alone, other: dict[str, Any]) -> None:
    alone.learned("/a.mp3")
    assert alone.finds()
    assert not alone.finds(**other)


def test_who_is_known_is_looked_at(alone: Alone) -> None:
    alone.learned("/a.mp3")
    neighbour = alone.request("/b.mp3", "81.7.7.8").listener
    sent = SoundSent("/c.mp3", "recording", 60.0, 0, SIZE, SIZE, 60.0, first=True, last=True)
    alone.store.sounded(neighbour, sent, 1.0)
    assert not alone.finds()  # his network is known
    assert alone.finds(address="81.6.6.6")
    crowd = alone.request("/b.mp3", "10.0.0.5")
    crowd.request = replace(
        crowd.request, first={**(crowd.request.first or {}), "x-forwarded-for": ""}
    )
    assert not alone.alike.decide(crowd)
    alone.store = object()  # one that is shared is asked each time
    assert not alone.finds(address="81.6.6.6")


def test_what_lists_and_responses_have_shown_counts(alone: Alone) -> None:
    alone.learned("/a.mp3")
    alone.learned("/about")
    assert alone.finds("/b.mp3")
    alone.tracks.live("/radio.mp3")
    assert not alone.finds("/b.mp3")
    assert alone.finds("/contact")


def test_steps_that_were_forgotten_are_another_matter(alone: Alone) -> None:
    """Their place in memory may be another's by now."""
    alone.learned("/about")
    assert alone.finds("/contact")
    ((key, (earlier, kept)),) = alone.alike._known.items()
    earlier.steps = replace(earlier.steps)
    alone.alike._known[key] = earlier, kept
    assert not alone.finds("/contact")


def test_another_policy_or_mode_forgets_all(alone: Alone, policy: Policy) -> None:
    alone.learned("/about")
    observing = alone.request("/contact", "81.7.7.7")
    observing.mode = "observe"
    assert not alone.alike.decide(observing)
    alone.policy = replace(policy)
    assert not alone.finds("/contact")
    alone.learned("/about")
    assert alone.finds("/contact")
    assert len(alone.alike._known) == 1


def test_what_is_not_learned(alone: Alone, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = alone.policy

    def learn(kept: int = 2, **facts: Any) -> int:
        found = judge(policy, alone.request("/a.mp3", "81.2.3.4").request)
        found.listened = True
        for name, value in facts.items():
            setattr(found, name, value)
        alone.alike.learn(found, kept)
        return len(alone.alike._known)

    found = judge(policy, alone.request("/a.mp3", "81.2.3.4").request)
    refused = replace(found.verdict, action="block")
    assert not learn(0)
    assert not learn(verdict=refused)
    assert not learn(client=policy.identify(GPTBOT))
    assert not learn(client=found.client.proven("verified", "its address"))
    assert not learn(counted=True)
    assert not learn(listened=False)  # a crowd
    assert not learn(waits={"a": 1.0})
    assert not learn(
        behaviour=replace(found.behaviour, listening=found.behaviour.listening._replace())
    )

    class Addressed:
        uses = policy.uses | {"request.address"}

    assert not learn(policy=replace(policy, plan=Addressed()))  # type: ignore[arg-type]
    assert learn() == 1
    monkeypatch.setattr(alike_requests, "MOST", 1)
    alone.learned("/about")
    assert len(alone.alike._known) == 1
