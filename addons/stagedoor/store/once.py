"""Values that may be used once, each for as long as it would be accepted: nonces and signatures."""

from __future__ import annotations

KEPT = 20_000
"""Keys remembered, about 4 MB. A crawler's signature is good for minutes."""


class Once:
    """Keys that were used and would still be accepted. Times are Unix seconds."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._seen: dict[bytes, tuple[float, str]] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def use(self, key: bytes, owner: str, until: float, now: float, *, shared: bool) -> bool:
        """Whether `key` may be used at `now`; `shared`: the same `owner` may use it again."""
        known = self._seen.get(key)
        if known is not None and now <= known[0] and (not shared or known[1] != owner):
            return False
        if len(self._seen) >= self._kept:
            self._forget(now)
        self._seen[key] = (until, owner)
        return True

    def _forget(self, now: float) -> None:
        """Make room: what has expired, and where that is little the oldest tenth as well."""
        self._seen = {key: entry for key, entry in self._seen.items() if entry[0] >= now}
        surplus = len(self._seen) - self._kept * 9 // 10
        for key in list(self._seen)[: max(surplus, 0)]:
            del self._seen[key]
