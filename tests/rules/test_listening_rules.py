"""The shipped rules about listening, held against listeners and takers by a clock of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tools.measure_listening import (
    AT_ONCE,
    CHROME,
    FIREFOX,
    HOME,
    LISTENERS,
    TAKERS,
    Ask,
    Outcome,
    Site,
    at_once,
    persist,
    play,
    song,
)

from shippedpolicy import shipped_policy
from stagedoor.load import rule_folder
from stagedoor.rules.policy import Policy


@pytest.fixture(scope="module")
def shipped() -> Policy:
    """The policy as shipped."""
    return shipped_policy()


@pytest.mark.parametrize("make", LISTENERS.values(), ids=LISTENERS)
def test_a_listener_is_never_disturbed(shipped: Policy, make: Callable[[], Iterator[Ask]]) -> None:
    found = play(shipped, make())
    assert (found.refused, found.rules) == (0, [])
    assert found.had


MOST = {
    "a browser's handshake and headers, 5 s": 31,
    "a browser's agent, headers of a script": 5,
    "pieces of 256 kB": 31,
    "HLS segments without playlists": 31,
    "20 addresses of one /24": 41,
    "100 albums in zips": 31,
    "one address, another agent each time": 31,
}
"""What each taker may have of 100 recordings before it is stopped."""


@pytest.mark.parametrize(("name", "most"), MOST.items())
def test_a_taker_is_stopped_and_never_at_the_first(shipped: Policy, name: str, most: int) -> None:
    found = play(shipped, TAKERS[name]())
    assert 2 < found.had_before_refusal <= most
    assert len(persist(shipped, TAKERS[name]).had) <= most


LISTEN_AT_ONCE = sorted(AT_ONCE.keys() & LISTENERS.keys())


@pytest.mark.parametrize("name", LISTEN_AT_ONCE)
def test_a_listener_is_not_disturbed_where_all_is_asked_for_at_once(
    shipped: Policy, name: str
) -> None:
    found = at_once(shipped, LISTENERS[name](), 100)
    assert (found.refused, found.rules) == (0, [])
    assert found.had


@pytest.mark.parametrize(
    ("name", "most", "had"),
    [
        ("a browser's handshake and headers, 5 s", 16, 31),
        ("a browser's handshake and headers, 5 s", 100, 31),
        ("a browser's agent, headers of a script", 16, 5),
        ("a browser's agent, headers of a script", 100, 5),
        ("pieces of 256 kB", 100, 31),
        ("HLS segments without playlists", 100, 31),
        ("one address, another agent each time", 16, 31),
        ("one address, another agent each time", 100, 31),
        ("20 addresses of one /24", 16, 41),
        ("20 addresses of one /24", 100, 41),
        ("100 albums in zips", 100, 31),
    ],
)
def test_a_taker_gets_no_more_where_it_asks_for_all_at_once(
    shipped: Policy, name: str, most: int, had: int
) -> None:
    assert 2 < len(at_once(shipped, TAKERS[name](), most).had) <= had


def test_only_a_page_that_opens_a_hundred_at_the_same_moment_waits_and_gets_them_all(
    shipped: Policy,
) -> None:
    """Browsers open five or six at a time, whatever is in the page."""
    waited = {n: at_once(shipped, LISTENERS[n](), 100).waited for n in LISTEN_AT_ONCE}
    page = "page, 100 × preload=metadata"
    assert {name for name, turns in waited.items() if turns} == {page}
    assert at_once(shipped, LISTENERS[page](), 6).waited == 0


@pytest.mark.parametrize(
    ("address", "agent"),
    [(HOME, FIREFOX), (HOME, CHROME.format(156)), ("198.51.100.99", CHROME.format(156))],
    ids=["at the same address", "with the same browser", "in the same network"],
)
@pytest.mark.parametrize("songs", [1, 3])
def test_a_song_is_heard_to_its_end_beside_a_sweep(
    shipped: Policy, address: str, agent: str, songs: int
) -> None:
    """The listener has begun before, and is sent each portion after all of the sweep's."""
    site, listener, taker = Site(shipped), Outcome(), Outcome()
    hers = [site.respond(Ask(99, song(n), address, agent), listener) for n in range(songs)]
    for each in hers:
        next(each)
    takes = TAKERS["a browser's handshake and headers, 5 s"]()
    theirs = [site.respond(ask, taker) for ask in takes]
    while theirs or hers:
        theirs = [one for one in theirs if next(one, one) is None]
        hers = [one for one in hers if next(one, one) is None]
    assert len(taker.had) <= 31
    assert (len(listener.had), listener.refused) == (songs, 0)


def test_a_recording_is_not_stopped_for_its_own_length(shipped: Policy) -> None:
    """Twenty songs tried, then a mix of four hours, which the player takes at once."""
    site, outcome = Site(shipped), Outcome()
    for number in range(20):
        site.ask(Ask(100 + number, song(number), end=0.1), outcome)
    site.ask(Ask(130, "/mixes/long.mp3", length=14_400), outcome)
    assert (len(outcome.had), outcome.refused) == (21, 0)


def test_what_is_not_stopped_is_what_the_guide_says(shipped: Policy) -> None:
    """Not wanted, and known: whoever stops one of them takes it out here and in the guide."""
    never = TAKERS.keys() - MOST.keys() - {"20 addresses of one /24, 2 s apart"}
    assert never == {
        "one that sleeps 20 to 60 s",
        "the same, in no order",
        "an address for each recording",
        "as a podcast app",
    }
    for name in never:
        assert play(shipped, TAKERS[name]()).refused == 0


def test_one_that_takes_its_time_is_written_down_and_hardly_any_listener_is(
    shipped: Policy,
) -> None:
    for name in ("one that sleeps 20 to 60 s", "the same, in no order"):
        assert play(shipped, TAKERS[name]()).noted > 40
    noted = {name for name, make in LISTENERS.items() if play(shipped, make()).noted}
    assert noted <= {"family of four, one browser", "the same, a third of each skipped"}


def test_a_stance_that_says_yes_stops_nobody(shipped: Policy) -> None:
    generous = shipped.assuming({"stance.others.sweepers": "yes"})
    assert not generous.listens
    noted = shipped.assuming({"stance.others.sweepers": "log"})
    for make in TAKERS.values():
        assert play(generous, make()).refused == play(noted, make()).refused == 0


def test_the_numbers_of_the_stance_count() -> None:
    sources = [s for s in rule_folder.sources(None) if s.inside != "stance.yaml"]
    stance = b"listening: {ahead: 30m, whole_files: 1000}"
    strict = rule_folder.build([*sources, type(sources[0])("stance.yaml", stance)])
    name = "a browser's handshake and headers, 5 s"
    assert play(strict, TAKERS[name]()).had_before_refusal == 13  # more than twelve begun
    stance = b"listening: {ahead: 60m, whole_files: 1000}"
    middle = rule_folder.build([*sources, type(sources[0])("stance.yaml", stance)])
    assert play(middle, TAKERS[name]()).had_before_refusal == 21  # 60 minutes of 179 s
