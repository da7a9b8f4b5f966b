"""Whose address a line of a log names, where it names several.

`client, proxy` is what a server logs that was given X-Forwarded-For in the place of the address;
`client, proxy,,peer` says besides who connected (times_and_addresses.chain).
"""

from __future__ import annotations

from functools import lru_cache

from stagedoor.fronts.addresses import Proxies, client_address, parse, trace

MOST = 65_536
LONGEST = 400
"""Bytes of a list of addresses that are looked at: its end."""


class ClientAddresses:
    """Resolves addresses by the proxies that are trusted, and notes whether there is only one."""

    def __init__(self, trusted: Proxies) -> None:
        self.trusted = trusted
        self.several = 0
        """Lines that named several addresses of which none was trusted: the first was taken."""
        self.first = b""
        self.different = False
        self._resolved = lru_cache(maxsize=MOST)(self._resolve)

    def resolve(self, address: bytes) -> bytes:
        """The client's address in `address`, which holds a comma."""
        found, guessed = self._resolved(address[-LONGEST:])
        self.several += guessed
        return found

    def _resolve(self, address: bytes) -> tuple[bytes, bool]:
        text = address.decode("latin-1")
        before, known, peer = text.rpartition(",,")
        if known:
            return client_address(peer, before, "", self.trusted).encode("latin-1"), False
        entries = [entry.strip() for entry in text.split(",") if entry.strip()]
        if not entries:
            return b"", False
        last = entries[-1]
        if self.trusted and self.trusted.trusts(last):
            found = trace(last, ",".join(entries[:-1]), "", self.trusted).address
            return found.encode("latin-1"), False
        if self.trusted:
            return str(parse(last) or last).encode("latin-1"), False
        first = next((entry for entry in entries if parse(entry)), entries[0])
        return str(parse(first) or first).encode("latin-1"), len(entries) > 1

    def note(self, address: bytes) -> None:
        """An address of a line: until two differ, that is worth a look."""
        if not self.first:
            self.first = address
        elif address != self.first:
            self.different = True
