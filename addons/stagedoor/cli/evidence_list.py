"""`stagedoor evidence list`: every crawler's tally, in 80 columns or, where there is room, in one line.

Narrow, the figures of a crawler stand in one line of a table, and what belongs to them in a second
line below it. Nothing is ever cut: a long name makes its own line longer.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence

from stagedoor.evidence.account import Tally
from stagedoor.evidence.wording import size, when

WIDE = 132
"""Columns from which on everything stands in one line."""
_NAMES = 24
_HEADS = ("Crawler", "Proof", "Notices", "Taken", "Against", "… after", "Refused")
_MORE = ("Recordings", "Requests", "Bytes", "First (UTC)", "Last (UTC)")
_EXPLAINED = (
    "Proof: a name is a claim; only verified is the operator itself.",
    "Notices: times it was handed the site's signals.",
    "Against: taken against the signals; what your own rules allow is only taken.",
    "After: of those, after a notice to the same name with the same proof.",
    "Recordings: different ones, against the signals, in so many requests.",
)


def lines(found: Mapping[tuple[str, str], Tally], *, wide: bool) -> Iterator[str]:
    """The table and what its words mean."""
    yield from _table(found, wide=wide)
    yield ""
    yield from _EXPLAINED


def is_wide() -> bool:
    """Whether the terminal, or COLUMNS, has room for everything in one line."""
    return shutil.get_terminal_size().columns >= WIDE


def _table(found: Mapping[tuple[str, str], Tally], *, wide: bool) -> Iterator[str]:
    heads = [*_HEADS, *_MORE] if wide else list(_HEADS)
    rows = [_figures(*who, tally) for who, tally in found.items()]
    if wide:
        rows = [
            [*row, *_recordings(tally), *_times(tally)]
            for row, tally in zip(rows, found.values(), strict=True)
        ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    widths[0] = min(widths[0], _NAMES)
    yield _line(heads, widths)
    for row, tally in zip(rows, found.values(), strict=True):
        yield _line(row, widths)
        if not wide:
            yield _below(tally)


def _below(tally: Tally) -> str:
    number, requests, octets = _recordings(tally)
    times = " to ".join(dict.fromkeys(_times(tally)))
    took = f"recordings {number} in {requests} requests, {octets}; " if tally.recordings else ""
    return f"  {took}{times}"


def _figures(client: str, proof: str, tally: Tally) -> list[str]:
    figures = (tally.notices, tally.takings, tally.against, tally.after, tally.refusals)
    return [client, proof, *(f"{figure:,}" for figure in figures)]


def _recordings(tally: Tally) -> Sequence[str]:
    return f"{len(tally.different):,}", f"{tally.recordings:,}", size(tally.recorded)


def _times(tally: Tally) -> Sequence[str]:
    return when(tally.first)[:16], when(tally.last)[:16]


def _line(cells: Iterable[str], widths: Sequence[int]) -> str:
    """Texts to the left, figures to the right."""
    placed = (
        cell.ljust(width) if number < 2 else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(placed).rstrip()
