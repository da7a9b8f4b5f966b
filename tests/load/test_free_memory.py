"""Free memory goes back to the system."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from stagedoor.load.free_memory import give_back


def in_use() -> int:
    """Resident memory in bytes."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc is asked")
def test_holes_between_what_is_in_use_are_given_back() -> None:
    kept = [
        b"x" * size for _ in range(2_000) for size in (30_000, 600)
    ]  # none has a page of its own
    del kept[::2]
    before = in_use()
    assert give_back()
    assert before - in_use() > 30_000_000
    assert len(kept) == 2_000
