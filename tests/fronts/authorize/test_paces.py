"""How fast a recording goes out where many do."""

from __future__ import annotations

from stagedoor.engine.transaction import Transaction
from stagedoor.engine.under_way import FEW, Way
from stagedoor.fronts.authorize.paces import FASTER, LEAST, rate
from stagedoor.load import rule_folder
from stagedoor.model.client_keys import listener
from stagedoor.model.facts import Request

WHO = listener("198.51.100.7", "Firefox")


def paced(way: Way | None, under_way: int, path: str = "/a.mp3") -> int:
    request = Request("GET", "x", path, path, "Firefox", address="198.51.100.7")
    transaction = Transaction(rule_folder.load(), request)
    transaction.way = way
    return rate(transaction, lambda _: under_way)


def test_most_listeners_are_sent_all_at_once() -> None:
    assert paced(Way(WHO, "/a.mp3", 0.0, size=4_000_000, length=100.0), FEW) == 0
    assert paced(None, 100) == 0


def test_many_recordings_go_out_faster_than_they_sound() -> None:
    song = Way(WHO, "/a.mp3", 0.0, size=4_000_000, length=100.0)
    assert paced(song, FEW + 1) == FASTER * 40_000
    assert paced(Way(WHO, "/a.mp3", 0.0, size=400_000, length=100.0), FEW + 1) == LEAST
    # Nothing is known of it yet but its name.
    assert paced(Way(WHO, "/a.flac", 0.0), 9, "/a.flac") > paced(Way(WHO, "/a.mp3", 0.0), 9)


def test_segments_and_archives_are_not_slowed() -> None:
    assert paced(Way(WHO, "/a.ts", 0.0, piece=6.0), 100) == 0
    assert paced(Way(WHO, "/a.zip", 0.0, archive=True), 100) == 0
