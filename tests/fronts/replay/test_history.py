"""Rules that ask what a client did before, on a log."""

from __future__ import annotations

from loglines import counted, line
from making import FIREFOX, REQUESTS, rules
from stagedoor.fronts.replay.tally import Tally

SLOWLY = """
    - id: slowly
      title: Slowly
      when: {client.purpose: http-library}
      then: {throttle: {requests: 3, per: 1m}}
"""
GREEDY = """
    - id: greedy
      title: Too many
      when: {behaviour.recordings_last_hour: {over: 4}}
      then: block
"""


def by_action(found: Tally) -> dict[str, int]:
    counts: dict[str, int] = {}
    for outcome, cell in found.outcomes.items():
        label = outcome.verdicts[-1].label
        counts[label] = counts.get(label, 0) + cell.requests
    return counts


def test_a_rate_is_each_clients_own() -> None:
    lines = [
        line(REQUESTS, "/", address=address, second=second)
        for second in range(6)
        for address in ("203.0.113.1", "203.0.113.2")
    ]
    assert by_action(counted(lines, rules(SLOWLY))) == {"allow": 6, "throttle": 6}


def test_waiting_helps() -> None:
    lines = [line(REQUESTS, "/", second=30 * n) for n in range(20)]
    assert by_action(counted(lines, rules(SLOWLY))) == {"allow": 20}


def test_what_was_done_before_counts() -> None:
    lines = [line(FIREFOX, f"/{n}.mp3", second=n) for n in range(10)]
    assert by_action(counted(lines, rules(GREEDY))) == {"allow": 4, "block": 6}
    spread = [line(FIREFOX, f"/{n}.mp3").replace(b":11:", b":%02d:" % (2 * n)) for n in range(10)]
    assert by_action(counted(spread, rules(GREEDY))) == {"allow": 10}


def test_an_older_log_begins_anew() -> None:
    """access.log, then access.log.1."""
    new = [line(REQUESTS, "/", second=n) for n in range(3)]
    old = [text.replace(b"23/Nov", b"22/Nov") for text in new]
    assert by_action(counted(new + old, rules(SLOWLY))) == {"allow": 6}


def test_lines_a_little_out_of_order_are_one_log() -> None:
    lines = [line(REQUESTS, "/", second=n) for n in (5, 3, 6, 4, 7, 5)]
    assert by_action(counted(lines, rules(SLOWLY))) == {"allow": 3, "throttle": 3}


def test_each_of_two_policies_has_its_own_memory() -> None:
    lines = [line(REQUESTS, "/", second=n) for n in range(6)]
    found = counted(lines, rules("- {id: a, title: A, then: log}"), rules(SLOWLY))
    assert by_action(found) == {"allow": 3, "throttle": 3}


def test_what_somebody_took_counts() -> None:
    loaded = rules(
        "- {id: a, title: A, when: {behaviour.audio_last_hour: {over: 5 MB}}, then: block}"
    )
    lines = [line(FIREFOX, "/a.mp3", size=2_000_000, second=n) for n in range(6)]
    assert by_action(counted(lines, loaded)) == {"allow": 3, "block": 3}


def test_recordings_that_one_program_hands_out_are_several() -> None:
    stance = 'audio: {paths: ["/play"]}'
    lines = [line(FIREFOX, f"/play?nr={n}", second=n) for n in range(10)]
    assert by_action(counted(lines, rules(GREEDY, stance))) == {"allow": 4, "block": 6}
    same = [line(FIREFOX, f"/play?nr=7&token={n}", second=n) for n in range(10)]
    assert by_action(counted(same, rules(GREEDY, stance))) == {"allow": 10}
