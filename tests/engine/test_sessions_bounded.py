"""Sessions stay within their bounds, and remember whom they watch, whatever comes."""

from __future__ import annotations

import gc
import os

import pytest
from tools.bench import listening

from stagedoor.engine.sessions import HOMES, Sessions
from stagedoor.model.client_keys import listener
from stagedoor.model.heard import Sentence
from stagedoor.model.sound import SoundSent

FLOOD = int(os.environ.get("STAGEDOOR_FLOOD", "100000"))
"""Addresses, fifty for each session that there may be. Ten million take minutes, and show the same."""
HERE = listener("198.51.100.7", "Firefox")


def song(number: int) -> SoundSent:
    return SoundSent(
        f"/music/{number}.mp3", "recording", 180.0, 0, 3_000_000, 3_000_000, 180.0, first=True
    )


def test_recordings_that_are_compressed_on_their_way_count_as_whole() -> None:
    """Nobody knows how large they are before they have ended, nor how long they are but roughly."""
    sessions = Sessions(100)
    for number in range(21):
        name = f"/music/{number}.mp3"
        for start, end, last in (
            (0, 65_536, False),
            (65_536, 1_114_112, False),
            (1_114_112, 1_420_000, True),
        ):
            portion = SoundSent(
                name, "recording", (end - start) / 28_000, start, end, offset=start / 28_000,
                resource=name, first=not start, last=last, complete=last,
            )  # fmt: skip
            sessions.sent(HERE, portion, 1000.0)
    heard = sessions.heard(HERE, ("household",), 1001.0).household
    assert heard.whole_recordings == 21
    assert heard.ahead > 21 * 45


@pytest.mark.slow
def test_a_client_takes_a_kilobyte() -> None:
    """So a hundred thousand take a hundred megabytes; `./run bench` measures those."""
    assert listening.memory(20_000) <= 20


def objects() -> int:
    """How much is alive."""
    gc.collect()
    return len(gc.get_objects())


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_flood_of_addresses_changes_nothing_about_the_bounds() -> None:
    most = 2_000
    sessions = Sessions(most)
    for number in range(40):
        sessions.sent(HERE, song(number), 1000.0)
    sessions.sentence(HERE, Sentence("r", "household", 1e6), 1000.0)
    sent = [song(number) for number in range(100)]
    for number in range(most):  # full, before it is measured
        sessions.sent(
            listener(f"9.{number // 256}.{number % 256}.1", "A"), sent[number % 100], 1000.0
        )
    gc.collect()
    before = objects()
    for number in range(FLOOD):
        rest, last = divmod(number, 251)
        address = f"{10 + rest % 200}.{rest // 51_200}.{rest // 200 % 256}.{last}"
        sessions.sent(listener(address, "A"), sent[number % 100], 1000.0 + number / 1e5)
    assert len(sessions) <= most
    assert objects() < before * 1.2
    assert sessions.left(HERE, "r", "household", 1100.0) > 0
    assert sessions.heard(HERE, ("household",), 1100.0).household.ahead > 5400


def test_many_that_are_watched_do_not_make_it_blind_for_others() -> None:
    """Two hundred networks took a hundred recordings each: there is no room for more recordings."""
    sessions = Sessions(1000)
    for network in range(200):
        for number in range(100):
            who = listener(f"203.0.{network}.{number % 5}", "A")
            sessions.sent(who, song(number), 1000.0)
    for number in range(31):
        for stranger in range(3):
            sessions.sent(listener(f"9.{number}.{stranger}.1", "A"), song(number), 1001.0)
        sessions.sent(HERE, song(number), 1001.0)
    found = sessions.heard(HERE, ("household",), 1001.0).household
    assert found.whole_recordings == 31
    assert len(sessions) <= 1000


def test_a_million_networks_of_one_provider_share_its_own() -> None:
    sessions = Sessions(10_000)
    for number in range(2000):
        sessions.sent(listener(f"2001:db8:7:{number:x}::1", "A"), song(number % 50), 1000.0)
    assert len(sessions) <= HOMES + 1
    one = listener("2001:db8:7:7cf::1", "A")
    found = sessions.heard(one, ("household", "network"), 1000.0)
    assert found.household.begun_recordings == 0
    assert found.network.begun_recordings == 50


def test_more_agents_than_a_household_has_share_one_session() -> None:
    sessions = Sessions(1000)
    for number in range(100):
        sessions.sent(listener("198.51.100.7", f"Agent {number}"), song(number), 1000.0)
    assert len(sessions) <= 34
    last = sessions.heard(listener("198.51.100.7", "Agent 99"), ("agent",), 1000.0).agent
    assert last.begun_recordings == 100 - 32
    first = sessions.heard(listener("198.51.100.7", "Agent 0"), ("agent",), 1000.0).agent
    assert first.begun_recordings == 1


def test_forgotten_households_leave_their_network() -> None:
    sessions = Sessions(10)
    for number in range(500):
        sessions.sent(
            listener(f"{10 + number % 7}.0.{number // 7}.{number % 3}", "A"), song(1), 1000.0
        )
    assert len(sessions) <= 10
    assert len(sessions._networks) <= 10


def test_watched_sessions_make_room_when_they_are_over() -> None:
    sessions = Sessions(100)
    for number in range(90):
        one = listener(f"11.{number}.0.1", "A")
        for track in range(10):
            sessions.sent(one, song(track), 1000.0)
    later = 1000.0 + 3600
    for number in range(200):
        sessions.sent(listener(f"12.{number}.0.1", "A"), song(1), later)
    kept = [
        sessions.heard(listener(f"12.{number}.0.1", "A"), ("household",), later).household
        for number in range(200)
    ]
    assert sum(1 for heard in kept if heard.begun_recordings) >= 90


def test_those_who_have_everything_do_not_crowd_out_all_others() -> None:
    sessions = Sessions(100)
    for number in range(300):
        sessions.tripped(listener(f"11.{number % 250}.{number // 250}.1", "A"), 3600.0, 1000.0)
    for number in range(20):
        sessions.sent(listener(f"12.{number}.0.1", "A"), song(1), 1000.0)
    found = [
        sessions.heard(listener(f"12.{number}.0.1", "A"), ("household",), 1000.0).household
        for number in range(20)
    ]
    assert all(heard.begun_recordings == 1 for heard in found)
