"""Households that are refused again and again, and of whom nothing else is seen: what the firewall may
turn away. Listeners first: one person behind an address, and nobody there is turned away.

A household is turned away for a while when all of this holds of a program behind it:

- it came itself, not through a proxy, and from the public Internet: behind a private address may stand
  a router, a container's network or a tunnel that everybody comes through;
- REFUSALS requests of it were refused within WINDOW seconds;
- in QUIET seconds before, or since the guard has started, nobody there was a person's program, refused
  or not, and nothing but signal files (robots.txt and the like) was sent to anybody there.

Never longer than what is left of the sentence that refuses it, and never longer than LONGEST. After that
it is heard again, and counted anew.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Final

from stagedoor.model.actions import BLOCK, THROTTLE
from stagedoor.model.client_keys import client_key
from stagedoor.model.events import Decided
from stagedoor.model.facts import PEOPLE, UNKNOWN

REFUSALS: Final = 100
WINDOW: Final = 600.0
QUIET: Final = 86_400.0
LONGEST: Final = 600
MOST: Final = 50_000
"""Households that are remembered; the least recent are forgotten first, as in the store."""

_FINAL: Final = frozenset({BLOCK, THROTTLE})
"""Not a price, and not a challenge: who is offered something may take it."""
_PERHAPS_PEOPLE: Final = PEOPLE | {UNKNOWN.purpose}


@dataclass(slots=True)
class _Household:
    began: float
    refused: int = 0
    beside: float = -QUIET
    """When somebody or something was there that is none of this firewall's business."""


@dataclass(frozen=True, slots=True)
class Barred:
    """A household to be turned away: its key (`model.client_keys`), for how many seconds, why."""

    household: str
    seconds: int
    client: str
    rule: str


class LongRefused:
    """Of one guard. Times are Unix seconds."""

    def __init__(self, refusals: int = REFUSALS) -> None:
        self._refusals = refusals
        self._known: OrderedDict[str, _Household] = OrderedDict()

    def decided(self, event: Decided) -> Barred | None:
        """A request was decided; who is to be turned away from now on."""
        if not event.direct or not _public(event.request.address):
            return None
        household, now = client_key(event.request.address), event.at
        known = self._known.get(household)
        if known is None:
            known = self._known[household] = _Household(now)
            if len(self._known) > MOST:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(household)
        verdict = event.verdict
        if event.client.purpose in _PERHAPS_PEOPLE or event.client.licence == "valid":
            known.beside = now
        elif not verdict.refused or verdict.action not in _FINAL:
            if event.resource.kind != "signal":
                known.beside = now
        else:
            return self._refused(event, household, known)
        return None

    def _refused(self, event: Decided, household: str, known: _Household) -> Barred | None:
        if event.at - known.began > WINDOW:
            known.began, known.refused = event.at, 0
        known.refused += 1
        if known.refused < self._refusals or event.at - known.beside < QUIET:
            return None
        known.refused = 0
        left = int(event.verdict.seconds) or LONGEST
        return Barred(household, min(LONGEST, left), event.client.name, event.verdict.rule)


@lru_cache(maxsize=1024)
def _public(address: str) -> bool:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_global and not found.is_multicast
