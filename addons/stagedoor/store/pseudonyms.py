"""Pseudonyms: what a shared store sees in the place of addresses.

A household becomes another one, in the form of an IPv6 network of 64 bits, whose /48 stands for its
network: neighbours stay neighbours, so that everything that counts by network works on pseudonyms
alone. Without the key nobody can say whose they are; all guards of a site have the same one.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from stagedoor.model.client_keys import network_key
from stagedoor.model.heard import Listener
from stagedoor.model.recording_keys import recording_key

_KEPT = 65_536
"""Households whose pseudonyms are at hand; making one takes 3 µs."""


class Pseudonyms:
    """Those under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = blake2b(key, digest_size=32, person=b"stagedoor store").digest()
        self.household = lru_cache(_KEPT)(self._household)

    def _digest(self, text: str, size: int) -> bytes:
        data = text.encode("utf-8", "surrogateescape")
        return blake2b(data, key=self._key, digest_size=size).digest()

    def _household(self, client: str) -> str:
        """The pseudonym of a client_key(). Within a network no two households share one."""
        if not client:
            return ""  # an unknown address is nobody's
        network = network_key(client)
        if not network or network == client:
            return "x" + self._digest(client, 12).hex()
        digest = self._digest(network, 8)
        own = client.rpartition(":" if ":" in client else ".")[2]
        number = int(own, 16) if ":" in client else _number(own)
        if number is None:
            return "x" + self._digest(client, 12).hex()
        last = (number ^ int.from_bytes(digest[6:])).to_bytes(2).hex()
        return f"{digest[:2].hex()}:{digest[2:4].hex()}:{digest[4:6].hex()}:{last}"

    def listener(self, listener: Listener) -> Listener:
        """The same listener under pseudonyms; the serial of a pass is one already."""
        household = self.household(listener.household)
        agent = recording_key(listener.agent).hex()
        return Listener(household, network_key(household), agent, listener.passed)

    def crawler(self, crawler: str) -> str:
        """The pseudonym of a crawler's key, which may contain an address."""
        return self._digest(crawler, 12).hex() if crawler else ""


def _number(octet: str) -> int | None:
    return int(octet) if octet.isascii() and octet.isdigit() and int(octet) < 65_536 else None
