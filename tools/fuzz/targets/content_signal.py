"""Content-Signal: signals/standards/content_signal.py."""

from __future__ import annotations

from stagedoor.signals.meaning import USES
from stagedoor.signals.standards.content_signal import WORDS, parse

SEEDS = (b"search=yes, ai-train=no", b"ai-input = NO,ai-train=maybe", b"ai-train=no,ai-train=yes")


def check(data: bytes) -> None:
    """A `no` stays, whatever else stands beside it."""
    said = parse(data)
    assert parse(WORDS.write(said)) == said
    (statement,) = WORDS.read(data.decode("latin-1"))
    assert statement.said == said
    if len(data) < 8000:
        more = parse(data + b", ai-train=yes, search=yes, ai-input=yes")
        assert all(more.about(use) == "no" for use in USES if said.about(use) == "no")
