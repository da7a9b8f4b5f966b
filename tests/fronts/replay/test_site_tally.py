"""Of a log of several sites, the requests of one."""

from __future__ import annotations

from dataclasses import replace

from making import GPTBOT, TRAINING_OFF, asks, rules
from stagedoor.fronts.replay import clf
from stagedoor.fronts.replay.log_records import Exchange, Unreadable
from stagedoor.fronts.replay.site_tally import SiteTally
from stagedoor.model.facts import Arrival

LINES = [
    f'{host}203.0.113.5 - - [29/Nov/2026:10:00:0{number} +0000] "GET /music/{number}.mp3 HTTP/1.1" '
    f'200 1000 "-" "{GPTBOT}"'.encode()
    for number, host in enumerate(
        ("anna.example ", "ANNA.example:443 ", "berta.example ", "evil.anna.example ")
    )
]
POLICY = rules(TRAINING_OFF)


def test_lines_of_other_sites_are_passed_over_and_not_taken_for_faults() -> None:
    tally = SiteTally((POLICY,), ("anna.example", "www.anna.example"))
    tally.take_lines(LINES, clf.parse, "access.log", 1)
    assert (tally.lines, tally.found, tally.others, tally.unreadable) == (2, 2, 2, 0)
    assert [cell.requests for cell in tally.outcomes.values()] == [2]
    tally.take_lines([b"rubbish"], clf.parse, "access.log", 5)
    assert (tally.unreadable, tally.troubles[0].number) == (1, 5)


def test_lines_without_a_host_are_of_the_site_that_was_named() -> None:
    line = LINES[0].partition(b" ")[2]
    for unsaid, found in ((True, 1), (False, 0)):
        tally = SiteTally((POLICY,), ("anna.example",), unsaid=unsaid)
        tally.take_lines([line], clf.parse, "access.log", 1)
        assert (tally.found, tally.others) == (found, 1 - found)


def test_captures_are_told_apart_as_well() -> None:
    tally = SiteTally((POLICY,), ("anna.example",))
    for host in ("anna.example", "berta.example"):
        request = replace(asks(GPTBOT, "/music/a.mp3"), host=host)
        tally.take(Exchange(1.0, request, Arrival(), 200, 10, "audio/mpeg"), "a.har", 1)
    assert (tally.lines, tally.others) == (1, 1)
    tally.take(Unreadable("broken"), "a.har", 3)
    assert tally.unreadable == 1
