"""SIGHUP: read again what stands on disk, instead of ending."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress

_SIGHUP = getattr(signal, "SIGHUP", None)
_REFUSED = (NotImplementedError, RuntimeError, ValueError)
"""Another system, another thread, or no event loop."""


def heed(act: Callable[[], None]) -> None:
    """Call `act` in the event loop whenever the signal comes."""
    if _SIGHUP is not None:
        with suppress(*_REFUSED):
            asyncio.get_running_loop().add_signal_handler(_SIGHUP, act)


def ignore() -> None:
    """Let the signal end the program again, as it does where nobody has asked for it."""
    if _SIGHUP is not None:
        with suppress(*_REFUSED):
            asyncio.get_running_loop().remove_signal_handler(_SIGHUP)
