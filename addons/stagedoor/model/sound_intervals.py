"""Intervals of what was sent, so that the same bytes twice count once.

A client's intervals of one recording are a sorted tuple of bounds: start, end, start, end … They are
few, because players read on; where there are more than MOST, the nearest two become one (which
counts a gap as sent, and so never counts sound twice).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

Intervals = tuple[int, ...]
NOTHING: Intervals = ()
MOST = 16
"""Intervals that are kept apart: 256 bytes and a little."""


def added(before: Intervals, start: int, end: int) -> tuple[Intervals, int]:
    """`before` and [start, end) together, and how many bytes of the latter are new."""
    if end <= start:
        return before, 0
    if before and start >= before[-2]:  # usual: a player reads on
        if end <= before[-1]:
            return before, 0
        if start <= before[-1]:
            return (*before[:-1], end), end - before[-1]
    low, high = bisect_left(before, start), bisect_right(before, end)
    # An odd position lies inside an interval.
    inside = before[low:high]
    bounds = list(inside)
    if low % 2:
        bounds.insert(0, start)
    if high % 2:
        bounds.append(end)
    known = sum(bounds[1::2]) - sum(bounds[::2])
    middle = (() if low % 2 else (start,)) + (() if high % 2 else (end,))
    after = before[:low] + middle + before[high:]
    while len(after) > 2 * MOST:
        gaps = [after[i + 1] - after[i] for i in range(1, len(after) - 1, 2)]
        near = 1 + 2 * gaps.index(min(gaps))
        after = after[:near] + after[near + 2 :]
    return after, end - start - known


def size(intervals: Intervals) -> int:
    """Bytes in all of them."""
    return sum(intervals[1::2]) - sum(intervals[::2])
