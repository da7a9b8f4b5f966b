"""Data that is not its coding, and bombs: signals/html/codings.py and transcoder.py."""

from __future__ import annotations

import gzip

import brotli
import zstandard

from stagedoor.signals.html.insertion import HOLD, Inserter, Tags, meta
from stagedoor.signals.html.transcoder import page_in
from tools.fuzz.parts import split

TAGS = Tags.of(meta("robots", "noai"))
CODINGS = ("gzip", "deflate", "br", "zstd")
_PAGE = b"<html><head>" + b"a" * 100_000
SEEDS = (
    b"\0\x1e" + gzip.compress(_PAGE, mtime=0)[:-6], b"\x01\x1e\x78\x9c\xff", b"\x02\x1e" + brotli.compress(_PAGE),
    b"\x03\x1e" + zstandard.compress(_PAGE) * 2, b"\0\x1e" + gzip.compress(b"x", mtime=0) * 2 + b"tail",
)  # fmt: skip
_STEP = 512


def check(data: bytes) -> None:
    """Bounded at every step; untouched where nothing was put in."""
    kind, body = split(data, 2)
    passage = page_in(CODINGS[(kind or b"\0")[0] % 4], Inserter(TAGS, "utf-8"), flush=False)
    out = bytearray()
    for at in range(0, len(body), _STEP):
        piece = passage.feed(body[at : at + _STEP])
        assert len(piece) <= 32 * HOLD + 4 * len(body), "more than a bounded piece at once"
        out += piece
    out += passage.finish()
    if len(body) < HOLD and passage.outcome in {None, "not-html", "no-place", "charset"}:
        assert bytes(out) == body
