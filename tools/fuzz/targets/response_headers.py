"""All that response headers say: signals/headers.py and links.py."""

from __future__ import annotations

from stagedoor.signals import headers, links
from tools.fuzz.parts import fields

SEEDS = (
    b'Link: </l.xml>; rel="license"; type="application/rsl+xml"\nContent-Usage: train-ai=n',
    b'Link: <a>;rel=x, <b>; rel="y z";title*=UTF-8\'\'a\nX-Robots-Tag: noai\nTDM-Reservation: 1',
    b'Content-Signal: ai-train=no\nContent-Signal: ai-train=yes\nlink: <,;>,"',
)  # fmt: skip


def check(data: bytes) -> None:
    """Bounded by what was sent."""
    sent = fields(data)
    assert len(headers.read(sent)) <= len(data) + 8
    for _, value in sent:
        for link in links.parse(value):
            assert len(link.target) <= len(value)
            assert all(name == name.lower() for name in link.relations)
