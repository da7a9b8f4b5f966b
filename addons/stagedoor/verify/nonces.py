"""A signature that was used before proves little: somebody may have read it on its way.

Only verified signatures are remembered, so that nobody without a key can fill the memory; each for
as long as it would be accepted.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b

from stagedoor.identify.botauth import Outcome

KEPT = 20_000
"""Signatures remembered, about 4 MB. A crawler's signature is good for minutes."""


class Replays:
    """The signatures one guard has seen and would still accept."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._seen: dict[bytes, tuple[float, str]] = {}

    def check(self, outcome: Outcome, address: str, now: float) -> Outcome:
        """`outcome`, or what it becomes because this signature was used before.

        Where there is a nonce it counts once for its origin and key. Without one the signature
        itself counts, and may come again from the same `address`: it covers no time finer than a
        second, so two requests of one second are signed alike.
        """
        if outcome.standing != "verified":
            return outcome
        mark = _mark(outcome)
        until, by = self._seen.get(mark, (0.0, ""))
        if now <= until and (outcome.nonce or by != address):
            return replace(
                outcome,
                standing="invalid",
                cause="replayed",
                reason=f"a signature of {outcome.signer} that was used before",
            )
        if len(self._seen) >= self._kept:
            self._forget(now)
        self._seen[mark] = (outcome.until, address)
        return outcome

    def __len__(self) -> int:
        return len(self._seen)

    def _forget(self, now: float) -> None:
        """Make room: what has expired, and where that is little the oldest tenth as well."""
        self._seen = {mark: entry for mark, entry in self._seen.items() if entry[0] >= now}
        surplus = len(self._seen) - self._kept * 9 // 10
        for mark in list(self._seen)[: max(surplus, 0)]:
            del self._seen[mark]


def _mark(outcome: Outcome) -> bytes:
    """One signature, in 16 bytes. Its parts can hold no line break, so that none pass for others."""
    which = outcome.nonce.encode() if outcome.nonce else outcome.signature
    kind = b"nonce" if outcome.nonce else b"signature"
    parts = (outcome.signer.encode(), outcome.keyid.encode(), kind, which)
    return blake2b(b"\n".join(parts), digest_size=16).digest()
