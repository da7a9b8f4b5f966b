"""Watched requests."""

from __future__ import annotations

from stagedoor.fronts.replay.log_records import Hit
from stagedoor.fronts.replay.observed_request import Watched, looked_up
from stagedoor.model.facts import Request

HIT = Hit(1.0, b"::1", b"get", b"E.org:80", b"/%61?x", 200, 5, b" VLC ")


def test_what_is_read_is_noted() -> None:
    request = Watched(HIT, "/a")
    assert request.looked_at() == frozenset()
    read = (request.method, request.host, request.path, request.target, request.agent)
    assert read == ("GET", "e.org", "/a", "/%61?x", "VLC")
    assert request.looked_at() == {"method", "host", "path", "target", "agent"}
    assert request.header("x") == ""
    assert (request.address, request.credentials) == ("::1", "none")
    assert (request.passed, request.solved) == ("unneeded", False)
    assert request.looked_at() == set(Request.__slots__)


def test_every_fact_can_be_looked_up() -> None:
    found = looked_up(("method", "path", "address", "headers"), HIT, "/a")
    assert found == (b"get", "/a", b"::1", b"")
    assert len(looked_up(tuple(Request.__slots__), HIT, "/a")) == len(Request.__slots__)
