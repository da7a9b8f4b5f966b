"""All that the headers of one response say about AI."""

from __future__ import annotations

from collections.abc import Sequence

from stagedoor.signals import registry
from stagedoor.signals.meaning import Statement


def read(fields: Sequence[tuple[str, str]]) -> tuple[Statement, ...]:
    """The statements in `fields` (name, value). Licences they name are to be fetched."""
    # Values that are one list come behind those that are read line by line.
    headers = sorted(
        (header for _, header in registry.current().headers), key=lambda h: bool(h.bare)
    )
    return tuple(
        statement
        for header in headers
        for statement in header.read(
            tuple(field for field in fields if field[0].lower() in header.names)
        )
    )
