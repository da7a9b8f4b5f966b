"""Content-Usage: signals/standards/content_usage.py."""

from __future__ import annotations

from stagedoor.signals.standards.content_usage import parse, read, write

SEEDS = (b"train-ai=n, ai-use=y;x=1", b"search=n", b"train-ai", b"train-ai=(a b), x=:YQ==:", b'a="')


def check(data: bytes) -> None:
    """What it says can be written and read again."""
    said = parse(data)
    assert parse(write(said)) == said
    (statement,) = read(data.decode("latin-1"))
    assert statement.said == said
