"""`*` and `$`: signals/patterns.py, against a regular expression."""

from __future__ import annotations

import re2

from stagedoor.signals.patterns import matches, pattern, requested
from tools.fuzz.parts import split

SEEDS = (b"/music/*.mp3$\x1e/music/a.mp3", b"/a%2A*b$c\x1e/a*b$c", b"*$\x1e/", b"/%C3%A4\x1e/\xe4")


def check(data: bytes) -> None:
    """The same as the plain way to write it."""
    written, asked = split(data[:400], 2)
    spelled, path = pattern(written.decode("latin-1")), requested(asked.decode("latin-1"))
    body, end = (spelled[:-1], r"\z") if spelled.endswith("$") else (spelled, "")
    plain = r"\A" + "[^\n]*".join(re2.escape(piece) for piece in body.split("*")) + end
    assert matches(spelled, path) == bool(re2.search(plain, path)), (spelled, path)
