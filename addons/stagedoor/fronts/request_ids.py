"""Short names for requests: on a refusal, in the decision log, and for `stagedoor explain`.

Eight letters and digits of Crockford's alphabet, which has no I, L, O and U: they can be read out
on the phone. 40 random bits, so that nobody can guess another's.
"""

from __future__ import annotations

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8

_PAIRS = tuple(one + two for one in ALPHABET for two in ALPHABET)
"""Two characters for each ten bits."""


def new_id() -> str:
    """The name of one request."""
    number = secrets.randbits(5 * LENGTH)
    return (
        _PAIRS[number >> 30]
        + _PAIRS[number >> 20 & 1023]
        + _PAIRS[number >> 10 & 1023]
        + _PAIRS[number & 1023]
    )
