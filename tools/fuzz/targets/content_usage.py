"""Content-Usage: signals/standards/content_usage.py."""

from __future__ import annotations

from stagedoor.signals.standards.content_usage import WORDS, parse

SEEDS = (b"train-ai=n, ai-use=y;x=1", b"search=n", b"train-ai", b"train-ai=(a b), x=:YQ==:", b'a="')


def check(data: bytes) -> None:
    """What it says can be written and read again."""
    said = parse(data)
    assert parse(WORDS.write(said)) == said
    (statement,) = WORDS.read(data.decode("latin-1"))
    assert statement.said == said
