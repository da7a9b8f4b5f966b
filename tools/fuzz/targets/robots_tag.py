"""X-Robots-Tag: signals/standards/robots_tag.py."""

from __future__ import annotations

from stagedoor.signals.meaning import USES
from stagedoor.signals.standards import robots_tag
from tools.fuzz.parts import split

SEEDS = (
    b"noai, noimageai\x1egptbot: noindex", b"bingbot: noarchive, nocache\x1enoarchive",
    b"unavailable_after: 25 Jun 2010 15:00:00 PST, max-snippet: 0, noai\x1eall",
)  # fmt: skip


def check(data: bytes) -> None:
    """Lines add up."""
    one, two = (part.decode("latin-1") for part in split(data, 2))
    alone = {s.agent.lower(): s.said for s in robots_tag.read([one])}
    both = {s.agent.lower(): s.said for s in robots_tag.read([one, two])}
    for agent, said in alone.items():
        if "nocache" in two.lower():
            continue  # the one word that takes back part of another
        assert all(both[agent].about(use) == "no" for use in USES if said.about(use) == "no")
    robots_tag.read_meta([("robots", one), (two, one), ("googlebot", two)])
