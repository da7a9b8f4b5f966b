"""Networks that pass requests on, by what they add to them."""

from __future__ import annotations

import pytest

from stagedoor.model.edges import BY_WORD, EDGES, TRUSTED_WORDS, named


@pytest.mark.parametrize(
    ("via", "word"),
    [
        ("1.1 google", "google"),
        ("1.1 vegur, 1.1 Fly.io", "fly"),
        ("1.1 varnish", "fastly"),
        ("1.1 proxy.example, 1.0 Varnish", "fastly"),
        ("1.1 cache-3.example (Varnish/7.0)", None),  # somebody's own
        ("1.1 squid.example", None),
        ("", None),
    ],
)
def test_a_network_is_known_by_the_name_it_adds(via: str, word: str | None) -> None:
    found = named(via)
    assert (found.word if found else None) == word


def test_only_a_network_whose_addresses_are_known_can_be_trusted() -> None:
    assert len(BY_WORD) == len(EDGES)
    for word in TRUSTED_WORDS:
        assert BY_WORD[word].lists or BY_WORD[word].fixed
