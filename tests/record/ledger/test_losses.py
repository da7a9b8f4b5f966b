"""Entries that are lost: counted, and said now and then."""

from __future__ import annotations

import pytest

from stagedoor.record.ledger.losses import Losses


def test_what_is_lost_is_counted_until_it_is_entered(caplog: pytest.LogCaptureFixture) -> None:
    reported: list[int] = []
    trouble, at = [""], [1000]
    losses = Losses(reported.append, lambda: trouble[0], lambda: at[0])
    assert losses.so_far().entries == 0
    losses.lose(2, "more came in than could be written")
    at[0] = 2000
    losses.lose(3, "the ledger was closed")
    assert losses.so_far() == (5, 1000, "more came in than could be written")
    assert reported == [2, 3]
    assert caplog.text.count("Entries of the ledger are being lost: more came in") == 1
    losses.lose(1, "the same")
    losses.entered(5, 3000)  # while they were written, one more was lost
    assert losses.so_far()[:2] == (1, 3000)
    losses.entered(1, 4000)
    trouble[0] = "disk full"
    losses.lose(4, "the disk took nothing")
    assert losses.so_far() == (4, 2000, "disk full")
