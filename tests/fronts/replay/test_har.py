"""HAR files: one made by hand in the shape of HAR 1.2; mitmproxy's own is in tests/e2e."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from loglines import entry
from making import FIREFOX
from stagedoor.fronts.replay.har import exchanges
from stagedoor.fronts.replay.log_records import Exchange, Unreadable


def read(*entries: object) -> list[Exchange | Unreadable]:
    return list(exchanges(orjson.dumps({"log": {"version": "1.2", "entries": entries}})))


def test_an_entry() -> None:
    (found,) = read(entry())
    assert isinstance(found, Exchange)
    assert (found.at, found.status, found.size) == (1795432527.0, 200, 4321)
    assert found.content_type == "audio/mpeg"
    request = found.request
    assert (request.method, request.host, request.path) == ("GET", "example.org", "/music/café.mp3")
    assert request.target == "/music/caf%C3%A9.mp3?x=1"
    assert request.agent == FIREFOX
    assert [name for name, _ in request.headers] == ["User-Agent", "Accept"]
    assert not found.arrival.plaintext


@pytest.mark.parametrize("wrong", [{"request": {}}, {"response": None}, {"startedDateTime": "?"}])
def test_an_entry_that_is_none_costs_no_other(wrong: dict[str, Any]) -> None:
    bad, good = read(entry(**wrong), entry())
    assert isinstance(bad, Unreadable)
    assert isinstance(good, Exchange)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"log": 1}', b'{"log": {}}'])
def test_what_is_no_har(data: bytes) -> None:
    assert [type(found) for found in exchanges(data)] == [Unreadable]
