"""Short names for requests: on a refusal, in the decision log, and for `stagedoor explain`.

Eight letters and digits of Crockford's alphabet, which has no I, L, O and U: they can be read out
on the phone. 40 random bits, so that nobody can guess another's.
"""

from __future__ import annotations

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8


def new_id() -> str:
    """The name of one request."""
    number = secrets.randbits(5 * LENGTH)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(0, 5 * LENGTH, 5))
