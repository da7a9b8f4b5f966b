"""Lines of access logs and an entry of a HAR file, for tests to count."""

from __future__ import annotations

from typing import Any

from making import FIREFOX
from stagedoor.fronts.replay import clf
from stagedoor.fronts.replay.tally import Tally
from stagedoor.rules.policy import Policy


def line(agent: str, target: str, *, method: str = "GET", status: int = 200, size: int = 100,
         address: str = "203.0.113.9", host: str = "", second: int = 0) -> bytes:  # fmt: skip
    before = f"{host} {address}" if host else address
    return (
        f"{before} - - [23/Nov/2026:11:{second // 60:02d}:{second % 60:02d} +0000] "
        f'"{method} {target} HTTP/1.1" {status} {size} "-" "{agent or "-"}"'
    ).encode()


def counted(
    lines: list[bytes],
    *policies: Policy,
    since: float = float("-inf"),
    until: float = float("inf"),
) -> Tally:
    found = Tally(policies, since=since, until=until)
    found.take_lines(lines, clf.parse, "a.log", 1)
    return found


def entry(**more: Any) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-11-23T12:15:27.000+01:00",
        "time": 12,
        "request": {
            "method": "GET",
            "url": "https://example.org/music/caf%C3%A9.mp3?x=1",
            "httpVersion": "HTTP/2.0",
            "headers": [
                {"name": ":path", "value": "/music/caf%C3%A9.mp3?x=1"},
                {"name": "User-Agent", "value": FIREFOX},
                {"name": "Accept", "value": "*/*"},
            ],
        },
        "response": {
            "status": 200,
            "bodySize": -1,
            "content": {"size": 4321, "mimeType": "audio/mpeg"},
        },
        **more,
    }
