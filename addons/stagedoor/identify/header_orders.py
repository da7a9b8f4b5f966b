"""The order in which browsers send the headers of a recording over HTTP/2, version by version.

A page and a recording are asked for by different parts of a browser, and their headers come in
different orders. Libraries that imitate a browser copy the page's. Only what holds in every request
that was measured is listed, as pairs: the first comes before the second where both are there.

Measured with `python -m tools.measure_header_orders`, which also says where this table is out of
date. A version that was not measured is never contradicted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stagedoor.identify.browsers import Browser
from stagedoor.identify.tls_families import Engine

Pairs = tuple[tuple[str, str], ...]

MEASURED: Mapping[tuple[Engine, int], Pairs] = {
    ("chromium", 156): (
        ("sec-ch-ua-platform", "user-agent"),
        ("user-agent", "sec-ch-ua"),
        ("sec-ch-ua", "sec-ch-ua-mobile"),
        ("sec-ch-ua-mobile", "accept"),
        ("range", "priority"),
    ),
    ("firefox", 153): (
        ("user-agent", "accept"),
        ("accept", "accept-language"),
        ("accept-language", "range"),
        ("range", "accept-encoding"),
        ("range", "referer"),
        ("range", "priority"),
    ),
}
"""2026-11-23: `<audio>`, `<video>`, HLS, fetch and downloads, on Linux."""


def contradict(browser: Browser, names: Sequence[str]) -> bool:
    """Whether these header names (small letters, as sent) are in another order than this browser's."""
    pairs = MEASURED.get((browser.engine, browser.major), ())
    places = {name: place for place, name in enumerate(names)}
    return any(
        places[first] > places[second]
        for first, second in pairs
        if first in places and second in places
    )
