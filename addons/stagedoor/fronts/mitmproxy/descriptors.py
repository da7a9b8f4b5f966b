"""File descriptors: as many as the system grants, and some of them kept for the guard itself."""

from __future__ import annotations

import os

try:
    import resource
except ImportError:  # a system without them
    resource = None  # type: ignore[assignment]

MOST = 1 << 20
"""No more is asked for, where the system knows no limit."""
_MAC = 10_240
"""What macOS grants at most, whatever it says."""
LEAST_KEPT, MOST_KEPT = 32, 512


def raise_limit() -> int:
    """Raise the limit as far as it goes; returns how many descriptors there may be."""
    if resource is None:
        return 1 << 30
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    for wanted in (MOST if hard == unlimited else min(hard, MOST), _MAC):
        if soft != unlimited and soft < wanted:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            except (ValueError, OSError):
                continue
            return wanted
    return MOST if soft == unlimited else soft


def for_visitors(limit: int) -> int:
    """The number from which on a descriptor is kept for site, disk and desk.

    The system gives out the lowest free one, so a high number says how many are in use.
    """
    return limit - min(MOST_KEPT, max(LEAST_KEPT, limit // 4))


class Reserve:
    """Descriptors that are held while the guard starts, so that a crowd cannot take them, and let
    go when it needs them.
    """

    def __init__(self) -> None:
        self._held: list[int] = []

    def hold(self, number: int = LEAST_KEPT) -> None:
        """Hold so many, or as many as there are."""
        try:
            while len(self._held) < number:
                self._held.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            return

    def let_go(self) -> None:
        """Give them back."""
        while self._held:
            os.close(self._held.pop())
