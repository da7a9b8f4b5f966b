"""What a line of a front's log cannot hold is not let in: nobody would learn what went out.

A line is one datagram, and some fronts cut it or leave a field out long before that. So a visitor with
a name of ten thousand quotation marks could take all recordings unseen. No listener's program comes
near these numbers; cookies and credentials, which can be long, stand in no line.
"""

from __future__ import annotations

import re

from stagedoor.model.facts import Request

SHORT = 4000
"""Bytes of a head that is not looked at: whatever is in it fits."""
MOST_OF_A_FIELD = 15_000
"""Bytes of one field as it is written into a line: HAProxy's converter takes no more."""
MOST_OF_ALL = 48_000
"""The same of all fields that Caddy writes: a datagram, less what it adds."""
_LEFT_OUT = frozenset({"cookie", "authorization"})
_DOUBLED = re.compile(r'["\\]')
_ESCAPED = re.compile(r"[^\x20-\x7e]")
_LONGEST = 6
"""What one character may become: an escape of JSON's with four digits."""


def written(text: str) -> int:
    """Bytes that a text may have in a line."""
    more = len(_DOUBLED.findall(text)) + (_LONGEST - 1) * len(_ESCAPED.findall(text))
    return len(text) + more


def fit(head: bytes, request: Request) -> bool:
    """Whether a line can hold what this request says of itself. `head` is the question's."""
    if len(head) <= SHORT:
        return True
    sizes = [written(request.target)]
    sizes += [written(value) for name, value in request.headers if name.lower() not in _LEFT_OUT]
    return max(sizes) <= MOST_OF_A_FIELD and sum(sizes) <= MOST_OF_ALL
