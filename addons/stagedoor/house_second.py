"""The patterns of crawlers that the package crawler-user-agents brings; read once, at the start.

Upgrading the package refreshes them. Where it is not installed there are none, and the catalogue
and the signs in `identify/second.py` stand alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources

from stagedoor.identify.second import TAGS_LEFT_OUT, Second

PACKAGE = "crawleruseragents"
FILE = "crawler-user-agents.json"


@cache
def second() -> Second:
    """The second look, with all patterns that the package brings."""
    return Second(patterns())


def patterns() -> Sequence[str]:
    """The patterns whose kind is looked for; none without the package."""
    try:
        entries = json.loads(resources.files(PACKAGE).joinpath(FILE).read_bytes())
    except (ModuleNotFoundError, FileNotFoundError):
        return ()
    return [e["pattern"] for e in entries if not TAGS_LEFT_OUT.intersection(e.get("tags", ()))]
