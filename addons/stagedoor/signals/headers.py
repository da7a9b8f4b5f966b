"""All that the headers of one response say about AI."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stagedoor.signals.meaning import Statement
from stagedoor.signals.standards import content_signal, content_usage, robots_tag, rsl, tdmrep


def read(fields: Sequence[tuple[str, str]]) -> tuple[Statement, ...]:
    """The statements in `fields` (name, value). Licences they name are to be fetched."""
    reservation = tdmrep.read_headers(fields)
    return (
        *([reservation] if reservation else []),
        *robots_tag.read(_values(fields, robots_tag.HEADER)),
        *rsl.read_headers(fields),
        *_joined(content_usage.read, _values(fields, content_usage.NAME)),
        *_joined(content_signal.read, _values(fields, content_signal.NAME)),
    )


def _joined(
    read: Callable[[str], tuple[Statement, ...]], values: Sequence[str]
) -> tuple[Statement, ...]:
    return read(", ".join(values)) if values else ()


def _values(fields: Sequence[tuple[str, str]], wanted: str) -> list[str]:
    return [value for name, value in fields if name.lower() == wanted.lower()]
