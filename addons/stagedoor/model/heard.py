"""Listening: what somebody was sent of recordings, in the words that rules ask for.

A session is the time in which one household, one network, or one agent within a household is sent
recordings. Every number counts what was *sent* (`model.sound`): what was refused, was missing or was
asked for with HEAD counts nothing, the same part of a recording twice counts once, and so do the
segments of one track. Live streams and what a shop hands out for a purchase count nothing here.

| fact                      | meaning                                              | unit, window            |
|---------------------------|------------------------------------------------------|-------------------------|
| ahead                     | sound that was sent and cannot have been heard yet:  | seconds; falls by       |
|                           | distinct seconds, less DRAIN a second of the clock   | itself, never below 0   |
| whole_recordings          | recordings of a minute or more that were sent whole  | count, ten minutes      |
|                           | (WHOLE of their PARTS)                               |                         |
| begun_recordings          | recordings of which something was sent               | count, one hour         |
| episodes                  | episodes of which something was sent                 | count, one day          |
| archives                  | archives of a megabyte or more (an album in a zip)   | count, one day          |
|                           | of which something was sent                          |                         |
| catalogue_share           | recordings sent whole, by all that were ever begun   | 0 to 1, 12 to 24 hours  |
| sequential_walk           | numbered recordings begun in their order, one after  | count, ends an hour     |
|                           | the other                                            | after the last          |
| whole_file_by_ranges      | recordings sent whole in PIECES or more responses    | count, one to two hours |
| segments_without_playlist | segments sent to somebody who was sent no playlist   | count, one to two hours |
|                           | for a day                                            |                         |
| ignored                   | different recordings asked for while a sentence was  | count, one to two hours |
|                           | in force                                             |                         |
| tripped                   | it has followed the trap link                        | yes or no, one hour     |

`requests_last_minute` is counted for every request, see `store.counters`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Scope = Literal["household", "network", "agent"]
"""Whose session: one address (an IPv6 network of 64 bits), its /24 or /48, or one user agent in one
household."""
SCOPES: tuple[Scope, ...] = ("household", "network", "agent")

DRAIN: dict[Scope, float] = {"household": 4.0, "network": 8.0, "agent": 1.0}
"""Seconds of sound that are taken for heard in each second: four people in a household listen at
once, eight in a network, one with an agent."""
PARTS, WHOLE = 64, 60
"""A recording is remembered in so many parts; whole it is with so many of them."""
TRIPPED = 3600.0
"""Seconds for which it is remembered that somebody has followed the trap link."""
LONG = 60.0
"""Seconds. Shorter recordings are never counted as whole: a page may load thirty samples at once."""
PIECES = 8
"""Players read a recording in one to three responses."""


class Listener(NamedTuple):
    """The keys of one who asks: see `model.client_keys`. `agent` is the whole user agent. `passed` is
    the serial of a pass that stands for one listener (`marks/`): it has a session of its own then, and
    the household has none of it.
    """

    household: str
    network: str
    agent: str
    passed: str = ""


class Heard(NamedTuple):
    """The facts of one session, as in the table above."""

    ahead: float = 0.0
    whole_recordings: int = 0
    begun_recordings: int = 0
    episodes: int = 0
    catalogue_share: float = 0.0
    sequential_walk: int = 0
    whole_file_by_ranges: int = 0
    segments_without_playlist: int = 0
    ignored: int = 0
    tripped: bool = False
    archives: int = 0


NOTHING_HEARD = Heard()


class Listening(NamedTuple):
    """The facts that hold for one request: of its household, its network, its agent at home."""

    household: Heard = NOTHING_HEARD
    network: Heard = NOTHING_HEARD
    agent: Heard = NOTHING_HEARD


NO_LISTENING = Listening()


class Amounts(NamedTuple):
    """From where on nobody listens any more: the stance's numbers of the same names. `ahead` and
    `at_once_by_network` in seconds of sound, the others count recordings.
    """

    ahead: float
    whole_files: int
    at_once_by_network: float
    episodes: int
    archives: int


class Sweep(NamedTuple):
    """What one household, or one network together, was sent without a pause of ten minutes: so many
    different `recordings` (at least, from 512 on) in so many `seconds`. An archive counts as one.
    """

    scope: Scope
    recordings: int
    seconds: float


MANY = 12
"""Recordings that may be far ahead without a fault: an album, or some very long ones."""


class Sentence(NamedTuple):
    """A verdict that lasts: the rule, whom it keeps to, and for how many seconds."""

    rule: str
    scope: Scope
    seconds: float
