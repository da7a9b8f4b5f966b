"""Tags into a page: signals/html/insertion.py, head_position.py and tokens.py."""

from __future__ import annotations

from stagedoor.signals.html.insertion import Inserter, Tags, meta
from tools.fuzz.parts import split

TAGS = Tags.of(meta("robots", "noai"))
SEEDS = (
    b"\x1e\x03\x1e<!doctype html><html><head><title>A</title></head><body>x",
    b"utf-16le\x1e\x07\x1e" + "<html><head><meta charset=x>".encode("utf-16le"),
    b"\x1e\x01\x1e\xfe\xff\x00<\x00h\x00t\x00m\x00l\x00>", b"iso-2022-jp\x1e\x02\x1e<p>\x1b$B<head>",
    b"\x1e\x09\x1e<!-- --!><script></script><head x='>'><meta charset=shift_jis><body>",
    b"x\x1e\x05\x1e<?xml version='1.0' encoding='utf-8'?><html xmlns='x'><head/>",
)  # fmt: skip


def through(page: bytes, charset: str, size: int, *, xml: bool) -> tuple[bytes, Inserter]:
    """A page on its way, in chunks."""
    inserter = Inserter(TAGS, charset, xml=xml)
    out = b"".join(inserter.feed(page[at : at + size]) for at in range(0, len(page), size))
    return out + inserter.finish(), inserter


def check(data: bytes) -> None:
    """The page minus the tags is the page; the chunks do not matter."""
    charset, size, page = split(data, 3)
    label = charset.decode("latin-1")
    for xml in (False, True):
        whole, one = through(page, label, max(1, len(page)), xml=xml)
        pieces, two = through(page, label, (size[:1] or b"\x01")[0] or 1, xml=xml)
        assert (whole, one.outcome, one.where) == (pieces, two.outcome, two.where)
        if one.outcome != "tagged":
            assert whole == page
            continue
        more = len(whole) - len(page)
        assert whole[: one.where] + whole[one.where + more :] == page
        tags = whole[one.where : one.where + more].replace(b"\0", b"")
        assert tags == TAGS.text.encode()
