"""The robots.txt that is published: the site's own, with the stance written into it.

Every line of the site's stays, in its place. Ours stand between two marks, so that they can be
found and made anew: `merge(merge(x)) == merge(x)`, also when a site serves what was merged before.

- Refused crawlers get groups of their own, one for each use, before the site's first group.
- A group of the site's in which all are refused has the rules added within. In one that also names
  others they cannot be: there the refused get a second group, and readers merge the two.
- What is said about use (Content-Usage, Content-Signal, License) stands in every group, because a
  crawler with a group of its own does not hear the one for `*`.
- Whatever the merged file allows, the site's file allowed, for every crawler and every path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stagedoor.signals.robots.differences import Conflict, closed_signals, conflicts
from stagedoor.signals.robots.layout import Plan
from stagedoor.signals.robots.lines import BOM, MOST_OCTETS, Robots, grouped
from stagedoor.signals.wanted import Wanted

BEGIN = b"# ---- written by Stagedoor; edit stance.yaml, not these lines ----"
END = b"# ---- end of what Stagedoor wrote ----"


@dataclass(frozen=True, slots=True)
class Merged:
    """The file to publish, where the site's own disagrees, and tokens that cannot be written."""

    text: bytes
    conflicts: tuple[Conflict, ...] = ()
    left_out: tuple[str, ...] = ()


def write(wanted: Wanted) -> bytes:
    """The file for a site that has none."""
    return merge(None, wanted).text


def merge(origin: bytes | None, wanted: Wanted) -> Merged:
    """The site's file with the stance in it; `origin` as it is served, None where there is none."""
    data = origin or b""
    bom = BOM if data.startswith(BOM) else b""
    lines = list(_without_ours(data.removeprefix(BOM).splitlines(keepends=True)))
    robots = _read(lines)
    plan = Plan(robots, wanted)
    blocks = {number: _block(written) for number, written in plan.within()}
    top = _block(plan.on_top(alone=not blocks))
    first = _first_agent_line(robots, lines)
    text = bytearray(bom)
    for number, line in lines:
        if number == first:
            text += top
        text += line
        if number in blocks:
            text += _line_end(text) + blocks[number]
    if first is None and top:
        text += _line_end(text) + top
    found = {*conflicts(robots, wanted), *closed_signals(plan.closed)}
    ordered = sorted(found, key=lambda conflict: (conflict.line, conflict.what))
    return Merged(bytes(text), tuple(ordered), wanted.left_out)


def _without_ours(lines: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """The site's lines with their numbers in what was served."""
    ours: set[int] = set()
    begun: int | None = None
    for number, line in enumerate(lines, 1):
        mark = line.rstrip(b"\r\n")
        if mark == BEGIN:
            begun = number
        elif mark == END and begun is not None:
            ours.update(range(begun, number + 1))
            begun = None
    return ((number, line) for number, line in enumerate(lines, 1) if number not in ours)


def _read(lines: Iterable[tuple[int, bytes]]) -> Robots:
    """As `robots_lines.read` reads, without our lines."""
    within: list[tuple[int, bytes]] = []
    octets = 0
    for number, line in lines:
        octets += len(line)
        if octets > MOST_OCTETS:
            return grouped(within, truncated=True)
        within.append((number, line))
    return grouped(within)


def _first_agent_line(robots: Robots, lines: Sequence[tuple[int, bytes]]) -> int | None:
    """The line before which a new group can stand: comments above a group belong to it.

    Not simply the first line: rules before any group bind nobody, and would bind those in ours.
    """
    if not robots.groups:
        return None
    at = next(i for i, (number, _) in enumerate(lines) if number == robots.groups[0].first_line)
    while at and lines[at - 1][1].lstrip().startswith(b"#"):
        at -= 1
    return lines[at][0]


def _line_end(text: bytearray) -> bytes:
    return b"" if not text or text.endswith((b"\n", b"\r")) else b"\n"


def _block(lines: Sequence[str]) -> bytes:
    if not lines:
        return b""
    return b"".join(line + b"\n" for line in (BEGIN, *(line.encode() for line in lines), END))
