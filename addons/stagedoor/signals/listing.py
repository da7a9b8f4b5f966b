"""The list of standards for people: `docs/standards.md` is made of it."""

from __future__ import annotations

from stagedoor.signals import registry
from stagedoor.signals.standard import Standard

_HEAD = """\
# Standards

What Stagedoor reads (`stagedoor audit`), and what it publishes. "In logs" is the name in metrics,
decision log and ledger; "Switch" is the word under `publish:` in `stance.yaml`, with its default.

<!-- written by `python -m tools.list_standards` from signals/registry.py -->

"""
_COLUMNS = ("Standard", "What it is", "In logs", "Read in", "Published in", "Switch")


def markdown() -> str:
    """The whole page: a row for each standard that holds now."""
    rows = [_COLUMNS, tuple("---" for _ in _COLUMNS), *map(_row, registry.current().standards)]
    return _HEAD + "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _row(standard: Standard) -> tuple[str, ...]:
    switch = standard.switch
    return (
        standard.title,
        standard.caption,
        f"`{standard.name}`",
        ", ".join(standard.places),
        ", ".join(standard.published_in) if switch else "–",
        f"`{switch.word}: {switch.default}`" if switch else "–",
    )
