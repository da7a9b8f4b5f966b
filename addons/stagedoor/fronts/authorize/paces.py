"""How fast a recording may go out, where many go out at the same moment.

A browser that opens a page with a hundred recordings asks for all of them to learn how long they are,
and drops each as soon as it knows. The front is so fast that most of them would have gone out whole by
then, and be counted. So from the fourth of one network on, a recording goes out FASTER than it sounds,
and no more than that: nobody who listens waits for it. What an app takes of feeds is not meant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from stagedoor.engine.transaction import Transaction
from stagedoor.engine.under_way import FEW
from stagedoor.model.heard import Listener
from stagedoor.resources.bit_rates import bytes_a_second

FASTER: Final = 16
"""Times the speed of its sound."""
LEAST: Final = 256_000
"""Bytes a second, for what is hardly any sound: its head may be large."""


def rate(transaction: Transaction, under_way: Callable[[Listener], int]) -> int:
    """Bytes a second at which this recording may go out; 0: at any speed.

    `under_way`: how many there are in a listener's network.
    """
    way = transaction.way
    if way is None or way.archive or way.piece or under_way(way.listener) <= FEW:
        return 0
    if way.size and way.length:
        sounds = way.size / way.length
    else:
        sounds = bytes_a_second(transaction.request.path)
    return max(LEAST, int(FASTER * sounds))
