"""Public lists of crawlers, as packages bring them, for `identify.public_lists`.

Upgrading a package refreshes them. Where one is not installed it brings none, and the catalogue, the
other list and the signs in `identify/robot_words.py` stand alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib import import_module, resources

from stagedoor.identify.public_lists import TAGS_LEFT_OUT, Second

PACKAGE = "crawleruseragents"
FILE = "crawler-user-agents.json"
FURTHER = "crawlerdetect.providers.crawlers"


@cache
def second() -> Second:
    """The public lists, with all patterns that the packages bring."""
    return Second(patterns(), further())


def patterns() -> Sequence[str]:
    """crawler-user-agents' patterns whose kind is looked for; none without the package."""
    try:
        entries = json.loads(resources.files(PACKAGE).joinpath(FILE).read_bytes())
    except (ModuleNotFoundError, FileNotFoundError):
        return ()
    return [e["pattern"] for e in entries if not TAGS_LEFT_OUT.intersection(e.get("tags", ()))]


def further() -> Sequence[str]:
    """CrawlerDetect's patterns; none without the package."""
    try:
        return tuple(import_module(FURTHER).data)
    except (ModuleNotFoundError, AttributeError):
        return ()
