"""What a site's statements do not say although it may look so, and where readers differ.

Each standard knows the limits of its own words (`Standard.limits`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stagedoor.audit.conflicts import places, title
from stagedoor.audit.findings import Finding, some
from stagedoor.audit.statements import Heard, Placed, Reading
from stagedoor.signals import registry
from stagedoor.signals.robots.differences import parted


def of_words(heard: Sequence[Heard]) -> Iterator[Finding]:
    """A note for each limit of what is said, with the places it is about."""
    found: dict[tuple[str, str], dict[Placed, None]] = {}
    by_name = registry.current().by_name
    for one in heard:
        for placed in one.heard:
            for limit in by_name[placed.statement.standard].limits(placed.statement):
                found.setdefault((placed.statement.standard, limit), {})[placed] = None
    for (standard, limit), all_placed in found.items():
        yield Finding("note", f"{title(standard)} ({places(all_placed)}): {limit}")


def of_readers(reading: Reading) -> Iterator[Finding]:
    """Lines of robots.txt that readers take in two ways (draft-ietf-aipref-attach-05)."""
    for record, before, behind in parted(reading.robots):
        yield Finding(
            "missing",
            f'Readers differ about robots.txt line {record.number} ("{record.text[:200]}"): to those '
            f"that know AIPREF the group of {some(list(before))} ends there, to all others it has the "
            f"lines of {some(list(behind))}, too. What binds in one reading alone is held against "
            "nobody.",
            "Move the line below the last of these User-agent lines, or give each a group of its own.",
        )
