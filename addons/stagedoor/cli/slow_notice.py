"""A line about what is happening, where that takes longer than a person waits without a word."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 1.0
"""Seconds."""


@contextmanager
def notice(text: str) -> Iterator[None]:
    """Print `text` to standard error once this has lasted for a second; what is quick stays silent."""
    timer = threading.Timer(PATIENCE, lambda: print(f"{text} …", file=sys.stderr, flush=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
