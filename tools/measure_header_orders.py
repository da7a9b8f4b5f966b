"""Measure in which order real browsers send headers, and hold `identify/header_orders.py` to it.

Usage: ``python -m tools.measure_header_orders [--from FILE]`` (one to three minutes).

Lets every browser that is installed play, fetch and open recordings through mitmdump over HTTP/2, as
`tools.measure_ja4` does (--from: what that wrote with --headers before). Prints, for each browser and
version, the pairs that hold in every request for a recording, and those of the table that do not.

Exits with 1 where the table names a pair that was measured otherwise, or nothing could be measured.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "addons"))

from stagedoor.identify.browsers import read_browser  # noqa: E402
from stagedoor.identify.header_orders import MEASURED, Pairs  # noqa: E402
from stagedoor.identify.tls_families import Engine  # noqa: E402
from stagedoor.resources.kinds import classify  # noqa: E402

BROWSERS = ("Chromium", "Firefox")


def measured(captures: Iterable[Mapping[str, Any]]) -> dict[tuple[Engine, int], list[list[str]]]:
    """The header names of each request for a recording over HTTP/2, by engine and version."""
    found: dict[tuple[Engine, int], list[list[str]]] = defaultdict(list)
    for capture in captures:
        if capture["client"] not in BROWSERS or capture["http"] != "HTTP/2.0":
            continue
        headers = dict(map(tuple, capture["headers"]))
        browser = read_browser(headers.get("user-agent", ""))
        opened = headers.get("sec-fetch-dest") == "document"
        if browser is None or opened or classify(capture["path"]).kind != "audio":
            continue
        found[browser.engine, browser.major].append([name for name, _ in capture["headers"]])
    return found


def holding(orders: Sequence[Sequence[str]]) -> Pairs:
    """The pairs of names of which the first always comes before the second."""
    names = sorted({name for order in orders for name in order})
    return tuple(
        (one, other)
        for one, other in permutations(names, 2)
        if any(one in order and other in order for order in orders)
        and all(
            order.index(one) < order.index(other)
            for order in orders
            if one in order and other in order
        )
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--from", dest="source", type=Path, help="what measure_ja4 --headers wrote")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as work:
        source = options.source or Path(work) / "headers.json"
        if options.source is None:
            command = [sys.executable, "-m", "tools.measure_ja4", "--headers", str(source)]
            subprocess.run([*command, "--only", *BROWSERS], cwd=ROOT, check=True)
        captures = json.loads(source.read_text(encoding="utf-8"))
    wrong = 0
    found = measured(captures)
    for key, orders in found.items():
        holds = holding(orders)
        print(f"{key[0]} {key[1]}: {len(orders)} requests for recordings; always in this order:")
        print("   ", ", ".join(f"{one} < {other}" for one, other in holds))
        for pair in MEASURED.get(key, ()):
            if pair[::-1] in holds or pair not in holds:
                wrong += 1
                print(f"    the table says {pair[0]} < {pair[1]}, which was not seen")
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main())
