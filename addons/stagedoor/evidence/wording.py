"""Texts for people about what was found: times, sizes, and what became of entries."""

from __future__ import annotations

from datetime import UTC, datetime

from stagedoor.evidence.verification import Findings


def pruned(ledger: Findings) -> list[str]:
    """What retention took away, as text."""
    return [
        f"{one['start'] - one['first']:,} entries ({one['first']:,} to {one['start'] - 1:,}) on "
        f"{when(one['at'])}, because they were too {_PRUNED.get(one['why'], one['why'])}"
        for one in ledger.prunings
    ]


_PRUNED = {"age": "old", "size": "many"}


def thinned(ledger: Findings) -> list[str]:
    """What made room for other entries, as text."""
    return [
        f"{one['count']:,} {one['what']} (entries {one['ranges'][0][0]:,} to "
        f"{one['ranges'][-1][1]:,}) on {when(one['at'])}, because the ledger was full; their "
        "digests are kept"
        for one in ledger.thinnings
    ]


def lost(ledger: Findings) -> list[str]:
    """What could not be written down, as text."""
    return [
        f"{one['count']:,} entries between {when(one['since'])} and {when(one['at'])}: {one['why']}"
        for one in ledger.losses
    ]


def counting(refusals: int) -> str:
    """Refusals that are in no entry yet, as text."""
    return (
        f"{refusals:,} refusals of this hour are still being counted: they become entries when the "
        "hour is over or the guard ends"
    )


def interrupted(ledger: Findings) -> list[str]:
    """Interruptions: starts without an end before them, as text."""
    return [
        f"started anew at {when(one['at'])} after an unclean end at {when(one['unclean_after'])}; "
        "the last moments before it may be missing"
        for one in ledger.unclean
    ]


def erased(ledger: Findings) -> list[str]:
    """What personal parts were erased, as text."""
    return [
        f"{one['count']:,} personal parts of entries {one['ranges'][0][0]:,} to "
        f"{one['ranges'][-1][1]:,}, at {when(one['at'])} "
        + ("on request" if one["why"] == "request" else "because they were old")
        for one in ledger.erasures
    ]


def who(client: str, proof: str) -> str:
    """A client's name, as far as it is proven: a user agent is only a claim."""
    if client in _NAMELESS:
        return _NAMELESS[client]
    return _WHO[proof].format(client) if proof in _WHO else client


_WHO = {
    "unverified": "a client that calls itself {}",
    "spoofed": "a client that falsely calls itself {}",
}
_NAMELESS = {
    "anonymous": "clients that give no name",
    "unknown": "clients of unknown names",
}

CUT_OFF = "A ledger whose newest entries were cut off, or whose log (-wal) was lost, looks whole by itself."
"""What no check finds without a hash that was kept elsewhere."""


def when(at: int) -> str:
    """Unix milliseconds as `2026-10-01 12:00:00`, UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def size(count: int) -> str:
    """Bytes for people: `1.2 MB`."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 1000:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:.1f} TB"


def spell(milliseconds: int) -> str:
    """A duration in its two largest units: `3 d 4 h`."""
    seconds = milliseconds // 1000
    parts = []
    for name, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "less than a second"
