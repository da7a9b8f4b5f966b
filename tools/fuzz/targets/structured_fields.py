"""Structured fields: identify/httpsig.py."""

from __future__ import annotations

import contextlib

from stagedoor.identify.httpsig import dictionary, item

SEEDS = (
    b'sig1=("@authority" "a";req);created=1;keyid="x", sig2=:YQ==:', b"a=1, a=2", b"?1;x=@12",
    b'%"a%c3%a4"', b"(a b);c", b'a=1.5;b="\\""',
)  # fmt: skip


def check(data: bytes) -> None:
    """ValueError, or an answer."""
    text = data.decode("latin-1")
    with contextlib.suppress(ValueError):
        assert all(isinstance(name, str) for name in dictionary(text))
    with contextlib.suppress(ValueError):
        item(text)
