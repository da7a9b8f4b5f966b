"""Marks in addresses and cookies: marks/marked_links.py."""

from __future__ import annotations

from stagedoor.marks.keyring import Key, Keyring
from stagedoor.marks.mark import EPOCH
from stagedoor.marks.marked_links import MOST, candidates, marked, uncookied, unmarked

RING = Keyring([Key(EPOCH, b"fuzz" * 8)])
MARK = RING.issue("feed", EPOCH + 5e7, 77)
SEEDS = (
    f"/a.mp3?sd={MARK}&x=1".encode(), f"/sd-{MARK}/a.mp3?%73d={MARK};b".encode(),
    f"https://a.example/a?x=1&amp;SD={MARK.upper()}#t".encode(), f"a=1; sd={MARK}; b=2".encode(),
    b"/a?sd=1&sd=%41%42", b"/sd-/sd-aaaaaaaaaaaaaaaaaaaa/", b'{"sd": "aaaaaaaaaaaaaaaaaaaa"}',
)  # fmt: skip


def check(data: bytes) -> None:
    """What is put in comes off; nothing but marks goes; and none is found that was not signed."""
    address = data.decode("latin-1")
    own, found = unmarked(address)
    assert len(found) <= 2 * MOST
    assert len(own) <= len(address)
    assert found or own == address
    # `//` begins another host's address, and no request for a path.
    if len(found) < MOST and not unmarked(own)[1] and not own.startswith("//"):
        for form in ("query", "path"):
            put = marked(own, MARK, form)
            assert unmarked(put) == (own, (MARK,)), (own, put)
    left, cookies = uncookied(address)
    assert cookies or left == address
    assert uncookied(left)[1] == ()
    known = {MARK, MARK.upper()}
    for _, one in candidates(address):
        assert RING.read(one) is None or one.lower() in {word.lower() for word in known}
