"""What counts once is remembered for as long as it would be accepted, and no longer."""

from __future__ import annotations

from stagedoor.store.once import Once
from stagedoor.store.store_keys import once_key


def use(once: Once, name: str, until: float, now: float) -> bool:
    return once.use(once_key("nonce", name), "", until, now, shared=False)


def test_what_has_expired_is_forgotten() -> None:
    once = Once(kept=10)
    for number in range(10):
        assert use(once, str(number), 60.0, 0.0)
    assert use(once, "late", 200.0, 61.0)
    assert len(once) == 1


def test_memory_is_bounded() -> None:
    once = Once(kept=100)
    for number in range(1000):
        assert use(once, str(number), 60.0, 0.0)
        assert len(once) <= 100
    assert not use(once, "999", 60.0, 0.0)
