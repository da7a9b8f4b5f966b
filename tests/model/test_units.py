"""Durations and sizes, as written and as shown."""

from __future__ import annotations

import pytest

from stagedoor.model.units import duration, size, told_duration, told_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10s", 10),
        ("5m", 300),
        ("1h 30m", 5400),
        ("1h30m", 5400),
        ("2 days", 172800),
        ("1 Hour", 3600),
        ("1.5 minutes", 90),
        ("250ms", 0.25),
    ],
)
def test_a_duration_is_understood(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", " ", "10", "m", "10 parsecs", "0s", "-5m", "10m and more", "9" * 60 + "d", None, []],
)
def test_what_is_no_duration_is_answered_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match=" — write "):
        duration(text)


@pytest.mark.parametrize(
    ("text", "count"), [("500 MB", 5e8), ("2GB", 2e9), ("1 tb", 1e12), ("10B", 10), ("0 B", 0)]
)
def test_a_size_is_understood(text: str, count: float) -> None:
    assert size(text) == count


@pytest.mark.parametrize("text", ["", "5", "five GB", "2 GiB", 5, 2.5, True, "9" * 30 + "TB"])
def test_what_is_no_size_is_answered_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match=" — write "):
        size(text)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.25, "250ms"), (1, "1s"), (90, "1m 30s"), (3600, "1h"), (93784, "1d 2h"), (59.6, "1m")],
)
def test_a_duration_is_shown(seconds: float, told: str) -> None:
    assert told_duration(seconds) == told


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0 bytes"), (999, "999 bytes"), (2_500_000, "2.5 MB"), (48.2e9, "48.2 GB")],
)
def test_a_size_is_shown(count: float, told: str) -> None:
    assert told_size(count) == told
