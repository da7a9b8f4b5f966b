"""Requests that wait for what is under way: who, for how long, and what becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from test_interrupted import BROWSER, SIZE, STANCE

from flows import GuardFixture, OpenGuard, answered, flow
from making import FIREFOX
from stagedoor.fronts import waiting_line
from stagedoor.model.sound import SoundSent
from stagedoor.store.interface import Length
from stagedoor.store.memory import MemoryStore


@pytest.fixture
def fixture(opened: OpenGuard) -> GuardFixture:
    found = opened(STANCE)
    store = found.guard.service.store = MemoryStore(1000)
    for number in range(200):
        store.keep_length(f"/music/{number}.mp3", Length(SIZE, 190.0))
    return found


class Asked:
    """One request: what it waits for, if anything."""

    def __init__(
        self, fixture: GuardFixture, target: str, agent: str = FIREFOX, **more: Any
    ) -> None:
        self.fixture = fixture
        headers = {**BROWSER, **more.pop("headers", {})}
        self.flow = flow(target, agent, headers=headers, **more)
        waiting: Awaitable[None] | None = fixture.guard.requestheaders(self.flow)
        self.task = asyncio.ensure_future(waiting) if waiting is not None else None

    @property
    def waits(self) -> bool:
        return self.task is not None and not self.task.done()

    @property
    def status(self) -> int:
        """Of the guard's own answer; 0 where the site is asked."""
        return self.flow.response.status_code if self.flow.response is not None else 0

    def answer(self, content_type: str = "audio/mpeg", status: int = 200, size: int = SIZE) -> None:
        """The site answers."""
        answered(self.flow, content_type, status, content_length=str(size))
        assert self.fixture.guard.responseheaders(self.flow) is None

    def send(self, share: float = 1.0, size: int = SIZE) -> None:
        """So much of the body goes out."""
        assert self.flow.response is not None
        stream = self.flow.response.stream
        assert callable(stream)
        part = size // 100
        for _ in range(round(100 * share)):
            stream(bytes(part))
        if share == 1.0:
            stream(b"")
            self.fixture.guard.response(self.flow)

    def drop(self) -> None:
        """The visitor goes away."""
        self.fixture.guard.error(self.flow)


async def ask_for(
    fixture: GuardFixture, targets: Iterable[str], agent: str = FIREFOX
) -> list[Asked]:
    asked = []
    for target in targets:
        asked.append(Asked(fixture, target, agent))
        await asyncio.sleep(0)  # mitmproxy begins to wait at once
    return asked


async def ask(fixture: GuardFixture, numbers: range, agent: str = FIREFOX) -> list[Asked]:
    return await ask_for(fixture, (f"/music/{number}.mp3" for number in numbers), agent)


async def give_up(asked: list[Asked]) -> None:
    """Those who wait do so no more."""
    tasks = [one.task for one in asked if one.task is not None and one.waits]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def turns() -> None:
    """Those who may, go on."""
    for _ in range(500):
        await asyncio.sleep(0)


def through(test: Callable[[GuardFixture], Awaitable[None]]) -> Callable[[GuardFixture], None]:
    """Run a test within a loop of its own."""

    def run(fixture: GuardFixture) -> None:
        asyncio.run(test(fixture))  # type: ignore[arg-type]

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


@through
async def test_what_would_be_too_much_waits_and_is_refused_once_the_others_were_sent(
    fixture: GuardFixture,
) -> None:
    asked = await ask(fixture, range(40))
    assert [one.waits for one in asked] == [False] * 13 + [True] * 27
    for one in asked[:13]:
        one.answer()
        one.send()
    await turns()
    assert not any(one.waits for one in asked)
    assert {one.status for one in asked[13:]} == {429}
    assert fixture.guard.service.line.waiting == 0


@through
async def test_those_who_wait_are_let_in_one_by_one_where_the_others_are_dropped(
    fixture: GuardFixture,
) -> None:
    """As a browser does that only looks at the beginning of each."""
    asked = await ask(fixture, range(40))
    for one in asked:
        await turns()
        assert not one.waits
        one.answer()
        one.send(0.05)
        one.drop()
    await turns()
    assert {one.status for one in asked} == {200}


@through
async def test_short_ones_are_known_to_be_short_by_their_heads(fixture: GuardFixture) -> None:
    asked = await ask_for(fixture, (f"/samples/{number}.mp3" for number in range(40)))
    waiting = sum(one.waits for one in asked)
    assert waiting == 27
    while any(one.waits for one in asked):
        for one in asked:
            if not one.waits and not one.status:
                one.answer(size=16_000)
                one.send(0.5, size=16_000)
        await turns()
    assert {one.status for one in asked} <= {0, 200}


@through
async def test_what_is_missing_or_is_no_recording_is_not_expected(fixture: GuardFixture) -> None:
    asked = await ask(fixture, range(13))
    for one in asked:
        one.answer("text/html", 404)
    assert fixture.guard.service.store.under_way(asked[0].flow.metadata["stagedoor"].listener) == 0
    later = await ask(fixture, range(20, 33))
    assert not any(one.waits for one in later)


@through
async def test_another_visitor_does_not_wait(fixture: GuardFixture) -> None:
    asked = await ask(fixture, range(40))
    assert asked[-1].waits
    other = Asked(fixture, "/music/50.mp3", peer="203.0.113.9")
    page = Asked(fixture, "/about")
    head = Asked(fixture, "/music/51.mp3", method="HEAD")
    assert [one.waits for one in (other, page, head)] == [False] * 3
    await give_up(asked)
    assert fixture.guard.service.line.waiting == 0


@through
async def test_nobody_waits_for_what_does_not_move(fixture: GuardFixture) -> None:
    asked = await ask(fixture, range(14))
    assert asked[-1].waits
    for one in asked[:13]:
        one.flow.metadata["stagedoor"].way._last -= 11.0
    await asyncio.sleep(1.1)
    assert (asked[-1].waits, asked[-1].status) == (False, 0)


@through
async def test_nobody_waits_longer_than_for_a_while(fixture: GuardFixture) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(waiting_line, "LONGEST_WAIT", 0.0)
        asked = await ask(fixture, range(14))
        await asyncio.sleep(1.1)
    passage = asked[-1].flow.metadata["stagedoor"]
    assert (asked[-1].waits, asked[-1].status) == (False, 0)
    assert 0.9 < passage.waited_for < 5
    assert passage.seconds < 0.9  # the guard was not busy with it
    assert passage.way is not None


@through
async def test_there_is_room_for_so_many_and_the_others_are_decided_at_once(
    fixture: GuardFixture,
) -> None:
    fixture.guard.service.line.most = 5
    asked = await ask(fixture, range(40))
    assert sum(one.waits for one in asked) == 5
    assert {one.status for one in asked} == {0}
    await give_up(asked)


@through
async def test_a_network_that_fills_the_line_is_refused_for_a_moment(
    fixture: GuardFixture,
) -> None:
    """Else the requests behind it would be let in, as many as there are."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(waiting_line, "MOST_OF_A_NETWORK", 5)
        asked = await ask(fixture, range(40))
    assert sum(one.waits for one in asked) == 5
    assert [one.status for one in asked] == [0] * 18 + [429] * 22
    answer = asked[-1].flow.response
    assert answer is not None
    assert answer.headers["Retry-After"] == "5"
    assert Asked(fixture, "/about").status == 0
    await give_up(asked)


@through
async def test_observing_delays_nobody(fixture: GuardFixture) -> None:
    fixture.set(guard_mode="observe")
    asked = await ask(fixture, range(40))
    assert not any(one.waits for one in asked)


@through
async def test_episodes_purchases_and_live_streams_are_not_expected(fixture: GuardFixture) -> None:
    app = await ask(fixture, range(20), "gPodder/3.11.1 (+http://gpodder.org/)")
    assert not any(one.waits for one in app)
    assert all(one.flow.metadata["stagedoor"].way is None for one in app)


@through
async def test_segments_of_a_listed_track_count_for_what_they_last(fixture: GuardFixture) -> None:
    names = (f"/hls/{n}/seg-{m}.ts" for n in range(13) for m in range(10))
    asked = await ask_for(fixture, names)
    way = asked[0].flow.metadata["stagedoor"].way
    assert way.piece == 10.0
    waits = [number for number, one in enumerate(asked) if one.waits]
    assert waits[0] == 121  # 1,210 seconds
    await give_up(asked)


@through
async def test_what_turns_out_to_be_live_is_not_expected_any_more(fixture: GuardFixture) -> None:
    one = Asked(fixture, "/music/1.mp3")
    passage = one.flow.metadata["stagedoor"]
    assert passage.way is not None
    line = fixture.guard.service.line
    line.moved(passage, SoundSent("/music/1.mp3", "live", 2.0, 0, 32_000), 0.0)
    assert passage.way is None
    line.moved(passage, SoundSent("/music/1.mp3", "live", 2.0, 32_000, 64_000), 2.0)


@through
async def test_what_only_the_answer_shows_to_be_sound_is_under_way_from_then_on(
    fixture: GuardFixture,
) -> None:
    one = Asked(fixture, "/play.php?nr=7")
    passage = one.flow.metadata["stagedoor"]
    assert passage.way is None
    one.answer()
    assert passage.way is not None
    one.send()
    assert passage.way is None
