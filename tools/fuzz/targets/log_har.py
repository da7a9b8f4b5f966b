"""HAR files: fronts/replay/har.py."""

from __future__ import annotations

from stagedoor.fronts.replay.har import exchanges
from stagedoor.fronts.replay.log_records import Exchange, Unreadable

SEEDS = (
    b'{"log":{"entries":[{"startedDateTime":"2026-11-23T11:05:09Z","request":{"method":"GET","url":'
    b'"https://a.example/b?c","headers":[{"name":"Host","value":"x"}]},"response":{"status":200,'
    b'"bodySize":-1,"content":{"size":3,"mimeType":"audio/mpeg"}}}]}}', b'{"log":{"entries":[1,{}]}}',
)  # fmt: skip


def check(data: bytes) -> None:
    """Exchanges or unreadable ones."""
    for found in exchanges(data):
        assert isinstance(found, Exchange | Unreadable)
        if isinstance(found, Exchange):
            assert found.size >= 0
            assert found.request.path.startswith("/")
