"""Access logs as lines: fronts/replay/clf.py, and line_reader.py for what is put around them."""

from __future__ import annotations

from stagedoor.fronts.replay.clf import parse
from stagedoor.fronts.replay.formats import sniff
from stagedoor.fronts.replay.line_reader import LineReader
from stagedoor.fronts.replay.log_records import Aside, Hit, NoRequest, Unreadable

SEEDS = (
    b'192.0.2.1 - - [23/Nov/2026:11:05:09 +0100] "GET /a.mp3 HTTP/1.1" 200 5 "-" "GPTBot/1.2"',
    b'h:80 192.0.2.1 - - [23/Nov/2026:11:05:60 -0930] "GET /\\x22 HTTP/2.0" 404 - "\\"" "a\\\\"',
    b'::1 - x [23/Nov/2026:11:05:09 +0100] "-" 400 0', b'a - - [99/Foo/2026:25:61:61 +9999] "" 1 2',
    b'web-1  | 2026-11-23T11:05:09Z {"log":"192.0.2.1, ::1 - - [x] \\"GET /\\"","stream":"stdout"}',
    b"#Fields: date time c-ip cs-method cs-uri-stem sc-status\n2026-11-23 11:05:09 ::1 GET /a 200",
    b'192.0.2.1:9 [23/Nov/2026:11:05:09.6] a b/c 1/0/3 200 5 - - ---- 1/1/1/1/0 0/0 {h|a/1} "GET /"',
)  # fmt: skip


def check(data: bytes) -> None:
    """One of three, with facts of the right kind."""
    sniff(data)
    reader = LineReader()
    lines = data.split(b"\n")
    for found in (*map(parse, lines), *map(reader.parse, lines)):
        assert isinstance(found, Hit | NoRequest | Unreadable | Aside)
        if isinstance(found, Hit):
            assert found.size >= 0
            assert 0 <= found.status <= 999
            assert found.method
            assert found.target
            assert b" " not in found.method
