"""What every store has to do. A store's own test file makes a class of it with `make` filled in."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest

from stagedoor.engine.needs import Effects, Known, Received
from stagedoor.engine.under_way import Expected, Way
from stagedoor.model.client_keys import client_key, listener
from stagedoor.model.facts import Behaviour, Rate
from stagedoor.model.heard import SCOPES, Amounts, Heard, Listening, Scope, Sentence, Sweep
from stagedoor.model.sound import SoundKind, SoundSent
from stagedoor.store.interface import Length, Query, Store
from stagedoor.store.store_keys import once_key

HOME = "198.51.100.7"
ELSEWHERE = "192.0.2.1"
THIRTY = Rate(30, 60.0)


class Driver:
    """A store as a front uses it: read, then apply."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def read(self, address: str, at: float, recording: str = "", **more: Any) -> Known:
        """What is known; waits for a store that is elsewhere."""
        found = self.store.read(Query(client_key(address), at, recording, **more))
        if inspect.isawaitable(found):

            async def wait() -> Known:
                known: Known = await found
                return known

            return asyncio.run(wait())
        assert isinstance(found, Known)
        return found

    def seen(self, address: str, at: float, recording: str = "") -> Behaviour:
        """Count one request."""
        known = self.read(address, at, recording, behaviour=True)
        self.store.apply(client_key(address), "", Effects(counted=True, recording=recording), at)
        return known.behaviour

    def recall(self, address: str, at: float) -> Behaviour:
        """What is known of a client that asks for nothing now."""
        return self.read(address, at, behaviour=True, included=True).behaviour

    def wait(self, address: str, rule: str, rate: Rate, at: float) -> float:
        """Use up a rate, or be late."""
        late = self.read(address, at, rates=((rule, rate),)).waits.get(rule, 0.0)
        if not late:
            self.store.apply(client_key(address), "", Effects(rates=((rule, rate),)), at)
        return late

    def received(self, crawler: str) -> Received | None:
        """What a crawler has received."""
        return self.read("", 0.0, crawler=crawler).received


def song(number: int, **more: Any) -> SoundSent:
    """A recording of three minutes that has gone out whole."""
    return portion(f"/music/{number}.mp3", **more)


def portion(
    track: str, start: int = 0, end: int = 3_000_000, kind: SoundKind = "recording", **more: Any
) -> SoundSent:
    """A part of a recording of three minutes and 3 MB."""
    return SoundSent(
        track,
        kind,
        start=start,
        end=end,
        **{
            "seconds": 180.0 * (end - start) / 3_000_000,
            "size": 3_000_000,
            "length": 180.0,
            "offset": 180.0 * start / 3_000_000,
            "resource": track,
            "first": True,
            "last": True,
            "complete": True,
            **more,
        },
    )


class Player:
    """Somebody at an address, with a program, who is sent recordings."""

    def __init__(self, driver: Driver, address: str = HOME, agent: str = "Firefox") -> None:
        self.driver, self.listener = driver, listener(address, agent)

    def gets(self, *sent: SoundSent, at: float) -> None:
        for one in sent:
            self.driver.store.sounded(self.listener, one, at)

    def known(self, at: float, **more: Any) -> Known:
        return self.driver.read("", at, listener=self.listener, **more)

    def heard(self, at: float, scope: Scope = "household") -> Heard:
        listening: Listening = self.known(at, listening=SCOPES).behaviour.listening
        found: Heard = getattr(listening, scope)
        return found

    def sweep(self, at: float) -> Sweep | None:
        amounts = Amounts(5400.0, 20, 7200.0, 500, 30)
        return self.driver.store.sweep(self.listener, amounts, at)

    def does(self, effects: Effects, at: float) -> None:
        self.driver.store.apply(self.listener.household, "", effects, at, self.listener)

    def left(self, rule: str, scope: Scope, at: float) -> float:
        return self.known(at, sentences=((rule, scope),)).waits.get(rule, 0.0)


class StoreContract:
    """The suite. `flood`: how many strangers come where many do."""

    flood = 20_000

    def make(self, clients: int = 100) -> Store:
        """A new, empty store that remembers so many clients."""
        raise AssertionError(f"{type(self).__name__} makes no store")

    def driver(self, clients: int = 100) -> Driver:
        return Driver(self.make(clients))

    # -- counters ----------------------------------------------------------------------------------

    def test_nobody_is_known_at_first(self) -> None:
        assert self.driver().recall(HOME, 5.0) == Behaviour()
        assert self.driver().read(HOME, 5.0) == Known()

    def test_reading_changes_nothing(self) -> None:
        driver = self.driver()
        driver.seen(HOME, 1.0, "/a.mp3")
        rates = (("r", Rate(1, 60.0)),)
        query: dict[str, Any] = {"behaviour": True, "rates": rates, "crawler": "c"}
        first = driver.read(HOME, 2.0, "/b.mp3", **query)
        assert all(driver.read(HOME, 2.0, "/b.mp3", **query) == first for _ in range(20))
        assert first.behaviour == Behaviour(requests=2, recordings=2, known=1.0)
        assert len(driver.store) == 1

    def test_the_request_at_hand_is_included_once(self) -> None:
        driver = self.driver()
        assert driver.seen(HOME, 1.0, "/a.mp3") == Behaviour(requests=1, recordings=1)
        assert driver.recall(HOME, 1.0) == Behaviour(requests=1, recordings=1)

    def test_requests_recordings_and_bytes_are_counted(self) -> None:
        driver = self.driver()
        for number in range(6):
            found = driver.seen(HOME, 100.0 + number, f"/music/{number % 3}.mp3")
        driver.store.sent(HOME, 5_000_000, 0.0, 106.0)
        assert found == Behaviour(requests=6, recordings=3, audio=0, known=5.0)
        assert driver.recall(HOME, 107.0).audio == 5_000_000
        assert driver.recall(ELSEWHERE, 107.0) == Behaviour()

    def test_a_client_is_known_from_the_first_thing_that_is_noted_of_it(self) -> None:
        driver = self.driver()
        driver.seen("192.0.2.1", 10.0)
        driver.store.sent("192.0.2.2", 5, 0.0, 20.0)
        driver.wait("192.0.2.3", "r", THIRTY, 30.0)
        found = [driver.recall(f"192.0.2.{n}", 40.0).known for n in (1, 2, 3)]
        assert found == [30.0, 20.0, 10.0]
        assert driver.recall("192.0.2.1", 40.0).recordings == 0  # a page is none

    def test_a_minute_and_an_hour_later_it_is_forgotten(self) -> None:
        driver = self.driver()
        driver.seen(HOME, 0.0, "/a.mp3")
        driver.store.sent(HOME, 1000, 0.0, 0.0)
        assert driver.recall(HOME, 121.0).requests == 0
        assert driver.recall(HOME, 3599.0).recordings == 1
        assert driver.recall(HOME, 3601.0).recordings == 0
        assert driver.recall(HOME, 7201.0).audio == 0
        assert driver.recall(HOME, 7201.0).known == 7201.0

    def test_a_recording_that_is_missing_counts_no_more(self) -> None:
        driver = self.driver()
        driver.seen(HOME, 1.0, "/a.mp3")
        driver.seen(HOME, 1.0, "/b.mp3")
        driver.store.missing(client_key(HOME), "/b.mp3")
        driver.store.missing(client_key(HOME), "/never.mp3")
        driver.store.missing(client_key(ELSEWHERE), "/a.mp3")
        assert driver.recall(HOME, 2.0).recordings == 1

    def test_a_time_to_come_can_be_asked_about(self) -> None:
        driver = self.driver()
        driver.seen(HOME, 1.0, "/a.mp3")
        assert driver.recall(HOME, 9000.0).recordings == 0
        assert driver.recall(HOME, 2.0).recordings == 1
        assert driver.recall(HOME, 9000.0).requests == 0
        assert driver.recall(HOME, 2.0).requests == 1

    def test_clients_are_bounded_and_the_latest_are_kept(self) -> None:
        driver = self.driver(100)
        for number in range(1000):
            driver.seen(f"10.0.{number // 256}.{number % 256}", float(number), "/a.mp3")
            driver.seen(HOME, float(number))
        assert len(driver.store) == 100
        assert driver.recall(HOME, 1000.0).known == 1000.0

    # -- rates -------------------------------------------------------------------------------------

    def test_a_rate_lets_so_many_through_at_once_and_then_one_by_one(self) -> None:
        driver = self.driver()
        assert [driver.wait(HOME, "r", THIRTY, 0.0) for _ in range(30)] == [0.0] * 30
        assert driver.wait(HOME, "r", THIRTY, 0.0) == 2.0
        assert driver.wait(HOME, "r", THIRTY, 0.5) == 1.5  # what is refused does not count
        assert driver.wait(HOME, "r", THIRTY, 2.0) == 0.0
        assert driver.wait(HOME, "r", THIRTY, 2.0) == 2.0
        assert driver.wait(HOME, "r", THIRTY, 1000.0) == 0.0

    def test_rates_are_counted_for_each_rule_and_each_client(self) -> None:
        driver = self.driver()
        for _ in range(31):
            driver.wait(HOME, "r", THIRTY, 0.0)
        assert driver.wait(HOME, "other", THIRTY, 0.0) == 0.0
        assert driver.wait(ELSEWHERE, "r", THIRTY, 0.0) == 0.0

    # -- crawlers ----------------------------------------------------------------------------------

    def test_a_crawler_has_received_what_it_was_sent(self) -> None:
        driver = self.driver()
        store = driver.store
        assert driver.received("GPTBot") is None
        assert store.received("GPTBot", "headers", "h")
        assert not store.received("GPTBot", "headers", "h")
        assert store.received("GPTBot", "robots", "r", b"User-agent: *")
        assert store.text("r") == b"User-agent: *"
        assert store.text("h") is None
        assert driver.received("GPTBot") == Received(frozenset({"headers", "robots"}), "r", 0)
        store.apply("", "GPTBot", Effects(violated=True), 0.0)
        store.apply("", "nobody", Effects(violated=True), 0.0)
        assert driver.received("GPTBot") == Received(frozenset({"headers", "robots"}), "r", 1)
        assert driver.received("nobody") is None

    def test_crawlers_and_texts_are_bounded(self) -> None:
        driver = self.driver(50)
        for number in range(500):
            driver.store.received(f"Bot {number}", "robots", f"r{number}", b"x")
            driver.store.received("GPTBot", "headers", f"h{number}")
        assert driver.received("GPTBot") is not None
        assert driver.received("Bot 0") is None
        assert driver.store.text("r0") is None
        assert driver.store.text("r499") == b"x"

    # -- once --------------------------------------------------------------------------------------

    def test_what_counts_once_counts_once_for_as_long_as_it_is_valid(self) -> None:
        store, key = self.make(), once_key("nonce", "signer", "key", "n")
        assert store.once(key, HOME, 60.0, 0.0, shared=False)
        assert not store.once(key, HOME, 60.0, 60.0, shared=False)
        assert not store.once(key, ELSEWHERE, 60.0, 1.0, shared=True)
        assert store.once(key, HOME, 60.0, 1.0, shared=True)
        assert store.once(key, ELSEWHERE, 200.0, 61.0, shared=False)

    def test_a_proof_is_new_once(self) -> None:
        store = self.make()
        keys = [once_key("proof", "GPTBot", HOME, proof) for proof in ("verified", "spoofed")]
        assert [store.proof_seen(key) for key in (*keys, *keys)] == [False, False, True, True]

    # -- recordings and sound ----------------------------------------------------------------------

    def test_lengths_are_known_by_path(self) -> None:
        store = self.make()
        assert store.length("/a.mp3") is None
        store.keep_length("/a.mp3", Length(10))
        store.keep_length("/a.mp3", Length(10, 2.5))
        assert store.length("/a.mp3") == Length(10, 2.5)
        for number in range(5000):
            store.keep_length(f"/{number}.mp3", Length(number))
        assert store.length("/a.mp3") is None
        assert store.length("/4999.mp3") == Length(4999)

    def test_an_hour_of_listening_is_reported_when_the_next_begins(self) -> None:
        store = self.make()
        for second in range(0, 3600, 60):
            assert store.sent(HOME, 0, 60.0, 18_000.0 + second) == ()
        assert store.sent(ELSEWHERE, 0, 36.0, 21_600.0) == (1.0,)

    # -- listening sessions --------------------------------------------------------------------------

    def test_sound_that_cannot_have_been_heard_is_ahead_and_drains(self) -> None:
        player = Player(self.driver())
        player.gets(song(1), song(2), at=1000.0)
        assert player.heard(1000.0).ahead == 360.0
        assert player.heard(1060.0).ahead == 120.0
        assert player.heard(1060.0, "agent").ahead == 300.0
        assert player.heard(2000.0).ahead == 0.0

    def test_the_same_part_twice_counts_once(self) -> None:
        player = Player(self.driver())
        for _ in range(5):
            player.gets(song(1), portion("/music/1.mp3", 1_000_000, 2_000_000), at=1000.0)
        found = player.heard(1000.0)
        assert (found.ahead, found.begun_recordings, found.whole_recordings) == (180.0, 1, 1)

    def test_ranges_of_one_recording_add_up_to_a_whole(self) -> None:
        player, size = Player(self.driver()), 3_000_000
        for start in range(0, size, size // 10):
            player.gets(portion("/a.mp3", start, min(size, start + size // 10)), at=1000.0)
        found = player.heard(1000.0)
        assert found.ahead == pytest.approx(180.0)
        assert (found.whole_recordings, found.whole_file_by_ranges) == (1, 1)
        player.gets(song(2), at=1000.0)
        assert player.heard(1000.0).whole_file_by_ranges == 1

    def test_a_beginning_is_begun_and_not_whole(self) -> None:
        player = Player(self.driver())
        player.gets(portion("/a.mp3", 0, 1_500_000), at=1000.0)
        found = player.heard(1000.0)
        assert found == Heard(ahead=90.0, begun_recordings=1)

    def test_windows_end(self) -> None:
        player = Player(self.driver())
        player.gets(song(1), song(2), at=1000.0)
        assert player.heard(1599.0).whole_recordings == 2
        assert player.heard(1600.0).whole_recordings == 0
        assert player.heard(4599.0).begun_recordings == 2
        assert player.heard(4600.0).begun_recordings == 0
        assert player.heard(30_000.0).catalogue_share == 0.1  # of twenty, where there are fewer
        assert player.heard(90_000.0).catalogue_share == 0.0

    def test_segments_are_of_their_track_and_are_asked_for_by_right_with_a_playlist(self) -> None:
        driver = self.driver()
        bare, fair = Player(driver), Player(driver, ELSEWHERE)
        driver.store.playlist(fair.listener, 999.0)
        for player in (bare, fair):
            for number in range(18):
                player.gets(
                    portion("/set/", 0, 166_666, "segment", size=166_666, offset=number * 10.0,
                            resource=f"/set/{number}.ts", length=180.0),
                    at=1000.0,
                )  # fmt: skip
        assert bare.heard(1000.0).segments_without_playlist == 18
        assert fair.heard(1000.0).segments_without_playlist == 0
        for player in (bare, fair):
            found = player.heard(1000.0)
            assert (found.begun_recordings, found.whole_recordings) == (1, 1)

    @pytest.mark.parametrize("name", ["seg-{}-v1-a1.ts", "{}.ts", "part-{:06}_128k.m4s"])
    def test_every_second_counts_of_segments_that_no_playlist_has_listed(self, name: str) -> None:
        """Nobody knows how long their track is; each goes out in two portions or more."""
        player = Player(self.driver())
        before, _, behind = name.partition("{")
        track = f"/hls/{before}*{behind.partition('}')[2]}"
        for number in range(64):
            for start, end in ((0, 64_000), (64_000, 128_000), (128_000, 133_000)):
                player.gets(
                    portion(track, start, end, "segment", size=133_000, length=0.0, offset=0.0,
                            seconds=10.0 * (end - start) / 133_000, first=not start,
                            last=end == 133_000, resource=f"/hls/{name.format(number)}"),
                    at=1000.0,
                )  # fmt: skip
        assert player.heard(1000.0).ahead == pytest.approx(640.0)
        assert player.heard(1000.0).segments_without_playlist == 64

    def test_segments_without_a_number_count_by_chance(self) -> None:
        player = Player(self.driver())
        for name in ("intro.ts", "outro.ts"):
            player.gets(
                portion("/hls/a.ts", 0, 100, "segment", size=100, length=0.0, offset=0.0,
                        seconds=10.0, resource=f"/hls/{name}"),
                at=1000.0,
            )  # fmt: skip
        assert 10.0 <= player.heard(1000.0).ahead <= 20.0

    def test_episodes_have_a_clock_of_their_own(self) -> None:
        player = Player(self.driver())
        player.gets(*(portion(f"/e/{n}.mp3", kind="episode") for n in range(300)), at=1000.0)
        assert player.heard(1000.0) == Heard(episodes=300)
        assert player.heard(80_000.0).episodes == 300
        assert player.heard(88_000.0).episodes == 0

    def test_archives_have_a_clock_of_their_own_and_are_a_sweep_where_they_are_many(self) -> None:
        """An album in a zip: once, however often it is taken up again."""
        driver = self.driver(1000)
        player, other = Player(driver), Player(driver, agent="Chrome")
        albums = [portion(f"/albums/{n}.zip", kind="archive") for n in range(31)]
        player.gets(*albums[:30], albums[3], at=1000.0)
        assert player.heard(1000.0) == Heard(archives=30)
        assert player.sweep(1000.0) is None
        other.gets(albums[30], at=1001.0)
        assert (other.heard(1001.0, "agent").archives, player.heard(1001.0).archives) == (1, 31)
        assert player.sweep(1001.0) == Sweep("household", 31, 1.0)
        assert player.heard(80_000.0).archives == 31
        assert (player.heard(88_000.0).archives, player.sweep(88_000.0)) == (0, None)

    def test_what_is_under_way_counts_where_that_is_asked_for(self) -> None:
        driver = self.driver()
        player, store = Player(driver), driver.store
        ways = [Way(player.listener, f"/{n}.mp3", 1000.0, length=200.0) for n in range(5)]
        for way in ways:
            store.begun(way, 1000.0)
        assert store.under_way(player.listener) == 5
        query = {"listening": SCOPES, "expected": Expected(but=ways[0])}
        found = player.known(1000.0, **query).behaviour.listening
        assert found.household.whole_recordings == found.network.begun_recordings == 4
        assert player.heard(1000.0) == Heard()
        for way in ways:
            store.ended(way)
        assert player.known(1000.0, **query).behaviour.listening == Listening()
        assert store.under_way(player.listener) == 0

    def test_streams_without_an_end_and_what_was_bought_count_nothing(self) -> None:
        player = Player(self.driver())
        player.gets(song(1, kind="live"), song(2, kind="bought"), at=1000.0)
        assert player.heard(1000.0) == Heard()

    def test_a_walk_in_order_is_one(self) -> None:
        player = Player(self.driver())
        for number in (3, 4, 5, 6):
            player.gets(portion(f"/album/{number:02} Song.mp3"), at=1000.0)
        assert player.heard(1000.0).sequential_walk == 4
        player.gets(portion("/next/01 Song.mp3"), at=1000.0)
        assert player.heard(1000.0).sequential_walk == 5
        player.gets(portion("/next/07 Song.mp3"), at=1000.0)
        assert player.heard(1000.0).sequential_walk == 1

    def test_neighbours_are_one_network_and_agents_are_apart(self) -> None:
        driver = self.driver()
        for number in range(20):
            Player(driver, f"203.0.113.{number + 10}").gets(song(number), at=1000.0)
        someone = Player(driver, "203.0.113.200")
        assert someone.heard(1000.0) == Heard()
        assert someone.heard(1000.0, "network").whole_recordings == 20
        assert someone.heard(1000.0, "network").ahead == 3600.0
        first = Player(driver, "203.0.113.10")
        assert first.heard(1000.0).whole_recordings == 1
        other = Player(driver, "203.0.113.10", "Safari")
        other.gets(song(50), song(51), at=1000.0)
        assert other.heard(1000.0).whole_recordings == 3
        assert other.heard(1000.0, "agent").whole_recordings == 2
        assert first.heard(1000.0, "agent").whole_recordings == 1
        assert someone.heard(1000.0, "network").whole_recordings == 22

    def test_neighbours_in_version_six(self) -> None:
        driver = self.driver(10_000)
        for number in range(300):
            Player(driver, f"2001:db8:7:{number:x}::1").gets(song(number % 30), at=1000.0)
        found = Player(driver, "2001:db8:7:ffff::1").heard(1000.0, "network")
        assert (found.whole_recordings, found.ahead) == (30, 5400.0)
        assert Player(driver, "2001:db8:8:1::1").heard(1000.0, "network") == Heard()

    def test_the_same_song_for_many_neighbours_is_one(self) -> None:
        driver = self.driver()
        for number in range(50):
            Player(driver, f"203.0.113.{number + 10}").gets(song(1), song(2), at=1000.0)
        assert Player(driver, "203.0.113.1").heard(1000.0, "network").ahead == 360.0

    def test_a_sentence_lasts_and_ends(self) -> None:
        driver = self.driver()
        player, neighbour = Player(driver), Player(driver, "198.51.100.8")
        player.does(Effects(sentence=Sentence("r", "household", 600.0)), 1000.0)
        assert player.left("r", "household", 1000.0) == 600.0
        assert player.left("r", "household", 1599.0) == 1.0
        assert player.left("r", "household", 1600.0) == 0.0
        assert player.left("other", "household", 1000.0) == 0.0
        assert neighbour.left("r", "household", 1000.0) == 0.0
        assert Player(driver, agent="Safari").left("r", "household", 1000.0) == 600.0

    def test_a_sentence_on_a_network_or_an_agent(self) -> None:
        driver = self.driver()
        player, neighbour = Player(driver), Player(driver, "198.51.100.8")
        for one in (player, neighbour):
            one.gets(song(1), at=999.0)
        player.does(Effects(sentence=Sentence("net", "network", 600.0)), 1000.0)
        assert neighbour.left("net", "network", 1000.0) == 600.0
        Player(driver, agent="Safari").gets(song(2), at=1000.0)
        player.does(Effects(sentence=Sentence("one", "agent", 600.0)), 1000.0)
        assert player.left("one", "agent", 1000.0) == 600.0
        assert Player(driver, agent="Safari").left("one", "agent", 1000.0) == 0.0
        assert Player(driver, agent="Opera").left("one", "agent", 1000.0) == 0.0

    def test_the_only_agents_sentence_and_trap_stay_its_own(self) -> None:
        driver = self.driver()
        player, second = Player(driver), Player(driver, agent="Safari")
        player.gets(song(1), at=999.0)
        player.does(Effects(sentence=Sentence("one", "agent", 600.0)), 1000.0)
        player.does(Effects(tripped=3600.0), 1000.0)
        second.gets(song(2), at=1001.0)
        assert player.left("one", "agent", 1002.0) == 598.0
        assert player.heard(1002.0, "agent").tripped
        assert second.left("one", "agent", 1002.0) == 0.0
        assert not second.heard(1002.0, "agent").tripped

    def test_what_is_asked_for_under_a_sentence_and_traps(self) -> None:
        player = Player(self.driver())
        for number in (1, 2, 2, 3):
            player.does(Effects(ignored=f"/{number}.mp3"), 4000.0)
        assert player.heard(4000.0).ignored == 3
        player.does(Effects(tripped=3600.0), 4000.0)
        assert player.heard(7599.0).tripped
        assert player.heard(7599.0, "agent").tripped
        assert not player.heard(7600.0).tripped

    def test_a_sweep_is_seen_whatever_the_agent_says(self) -> None:
        player = Player(self.driver())
        for number in range(21):
            assert player.sweep(1000.0 + number / 4) is None
            player.gets(song(number), at=1000.0 + number / 4)
        assert player.sweep(1005.0) == Sweep("household", 21, 5.0)
        for number in range(21, 100):
            player.gets(song(number), at=1005.0)
        assert player.sweep(1005.0) == Sweep("household", 100, 5.0)
        assert player.sweep(1005.0 + 7200) is None

    def test_an_album_the_same_song_again_and_many_beginnings_are_no_sweep(self) -> None:
        player = Player(self.driver())
        player.gets(*(song(number) for number in range(12)), *[song(1)] * 50, at=1000.0)
        assert player.sweep(1000.0) is None
        beginnings = [portion(f"/page/{n}.mp3", end=40_000) for n in range(100)]
        player.gets(*beginnings, at=1000.0)
        assert player.sweep(1000.0) is None

    def test_what_was_heard_before_a_pause_is_no_part_of_a_sweep(self) -> None:
        player = Player(self.driver())
        player.gets(song(900), song(901), at=1000.0)
        player.gets(*(song(number) for number in range(31)), at=1700.0)
        assert player.sweep(1700.0) == Sweep("household", 31, 0.0)

    def test_neighbours_sweep_together_and_episodes_are_counted_too(self) -> None:
        driver = self.driver(10_000)
        for number in range(48):
            last = Player(driver, f"203.0.113.{number % 20}")
            last.gets(song(number), at=1000.0 + number / 16)
        assert last.sweep(1003.0) == Sweep("network", 48, 3.0)
        assert Player(driver, "203.0.114.1").sweep(1003.0) is None
        subscriber = Player(driver, "198.51.100.9", "gPodder")
        subscriber.gets(*(song(n, kind="episode") for n in range(500)), at=1000.0)
        assert subscriber.sweep(1000.0) is None
        subscriber.gets(song(500, kind="episode"), at=1000.0)
        assert subscriber.sweep(1000.0) == Sweep("household", 501, 0.0)

    def test_a_run_is_nothing_where_nothing_was_sent(self) -> None:
        player = Player(self.driver())
        assert player.driver.store.run(player.listener, "household", 1000.0) is None
        player.gets(song(1), song(2), at=1000.0)
        found = player.driver.store.run(player.listener, "agent", 1000.5)
        assert found == Sweep("household", 2, 0.5)

    def test_a_flood_of_addresses_does_not_make_it_forget_whom_it_watches(self) -> None:
        driver = self.driver(1000)
        taker, sentenced, tripped = (Player(driver, f"203.0.113.{n}") for n in (1, 2, 3))
        taker.gets(*(song(n) for n in range(40)), at=1000.0)
        sentenced.does(Effects(sentence=Sentence("r", "household", 3600.0)), 1000.0)
        tripped.does(Effects(tripped=3600.0), 1000.0)
        for number in range(self.flood):
            address = f"{10 + number % 100}.{number // 256 % 256}.{number % 256}.1"
            Player(driver, address).gets(song(number % 100), at=1000.0 + number / 100)
        assert len(driver.store) <= 1000
        assert taker.heard(1200.0).ahead > 6000
        assert sentenced.left("r", "household", 1200.0) == 3400.0
        assert tripped.heard(1200.0).tripped

    def test_neighbouring_networks_of_64_bits_make_nobody_forgotten(self) -> None:
        driver = self.driver(1000)
        quiet = Player(driver, HOME)
        quiet.gets(song(1), at=1000.0)
        for number in range(self.flood):
            player = Player(driver, f"2001:db8:{number % 2}:{number // 2 % 400:x}::1")
            player.gets(song(number % 100), at=1000.0)
        assert quiet.heard(1000.0).whole_recordings == 1

    # -- on air ----------------------------------------------------------------------

    def test_live_streams_are_known_by_household_and_network(self) -> None:
        driver = self.driver()
        store, neighbour = driver.store, HOME.rpartition(".")[0] + ".200"
        for household in (HOME, HOME, neighbour):
            store.aired(household, 100.0, 1)
        found = driver.recall(HOME, 3700.0)
        assert (found.live_streams, found.live_streams_in_network, found.on_air) == (2, 3, 3600)
        for _ in range(2):
            store.aired(HOME, 4000.0, -1)
        found = driver.recall(HOME, 7600.0)
        assert (found.live_streams, found.live_streams_in_network, found.on_air) == (0, 1, 0)
