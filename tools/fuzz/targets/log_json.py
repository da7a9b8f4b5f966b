"""Access logs as JSON lines: fronts/replay/jsonlines.py."""

from __future__ import annotations

import math

from stagedoor.fronts.replay.jsonlines import parse
from stagedoor.fronts.replay.log_records import Hit, NoRequest, Unreadable

SEEDS = (
    b'{"ts":1764000000.5,"request":{"client_ip":"192.0.2.1","method":"GET","host":"h","uri":"/a",'
    b'"headers":{"User-Agent":["GPTBot"]}},"status":200,"size":5}',
    b'{"time_iso8601":"2026-11-23T11:05:09+01:00","remote_addr":"::1","request":"GET / HTTP/1.1",'
    b'"status":"200","body_bytes_sent":"9","http_user_agent":"-"}',
    b'{"time_local":"23/Nov/2026:11:05:09 +0100","request":"","status":400}', b'{"status":1e400}',
)  # fmt: skip


def check(data: bytes) -> None:
    """One of three, with facts of the right kind."""
    for line in data.split(b"\n"):
        found = parse(line)
        assert isinstance(found, Hit | NoRequest | Unreadable)
        if isinstance(found, Hit):
            assert math.isfinite(found.at)
            assert isinstance(found.method, bytes)
            assert isinstance(found.target, bytes)
            assert isinstance(found.status, int)
