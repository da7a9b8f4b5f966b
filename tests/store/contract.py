"""What every store has to do. A store's own test file makes a class of it with `make` filled in."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from stagedoor.engine.needs import Effects, Known, Received
from stagedoor.model.client_keys import client_key
from stagedoor.model.facts import Behaviour, Rate
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


class StoreContract:
    """The suite."""

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
