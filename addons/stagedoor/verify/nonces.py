"""Nonces: a signature that was used before proves little, because it may have been copied.

Only verified signatures are remembered, so that nobody without a key can fill the memory; each for
as long as it would be accepted.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace

from stagedoor.identify.botauth import Outcome
from stagedoor.store.interface import Store
from stagedoor.store.store_keys import once_key


def check(store: Store, outcome: Outcome, address: str, now: float) -> Outcome | Awaitable[Outcome]:
    """`outcome`, or what it becomes because this signature was used before. `now`: Unix time.

    Where there is a nonce it counts once for its origin and key. Without one the signature itself
    counts, and may come again from the same `address`: it covers no time finer than a second, so
    two requests of one second are signed alike.
    """
    if outcome.standing != "verified":
        return outcome
    which = outcome.nonce or outcome.signature
    kind = "nonce" if outcome.nonce else "signature"
    key = once_key(kind, outcome.signer, outcome.keyid, which)
    fresh = store.once(key, address, outcome.until, now, shared=not outcome.nonce)
    if isinstance(fresh, bool):
        return outcome if fresh else _replayed(outcome)
    return _later(outcome, fresh)


async def _later(outcome: Outcome, fresh: Awaitable[bool]) -> Outcome:
    return outcome if await fresh else _replayed(outcome)


def _replayed(outcome: Outcome) -> Outcome:
    return replace(
        outcome,
        standing="invalid",
        cause="replayed",
        reason=f"a signature of {outcome.signer} that was used before",
    )
