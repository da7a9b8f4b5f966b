"""Passes: which marks let a request in, for how long, and how many a household is given.

| kind      | handed out with                        | good for | a new one               | counted by it |
|-----------|----------------------------------------|----------|-------------------------|---------------|
| page      | a page, as a cookie                    | 30 days  | with a page, once a day | yes           |
| challenge | a challenge that was solved, a cookie  | 30 days  | by solving another      | yes           |
| playlist  | a playlist, in each of its entries     | 30 days  | once a day              | yes           |
| feed      | a feed, in each enclosure's address    | 400 days | every 30 days           | no            |
| bought    | a purchase: paths and end of its own   |          |                         | no            |

Who logs in at the site needs none: the site itself checks that.

Counted by it: it stands for one listener and has a listening session. A feed's does not: an app's server
may fetch the feed once for thousands who listen.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from stagedoor.marks.mark import HOUR, Mark, MarkKind

DAY: Final = 86_400
LIFE: Final[Mapping[MarkKind, int]] = {
    "page": 30 * DAY,
    "challenge": 30 * DAY,
    "playlist": 30 * DAY,
    "feed": 400 * DAY,
}
"""Seconds. Kinds that are not here let nobody in by themselves."""
RENEWED: Final[Mapping[MarkKind, int]] = {"canary": HOUR, "playlist": DAY, "feed": 30 * DAY}
"""Seconds for which the same client is handed the same mark."""
YOUNG: Final = DAY
"""Seconds for which no other page's cookie takes the place of one."""
COUNTED: Final[frozenset[MarkKind]] = frozenset({"page", "challenge", "playlist"})
PRICE: Final = 60.0
"""Seconds of sound for which a further pass of the same hour counts from the beginning."""
NEAR: Final = 6 * HOUR
"""Seconds for which a household that has shown a pass needs none: a loudspeaker or a television fetches
what a page was given, and has no cookies.
"""
MOST: Final = 50_000
"""Households that are remembered."""


def lets_in(mark: Mark, at: float) -> bool:
    """Whether it is a pass that is good at the Unix time `at`."""
    life = LIFE.get(mark.kind)
    return life is not None and -HOUR <= at - mark.at <= life + HOUR


def renews_at(kind: MarkKind, at: float) -> float:
    """The Unix time from which on this client has had the mark that it is handed at `at`."""
    return at // RENEWED[kind] * RENEWED[kind]


class Households:
    """How many passes each household was given in this hour, and the pass that it has shown last."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._given: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._shown: OrderedDict[str, tuple[float, Mark]] = OrderedDict()

    def __len__(self) -> int:
        return max(len(self._given), len(self._shown))

    def take(self, household: str, at: float) -> int:
        """One more pass for it; the how manieth of this hour that is, beginning with 1."""
        hour, count = self._given.pop(household, (0, 0))
        now = int(at // HOUR)
        count = count + 1 if hour == now else 1
        self._given[household] = (now, count)
        _bound(self._given, self._most)
        return count

    def has_shown(self, household: str, mark: Mark, at: float) -> None:
        """A pass that is good was shown or handed out there."""
        self._shown[household] = (at, mark)
        self._shown.move_to_end(household)
        _bound(self._shown, self._most)

    def near(self, household: str, at: float) -> Mark | None:
        """The pass that was shown there a short time ago."""
        found = self._shown.get(household)
        return found[1] if found is not None and 0 <= at - found[0] < NEAR else None


def _bound[V](kept: OrderedDict[str, V], most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)
