"""Memory that is free goes back to the system.

Reading all rule files takes some megabytes for a moment. glibc's malloc keeps them, in small holes and
for each thread apart: after some dozens of reloads a guard holds 50 MB that it does not use.
"""

from __future__ import annotations

import ctypes


def give_back() -> bool:
    """Return what malloc keeps; whether that can be done here (glibc) and there was something.

    Takes about a millisecond per 10 MB; other threads go on meanwhile.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(0))
