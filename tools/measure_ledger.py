"""What the ledger costs: `python -m tools.measure_ledger [ENTRIES]`.

Prints the time a call of `Ledger.taking()` takes on the caller's side, how many entries a second
are written while the caller waits for nothing but room in the queue, the size of one, and how many
a second a check reads.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
AT_ONCE = 5_000


def main(count: int) -> None:
    """Measure and print."""
    sys.path[:0] = [str(ROOT / "addons"), str(ROOT / "tests")]
    from ledgers import Lost, examined, visit  # noqa: PLC0415 (it is found only now)
    from stagedoor.record.ledger.database import FILE  # noqa: PLC0415
    from stagedoor.record.ledger.recorder import Ledger  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        state, lost, calls = Path(folder), Lost(), []
        ledger = Ledger(state, lost)
        seen = visit()
        began = time.perf_counter()
        for _ in range(count // AT_ONCE):
            start = time.perf_counter()
            for number in range(AT_ONCE):
                ledger.taking(seen, status=200, size=number, against=True)
            calls.append((time.perf_counter() - start) / AT_ONCE)
            while ledger.waiting > AT_ONCE // 2:
                time.sleep(0.001)
        ledger.close()
        took = time.perf_counter() - began
        size = (state / FILE).stat().st_size
        began = time.perf_counter()
        found = examined(state)
        checked = time.perf_counter() - began
        assert found.broken is None
        written = found.kinds["taking"]
        assert written + lost.count == count // AT_ONCE * AT_ONCE
        print(
            f"a call, beside the writer: {median(calls) * 1e6:.2f} µs (best {min(calls) * 1e6:.2f})"
        )
        print(f"written: {written / took:,.0f} entries/s; lost: {lost.count}")
        print(f"size: {size / written:.0f} bytes an entry, address and user agent included")
        print(f"checked: {found.last / checked:,.0f} entries/s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
