"""The languages that people are spoken to in, and which of them a browser asks for.

What machines read is English always: header values, JSON, metrics, log lines.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, cast, get_args

Language = Literal["en", "de", "fr", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "en"

LONGEST, MOST_WISHES = 1_000, 20
"""Characters of an Accept-Language header that are read, and the languages in it."""
_WISH = re.compile(
    r"[ \t]*([A-Za-z]{1,8})(?:-[A-Za-z0-9]{1,8})*[ \t]*"
    r"(?:;[ \t]*[qQ][ \t]*=[ \t]*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?",
    re.ASCII,
)
"""A language range and its weight (RFC 9110, 12.5.4 and 12.4.2)."""


@lru_cache(maxsize=512)
def negotiated(accept: str) -> Language:
    """The language for an Accept-Language header: `de-AT;q=0.8` is German; English where none fits.

    The dearest one counts, the first among equals. What is no language range is passed over.
    """
    best, found = 0.0, DEFAULT
    for part in accept[:LONGEST].split(",")[:MOST_WISHES]:
        wish = _WISH.fullmatch(part)
        if wish is None:
            continue
        name, weight = wish[1].lower(), float(wish[2] or 1)
        if weight > best and name in LANGUAGES:
            best, found = weight, cast("Language", name)
    return found
