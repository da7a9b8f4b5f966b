"""X-Forwarded-For and Forwarded: fronts/addresses.py."""

from __future__ import annotations

from stagedoor.fronts.addresses import client_address, is_trusted, networks, parse
from tools.fuzz.parts import split

TRUSTED = networks(("10.0.0.0/8", "::1"))
SEEDS = (
    b"10.0.0.1\x1e1.2.3.4, 10.0.0.2\x1e", b'::1\x1e\x1efor="[2001:db8::1]:80";by=x, for=192.0.2.1',
    b"203.0.113.9\x1e1.1.1.1\x1e", b"::ffff:10.0.0.1\x1efe80::1%eth0, x, 10.1.1.1\x1e",
)  # fmt: skip


def check(data: bytes) -> None:
    """An address that somebody trusted has named, or the peer's."""
    peer, xff, forwarded = (part.decode("latin-1") for part in split(data, 3))
    found = client_address(peer, xff, forwarded, TRUSTED)
    own = str(parse(peer) or peer)
    assert found == own or parse(found) is not None
    if not is_trusted(peer, TRUSTED):
        assert found == own
    elif xff:
        last = xff.rpartition(",")[2][:100]
        if parse(last) is not None and not is_trusted(last, TRUSTED):
            assert found == str(parse(last)), "what stands left of a stranger counted"
