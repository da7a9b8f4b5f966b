"""The lists of edges' addresses: the newer of what `stagedoor update` fetched and what ships."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from stagedoor.identify.edge_addresses import EdgeAddresses
from stagedoor.identify.prefixes import Network
from stagedoor.identify.ranges import parse_ranges
from stagedoor.model import edges
from stagedoor.model.errors import ConfigError
from stagedoor.verify.range_files import RANGES, path_of, read_copy

type Copies = dict[str, tuple[float, tuple[Network, ...]]]
"""By the address a list is published at: its date (Unix seconds) and its networks."""


def read_edges(state: Path | None) -> EdgeAddresses:
    """Every list at hand. `state` is the state directory, None where there is none.

    A copy that cannot be used counts as none: range_files reports it.
    """
    found = dict(_shipped())
    for url in edges.urls() if state is not None else ():
        path = path_of(state / RANGES, url) if state is not None else Path()
        if not path.exists():
            continue
        with suppress(ConfigError):
            copy = read_copy(path)
            networks = parse_ranges(copy.body, str(path))
            if copy.fetched >= found.get(url, (0.0,))[0]:
                found[url] = (copy.fetched, networks)
    by_word: dict[str, list[Network]] = {}
    for url, edge in edges.urls().items():
        if url in found:
            by_word.setdefault(edge.word, []).extend(found[url][1])
    return EdgeAddresses(by_word)


@lru_cache(maxsize=1)
def _shipped() -> Copies:
    data: Any = orjson.loads(files("stagedoor.verify").joinpath("edge_networks.json").read_bytes())
    return {
        url: (
            datetime.fromisoformat(one["as_of"]).replace(tzinfo=UTC).timestamp(),
            parse_ranges(orjson.dumps(one["networks"]), url),
        )
        for url, one in data["lists"].items()
    }
