"""Calls of a shop that sells passes: a JSON body, signed with a secret that shop and guard share.

Stagedoor-Time       Unix seconds, as the shop's clock has it
Stagedoor-Nonce      8 to 64 letters, digits, - and _ that are used once
Stagedoor-Signature  HMAC-SHA256 over TIME LF NONCE LF BODY, as 64 hexadecimal digits
"""

from __future__ import annotations

import hmac
import re
from collections import OrderedDict
from datetime import date
from typing import Any, Final, NamedTuple

SKEW: Final = 300
"""Seconds by which the clocks of shop and guard may differ."""
MOST_NONCES: Final = 20_000
MOST_PATHS: Final = 50
MOST_COUNT: Final = 1_000_000
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TIME: Final = re.compile(r"[0-9]{1,12}")


class Order(NamedTuple):
    """What is sold: the paths, until when (that day included), how often each file; a note."""

    paths: tuple[str, ...]
    until: date | None
    times: int
    note: str


def signature(secret: bytes, time: str, nonce: str, body: bytes) -> str:
    """What stands in Stagedoor-Signature."""
    message = f"{time}\n{nonce}\n".encode("utf-8", "surrogateescape") + body
    return hmac.digest(secret, message, "sha256").hex()


class Calls:
    """Each call counts once. Nonces are remembered as long as their time would be accepted."""

    def __init__(self, most: int = MOST_NONCES) -> None:
        self._most = most
        self._seen: OrderedDict[str, float] = OrderedDict()

    def fault(
        self, secret: bytes, time: str, nonce: str, said: str, body: bytes, now: float
    ) -> str:
        """Why the call does not count; empty where it does. `now` is Unix time."""
        if not _TIME.fullmatch(time) or abs(now - int(time)) > SKEW:
            return "Stagedoor-Time is not the time of now"
        if not _NONCE.fullmatch(nonce):
            return "Stagedoor-Nonce is not 8 to 64 letters, digits, - or _"
        made = signature(secret, time, nonce, body)
        if not hmac.compare_digest(made.encode(), said.strip().lower().encode("utf-8", "replace")):
            return "Stagedoor-Signature is not right"
        while self._seen and next(iter(self._seen.values())) < now - 2 * SKEW:
            self._seen.popitem(last=False)
        if nonce in self._seen:
            return "Stagedoor-Nonce was used before"
        if len(self._seen) >= self._most:
            return "there are too many calls"
        self._seen[nonce] = now
        return ""


def order(found: Any) -> Order:
    """The order in a call's JSON; ValueError with what is wrong."""
    if not isinstance(found, dict):
        raise ValueError("the body is no JSON object")  # noqa: TRY004 (the caller's fault)
    if unknown := set(found) - {"paths", "until", "count", "note"}:
        raise ValueError(
            f'"{min(map(str, unknown))}" is not known: write paths, until, count, note'
        )
    paths, until = found.get("paths"), found.get("until")
    if not isinstance(paths, list) or not 0 < len(paths) <= MOST_PATHS:
        raise ValueError(f"paths is a list of 1 to {MOST_PATHS} paths")
    for path in paths:
        if not isinstance(path, str) or not path.startswith("/") or len(path) > 1000:
            raise ValueError("a path begins with /")
    try:
        day = None if until is None else date.fromisoformat(until)
    except (TypeError, ValueError):
        raise ValueError("until is a day: 2027-06-30") from None
    count, note = found.get("count", 0), found.get("note", "")
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_COUNT:
        raise ValueError("count is a number: how often each file may be taken, 0 for no limit")
    if not isinstance(note, str) or len(note) > 200:
        raise ValueError("note is a text of at most 200 letters")
    return Order(tuple(paths), day, count, note)
