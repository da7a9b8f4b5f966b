"""Charsets and heads: signals/html/charsets.py and head.py."""

from __future__ import annotations

from stagedoor.signals.html import charsets, head
from stagedoor.signals.html.insertion import HOLD, Inserter, Tags, meta
from tools.fuzz.parts import split

TAGS = Tags.of(meta("robots", "noai"))
SEEDS = (
    b"utf-8\x1e<head><meta name=robots content=noai><link rel=license href=x>",
    b"\x1e<!-- <meta charset=a> --><meta http-equiv='content-type' content='text/html; charset=b'>",
    b'\x1e<head><meta charset="x-user-defined"><base href=//x><meta name=tdm-reservation content=1>',
)  # fmt: skip


def check(data: bytes) -> None:
    """Browsers find the same declaration in the page that goes out."""
    label, page = split(data, 2)
    charset = label.decode("latin-1")
    charsets.family(charset)
    charsets.by_mark(page[:6], whole=True)
    charsets.by_declaration(page)
    before = head.read(page, charset, "https://a.example/")
    assert len(before) <= len(page) + 8
    inserter = Inserter(TAGS)
    out = inserter.feed(page[:HOLD]) + inserter.finish()
    if inserter.outcome == "tagged" and b"\0" not in page:
        found = charsets.prescan(page[: charsets.PRESCAN])
        assert charsets.prescan(out[: charsets.PRESCAN]) == found
