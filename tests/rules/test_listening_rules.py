"""The shipped rules about listening, held against listeners and takers by a clock of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tools.measure_listening import LISTENERS, TAKERS, Ask, persist, play

from stagedoor.load import rule_folder
from stagedoor.rules.policy import Policy


@pytest.fixture(scope="module")
def shipped() -> Policy:
    """The policy as shipped."""
    return rule_folder.load()


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
    "one address, another agent each time": 31,
}
"""What each taker may have of 100 recordings before it is stopped."""


@pytest.mark.parametrize(("name", "most"), MOST.items())
def test_a_taker_is_stopped_and_never_at_the_first(shipped: Policy, name: str, most: int) -> None:
    found = play(shipped, TAKERS[name]())
    assert 2 < found.had_before_refusal <= most
    assert len(persist(shipped, TAKERS[name]).had) <= most


def test_what_is_not_stopped_is_what_the_guide_says(shipped: Policy) -> None:
    """Not wanted, and known: whoever stops one of them takes it out here and in the guide."""
    never = TAKERS.keys() - MOST.keys() - {"20 addresses of one /24, 2 s apart"}
    assert never == {
        "one that sleeps 20 to 60 s",
        "an address for each recording",
        "as a podcast app",
    }
    for name in never:
        assert play(shipped, TAKERS[name]()).refused == 0


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
