"""Access logs as lines: fronts/replay/clf.py."""

from __future__ import annotations

from stagedoor.fronts.replay.clf import parse
from stagedoor.fronts.replay.formats import sniff
from stagedoor.fronts.replay.log_records import Hit, NoRequest, Unreadable

SEEDS = (
    b'192.0.2.1 - - [23/Nov/2026:11:05:09 +0100] "GET /a.mp3 HTTP/1.1" 200 5 "-" "GPTBot/1.2"',
    b'h:80 192.0.2.1 - - [23/Nov/2026:11:05:60 -0930] "GET /\\x22 HTTP/2.0" 404 - "\\"" "a\\\\"',
    b'::1 - x [23/Nov/2026:11:05:09 +0100] "-" 400 0', b'a - - [99/Foo/2026:25:61:61 +9999] "" 1 2',
)  # fmt: skip


def check(data: bytes) -> None:
    """One of three, with facts of the right kind."""
    sniff(data)
    for line in data.split(b"\n"):
        found = parse(line)
        assert isinstance(found, Hit | NoRequest | Unreadable)
        if isinstance(found, Hit):
            assert found.size >= 0
            assert 0 <= found.status <= 999
            assert found.method
            assert found.target
            assert b" " not in found.method
