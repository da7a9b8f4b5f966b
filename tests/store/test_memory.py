"""The store of one process: the contract, and that it is bounded."""

from __future__ import annotations

import copy

from contract import HOME, Driver, StoreContract
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.model.client_keys import listener
from stagedoor.model.facts import Rate
from stagedoor.store.memory import MOST_RECORDINGS, MemoryStore


class TestMemoryStore(StoreContract):
    """The contract."""

    def make(self, clients: int = 100) -> MemoryStore:
        return MemoryStore(clients)


@given(
    st.integers(1, 50),
    st.floats(0.5, 600),
    st.lists(st.floats(0, 30), min_size=1, max_size=300),
)
def test_nobody_gets_more_than_the_rate_and_waiting_always_helps(
    requests: int, seconds: float, gaps: list[float]
) -> None:
    driver, at, passed = Driver(MemoryStore(2)), 0.0, []
    rate = Rate(requests, seconds)
    for gap in gaps:
        at += gap
        wait = driver.wait(HOME, "r", rate, at)
        assert 0.0 <= wait <= seconds
        if wait == 0.0:
            passed.append(at)
        else:
            assert copy.deepcopy(driver).wait(HOME, "r", rate, at + wait) == 0.0
    for start in passed:
        # Within one period, a full rate and what has become free in the meantime.
        assert sum(start <= time < start + seconds for time in passed) <= 2 * requests


def test_recordings_are_bounded_for_one_client_and_for_all() -> None:
    store = MemoryStore(1000)
    driver = Driver(store)
    for number in range(5000):
        found = driver.seen(HOME, 0.0, f"/{number}.mp3")
    assert found.recordings == MOST_RECORDINGS
    for client in range(100):
        for number in range(200):
            driver.seen(f"10.0.0.{client}", 1.0, f"/{number}.mp3")
    assert store._recordings <= 4000
    assert store._recordings == sum(len(c.recordings) for c in store._clients.values())


def test_it_says_of_whom_it_remembers_anything() -> None:
    store = MemoryStore(100)
    home, neighbour = listener(HOME, "Firefox"), listener("198.51.100.8", "Safari")
    assert not store.remembers(home.household)
    store.sent(home.household, 1, 0.0, 1000.0)
    assert store.remembers(home.household)
    assert not store.remembers(neighbour.household)
    store.playlist(home, 1000.0)
    assert store.remembers(neighbour.household)  # by its network
    assert not store.remembers("192.0.2.1")
    store.received_elsewhere("GPTBot", "headers")
    assert store.remembers_crawler("GPTBot")
    assert not store.remembers_crawler("")
    assert store.received("GPTBot", "headers", "h")  # new to it from here
