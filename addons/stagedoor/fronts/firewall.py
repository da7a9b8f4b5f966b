"""Turns clients away in the kernel who were refused for long (`long_refused.py`), where that is asked for.

A recorder of the first worker: it hears of all requests, decides whom to turn away, and a thread of its
own writes the table (`nft_table.py`), at most once a second. No request waits for it. Where nft is
missing or refuses, one line says so, and everything is as without it.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from stagedoor.fronts.long_refused import Barred, LongRefused
from stagedoor.fronts.nft_table import MOST, NftError, NftTable
from stagedoor.model.events import Decided, Loaded
from stagedoor.record.recorders import Handlers

_log = logging.getLogger("stagedoor.door")

EVERY: Final = 1.0
"""Seconds between two changes of the table."""
COUNT_EVERY: Final = 3.0
"""Seconds between two looks at the kernel's counter."""
END: Final = 5.0
"""Seconds that the guard waits at its end until the table is gone."""
_CLEAR, _END = "clear", "end"
_Order = Barred | str


class Firewall:
    """Of one guard, for the ports that visitors come to."""

    def __init__(self, ports: Sequence[int], long_refused: LongRefused | None = None) -> None:
        self._table = NftTable(ports)
        self._refused = long_refused or LongRefused()
        self._orders: queue.SimpleQueue[_Order] = queue.SimpleQueue()
        self._until: dict[str, float] = {}
        self._turned_away = 0
        self._thread: threading.Thread | None = None

    def open(self) -> bool:
        """Make the table. False where that cannot be: then the reason was logged."""
        try:
            self._table.open()
        except NftError as error:
            _log.warning("nobody is turned away by the firewall: %s", error)
            return False
        self._thread = threading.Thread(target=self._run, name="stagedoor firewall", daemon=True)
        self._thread.start()
        _log.info(
            "clients refused for long are turned away by nftables (inet %s)", self._table.name
        )
        return True

    def handlers(self) -> Handlers:
        """Decisions; and other rules, by which somebody else may be refused."""
        return {Decided: self._decided, Loaded: lambda _: self.clear()}

    def clear(self) -> None:
        """Turn nobody away until he is refused for long again."""
        self._orders.put(_CLEAR)

    def measures(self) -> dict[str, Callable[[], float]]:
        """The metrics."""
        return {
            "stagedoor_firewall_households": lambda: float(self._standing(time.time())),
            "stagedoor_firewall_packets_total": lambda: float(self._turned_away),
        }

    def close(self) -> None:
        """Take the table away."""
        if self._thread is not None:
            self._orders.put(_END)
            self._thread.join(END)
            self._thread = None

    def _decided(self, event: Decided) -> None:
        barred = self._refused.decided(event)
        if barred is not None:
            self._orders.put(barred)

    # -- in the thread -----------------------------------------------------------------------------

    def _run(self) -> None:
        counted = time.monotonic()
        while True:
            orders = self._gathered()
            try:
                if _END in orders:
                    self._table.close()
                    return
                self._carry_out(orders)
                if self._until and time.monotonic() - counted >= COUNT_EVERY:
                    counted, self._turned_away = time.monotonic(), self._table.count()
            except NftError as error:
                _log.warning("the firewall's table could not be written: %s", error)
                if _END in orders:
                    return

    def _gathered(self) -> list[_Order]:
        """What has come up within a second, in order; empty for nothing."""
        orders: list[_Order] = []
        end = time.monotonic() + EVERY
        while (left := end - time.monotonic()) > 0:
            try:
                orders.append(self._orders.get(timeout=left))
            except queue.Empty:
                break
            if orders[-1] == _END:
                break
        return orders

    def _carry_out(self, orders: Sequence[_Order]) -> None:
        if _CLEAR in orders:
            orders = orders[len(orders) - orders[::-1].index(_CLEAR) :]
            self._until.clear()
            self._table.clear()
        now = time.time()
        room = MOST - self._standing(now)
        found = [
            one for one in orders if isinstance(one, Barred) and one.household not in self._until
        ]
        found = list({one.household: one for one in found}.values())[: max(0, room)]
        if not found:
            return
        self._table.add((one.household, one.seconds) for one in found)
        for one in found:
            self._until[one.household] = now + one.seconds
            _log.info(
                "turned away by the firewall for %d s: %s (%s), refused by %s and nothing else",
                *(one.seconds, one.household, one.client, one.rule),
            )

    def _standing(self, now: float) -> int:
        for household, until in list(self._until.items()):
            if until <= now:
                self._until.pop(household, None)
        return len(self._until)
