"""Whose edge an address is: a content delivery network's, or nobody's that is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stagedoor.identify.prefixes import Network, Prefixes


class EdgeAddresses:
    """Networks by the word of their operator (`model.edges`); built once, never changed."""

    def __init__(self, by_word: Mapping[str, Iterable[Network]]) -> None:
        self._prefixes: Prefixes[str] = Prefixes(
            (network, word) for word, networks in by_word.items() for network in networks
        )
        self.words = frozenset(by_word)
        """Those whose list is at hand."""

    def word(self, address: str) -> str:
        """The operator's word; empty where `address` is no edge that is known, or no address."""
        return self._prefixes.find(address) or ""


NO_EDGES = EdgeAddresses({})
