"""The server of a shared store goes away, comes back, hangs, forgets, and says nonsense."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from contract import HOME, song

from stagedoor.config.store_address import store_address
from stagedoor.engine.needs import Effects, Known
from stagedoor.model.client_keys import client_key, listener
from stagedoor.model.facts import Rate
from stagedoor.model.heard import SCOPES, Sentence
from stagedoor.resources.listings import Listed
from stagedoor.store import shared_logs
from stagedoor.store.counters import HOUR
from stagedoor.store.interface import Length, Query
from stagedoor.store.shared import SharedStore
from stagedoor.store.store_keys import once_key
from stagedoor.store.tracks import Tracks
from stagedoor.store.valkey_server import ServerAwayError, ValkeyServer
from storeservers import StoreServer

FIREFOX = listener(HOME, "Firefox")
RATE = Rate(10, 60.0)


@pytest.fixture
def server() -> Iterator[StoreServer]:
    """Valkey; the contract holds Redis to the same (test_shared.py)."""
    with StoreServer("valkey") as started:
        yield started


@asynccontextmanager
async def guards(
    server: StoreServer, count: int = 2, wait: float = 1.0, password: str = ""
) -> AsyncIterator[list[SharedStore]]:
    """Guards with their own clocks, connected. A clock starts within a minute that lasts as long as a
    test: when a minute ends, a part of what was counted in it no longer counts.
    """
    began = time.monotonic()
    found = [
        SharedStore(
            ValkeyServer(store_address(server.address), password),
            *(1000,),
            prefix="test",
            wait=wait,
            clock=lambda number=number: time.monotonic() - began + 5 + number * HOUR,  # type: ignore[misc]
        )
        for number in range(count)
    ]
    for one in found:
        one.open()
    try:
        for one in found:
            await until(lambda one=one: one.logs.up)  # type: ignore[misc]
        yield found
    finally:
        for one in found:
            one.close()
        await asyncio.sleep(0.01)


async def until(look: Callable[[], object]) -> None:
    """Wait for something that must happen."""
    async with asyncio.timeout(60):
        while not look():  # noqa: ASYNC110 (it is looked at from outside)
            await asyncio.sleep(0.002)


async def known(store: SharedStore, **more: Any) -> Known:
    """What a guard knows of HOME."""
    found = store.read(Query(HOME, store._clock(), behaviour=True, included=True, **more))
    return found if isinstance(found, Known) else await found


async def requests(store: SharedStore) -> int:
    return (await known(store)).behaviour.requests


def count(store: SharedStore, times: int = 1) -> None:
    for _ in range(times):
        store.apply(HOME, "", Effects(counted=True), store._clock())


def runs(test: Callable[[StoreServer], Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test on an event loop."""

    def run(server: StoreServer) -> None:
        asyncio.run(test(server))

    return run


@runs
async def test_a_client_that_is_spread_over_guards_is_counted_once(server: StoreServer) -> None:
    async with guards(server, 3) as three:
        passed = 0
        for number in range(40):
            store = three[number % 3]
            now = store._clock()
            found = await known(store, rates=(("r", RATE),))
            if not found.waits["r"]:
                passed += 1
                store.apply(HOME, "", Effects(counted=True, rates=(("r", RATE),)), now)
        assert passed == 10
        for store in three:
            await store.logs.settled()
            assert await requests(store) == 10
            await until(lambda store=store: store.logs.guards == 3)  # type: ignore[misc]


@runs
async def test_at_the_same_moment_each_guard_may_let_one_more_through(server: StoreServer) -> None:
    """What the module's docstring says about overshooting."""
    async with guards(server, 3) as three:
        passed = 0

        async def ask(store: SharedStore) -> None:
            nonlocal passed
            found = await known(store, rates=(("r", RATE),))
            if not found.waits["r"]:
                passed += 1
                store.apply(HOME, "", Effects(rates=(("r", RATE),)), store._clock())

        for _ in range(20):
            await asyncio.gather(*(ask(store) for store in three))
        assert 10 <= passed <= 12


@runs
async def test_sound_and_sentences_reach_the_others_and_wake_them(server: StoreServer) -> None:
    async with guards(server) as (one, two):
        heard: list[None] = []
        two.logs._others._heard = lambda: heard.append(None)
        for number in range(20):
            one.sounded(FIREFOX, song(number), one._clock())
        sentence = Effects(sentence=Sentence("r", "household", 3600.0))
        one.apply(HOME, "", sentence, one._clock(), FIREFOX)
        await one.logs.settled()
        found = await known(
            two, listener=FIREFOX, listening=SCOPES, sentences=(("r", "household"),)
        )
        assert found.behaviour.listening.household.whole_recordings == 20
        assert found.behaviour.listening.household.ahead == pytest.approx(3600.0, abs=20.0)
        assert found.waits["r"] == pytest.approx(3600.0, abs=5.0)
        assert heard == [None]


@runs
async def test_what_was_heard_elsewhere_with_the_same_pass_is_no_hour_at_once(
    server: StoreServer,
) -> None:
    """A phone comes home: its pass is known here from outside, and what was sent at home is older."""
    async with guards(server) as (one, two):
        outside = listener("192.0.2.1", "Firefox")._replace(passed="serial")
        home = FIREFOX._replace(passed="serial")
        for number in range(20):
            one.sounded(home, song(number), one._clock() - 3600.0 + 180.0 * number)
        two.sounded(outside, song(100), two._clock())
        await asyncio.gather(one.logs.settled(), two.logs.settled())
        found = await known(two, listener=home, listening=SCOPES)
        assert found.behaviour.listening.agent.ahead <= 360.0


@runs
async def test_a_sentence_outlasts_the_log_that_it_stood_in(server: StoreServer) -> None:
    async with guards(server, 1) as [one]:
        sentence = Effects(sentence=Sentence("r", "household", 86_400.0))
        one.apply(HOME, "", sentence, one._clock(), FIREFOX)
        await one.logs.settled()
        [log] = [
            key for key in server.says("KEYS *:log").split() if "site" not in key and "{" in key
        ]
        assert server.says(f"DEL {log}") == ":1\r\n"
        async with guards(server, 1) as [late]:
            found = await known(late, listener=FIREFOX, sentences=(("r", "household"),))
            assert found.waits["r"] == pytest.approx(86_400.0, abs=20.0)
        held = log.replace(":log", ":held")
        assert 86_000 < int(server.says(f"TTL {held}")[1:]) <= 86_401


def test_a_server_that_is_killed_costs_nobody_anything_and_is_said_once(
    server: StoreServer, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.run(_killed(server))
    said = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert len([text for text in said if "cannot be used" in text]) == 2  # one each
    assert len([text for text in said if "answers again" in text]) == 2


async def _killed(server: StoreServer) -> None:
    async with guards(server) as (one, two):
        count(one, 3)
        await one.logs.settled()
        assert await requests(two) == 3
        server.kill()
        await until(lambda: not one.logs.up and not two.logs.up)
        count(one, 2)
        count(two, 1)
        began = time.monotonic()
        for _ in range(200):
            assert await requests(one) == 5
        assert time.monotonic() - began < 1.0  # nobody waits for it
        assert one.measures()["stagedoor_store_away_total"]() == 200
        server.start()
        await until(lambda: one.logs.up and two.logs.up)
        await asyncio.gather(one.logs.settled(), two.logs.settled())
        assert await requests(one) == await requests(two) == 6


@runs
async def test_a_server_that_hangs_holds_nobody_longer_than_its_time(server: StoreServer) -> None:
    async with guards(server, 1, wait=0.02) as [one]:
        count(one)
        await one.logs.settled()
        server.pause()
        try:
            took = []
            while one.logs.up:
                began = time.monotonic()
                assert await requests(one) == 1
                took.append(time.monotonic() - began)
            assert len(took) > 5
            assert sorted(took)[len(took) // 2] < 0.2
            assert (one.measures()["stagedoor_store_late_total"]() or 0) >= len(took) - 1
        finally:
            server.go_on()
        await until(lambda: one.logs.up)


@runs
async def test_what_was_said_twice_because_an_answer_was_lost_counts_once(
    server: StoreServer,
) -> None:
    async with guards(server) as (one, two):
        count(one, 5)
        [log] = one.logs._logs.values()
        run, sent = one.logs._server.run, 0

        async def lost(commands: list[Any]) -> list[Any]:
            nonlocal sent
            found = await run(commands)
            if sent < 2 and any(
                command.keys[0].endswith(f"{log.tag}}}:log") for command in commands
            ):
                sent += 1
                raise ServerAwayError("the answer is lost")
            return found

        one.logs._server.run = lost  # type: ignore[method-assign]
        await one.logs.settled()
        assert sent == 2
        assert await requests(two) == 5


@runs
async def test_scripts_that_the_server_has_forgotten_are_loaded_again(server: StoreServer) -> None:
    async with guards(server, 1) as [one]:
        assert server.says("SCRIPT FLUSH") == "+OK\r\n"
        count(one)
        assert await requests(one) == 1
        assert one.logs.up


@runs
async def test_what_nobody_understands_is_left_out_and_counted(server: StoreServer) -> None:
    async with guards(server) as (one, two):
        count(one)
        await one.logs.settled()
        [log] = one.logs._logs.values()
        key = f"test:{{{log.tag}}}:log"
        nonsense = (
            "gibberish",
            "[1]",
            '[1,"x",1,[["?",0]]]',
            '[1,"x",2,[["c",0,1]]]',
            '[9,"x",3,[]]',
        )
        for text in nonsense:
            assert server.says(f"XADD {key} * o", text).startswith("$")
        assert await requests(two) == 1
        assert two.measures()["stagedoor_store_lost_total"]() == 4  # another version's is no fault


@runs
async def test_changes_that_wait_for_the_server_are_bounded(server: StoreServer) -> None:
    async with guards(server, 1) as [one]:
        server.kill()
        await until(lambda: not one.logs.up)
        count(one, shared_logs.MOST_WAITING + 100)
        assert one.logs.lost == 100
        sentence = Effects(sentence=Sentence("r", "household", 3600.0))
        one.apply(HOME, "", sentence, one._clock(), FIREFOX)
        assert one.logs.lost == 100  # that is never dropped


@runs
async def test_live_streams_of_a_guard_that_is_gone_end(server: StoreServer) -> None:
    async with guards(server) as (one, two):
        one.aired(HOME, one._clock(), 1)
        await one.logs.settled()
        assert (await known(two)).behaviour.live_streams == 1
        others, there = two.logs._others, {two.logs._node}
        for now, streams in ((100.0, 1), (129.0, 1), (131.0, 0)):
            others.gone(there, now)
            assert (
                two.here(Query(HOME, two._clock(), behaviour=True)).behaviour.live_streams
                == streams
            )


@runs
async def test_what_a_playlist_names_is_known_at_the_other_guard_within_a_second(
    server: StoreServer,
) -> None:
    async with guards(server) as (one, two):
        first, second = Tracks(), Tracks()
        for store, tracks in ((one, first), (two, second)):
            store.logs.share(tracks)
        for number in range(1000):
            segment = Listed(f"/set/{number}.bin", "segment", 10.0, number * 10.0)
            first.learn("/set.m3u8", segment)
        first.live("/radio")
        one.keep_length("/a.mp3", Length(3_000_000, 180.0))
        await until(lambda: second.is_live("/radio") and two.length("/a.mp3"))
        assert second.place("/set/999.bin") == first.place("/set/999.bin")
        assert len(second) == len(first)
        assert one.logs.lost == two.logs.lost == 0


@runs
async def test_a_nonce_counts_once_for_all_guards(server: StoreServer) -> None:
    key, now = once_key("nonce", "n"), time.time()

    async def use(store: SharedStore) -> bool:
        found: bool | Awaitable[bool] = store.once(key, HOME, now + 60, now, shared=False)
        return found if isinstance(found, bool) else await found

    async with guards(server, 3) as three:
        assert sorted(await asyncio.gather(*map(use, three))) == [False, False, True]
        server.kill()
        await until(lambda: not three[0].logs.up)
        other = three[0].once(once_key("nonce", "m"), HOME, now + 60, now, shared=False)
        assert other is True


@runs
async def test_nothing_that_names_somebody_is_on_the_server(server: StoreServer) -> None:
    async with guards(server, 1) as [one]:
        count(one)
        one.sounded(FIREFOX, song(1), one._clock())
        one.received(f"GPTBot {HOME}", "robots", "d", b"User-agent: *")
        one.aired(client_key(HOME), one._clock(), 1)
        await one.logs.settled()
        await one.logs.settled()
        everything = server.says("KEYS *")
        for key in [word for word in everything.split() if word.startswith("test:")]:
            everything += server.says(f"XRANGE {key} - +") + server.says(f"TTL {key}")
            assert int(server.says(f"TTL {key}")[1:]) > 0, key  # the server's memory is bounded
        assert "c" in everything
        for word in (HOME, HOME.rpartition(".")[0], "Firefox", "GPTBot"):
            assert word not in everything


def test_keys_of_a_script_lie_in_one_slot_of_a_cluster(tmp_path: Path) -> None:
    async def through(server: StoreServer) -> None:
        async with guards(server) as (one, two):
            count(one)
            one.sounded(FIREFOX, song(1), one._clock())
            one.received("GPTBot", "robots", "digest", b"User-agent: *")
            sentence = Effects(sentence=Sentence("r", "household", 3600.0))
            one.apply(HOME, "", sentence, one._clock(), FIREFOX)
            await one.logs.settled()
            found = await known(two, crawler="GPTBot")
            assert found.received is not None
            assert two.text("digest") == b"User-agent: *"
            once = two.once(once_key("n"), HOME, 60.0, 0.0, shared=False)
            assert not isinstance(once, bool)
            assert await once
            assert one.logs.up
            assert two.logs.up

    with StoreServer("valkey", "--cluster-enabled", "yes", "--dir", str(tmp_path)) as server:
        server.says("CLUSTER ADDSLOTSRANGE 0 16383")
        while "cluster_state:ok" not in server.says("CLUSTER INFO"):
            time.sleep(0.05)
        asyncio.run(through(server))


def test_a_password_is_needed_and_is_in_no_message(caplog: pytest.LogCaptureFixture) -> None:
    async def refused(server: StoreServer, password: str) -> None:
        store = SharedStore(
            ValkeyServer(store_address(server.address), password), 10, prefix="test"
        )
        store.open()
        await until(lambda: store.logs.up is not None)
        assert store.logs.up == (password == "s3cret")
        store.close()
        await asyncio.sleep(0.01)

    with StoreServer("valkey", "--requirepass", "s3cret") as server:
        for password in ("s3cret", "wr0ng", ""):
            asyncio.run(refused(server, password))
    said = [record.getMessage() for record in caplog.records]
    assert len([text for text in said if "cannot be used" in text]) == 2
    assert not [text for text in said if "s3cret" in text or "wr0ng" in text]


@runs
async def test_an_answer_that_was_slow_because_it_was_the_first_does_not_set_the_clock(
    server: StoreServer,
) -> None:
    """The connection, its handshake and the scripts come before it."""
    address = ValkeyServer(store_address(server.address), "")
    store = SharedStore(address, *(1000,), prefix="test", wait=1.0, clock=time.monotonic)
    run, slow = store.logs._server.run, [0.4]

    async def late(commands: list[Any]) -> list[Any]:
        found = await run(commands)
        await asyncio.sleep(slow.pop() if slow else 0.0)
        return found

    store.logs._server.run = late  # type: ignore[method-assign]
    store.open()
    await until(lambda: store.logs.up)
    assert store.logs._offset == pytest.approx(time.time() - time.monotonic(), abs=0.1)
    store.close()
    await asyncio.sleep(0.01)
