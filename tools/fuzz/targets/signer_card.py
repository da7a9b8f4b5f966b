"""Cards and registries of signers: identify/signer_cards.py."""

from __future__ import annotations

from contextlib import suppress

from stagedoor.identify.signer_cards import MOST_CARDS, CardError, read_card, read_registry

SEEDS = (
    b'{"client_name":"Bot","jwks_uri":"https://a.example/jwks.json","contacts":["mailto:a@a.example"],'
    b'"web_bot_auth":{"rfc9309-product-token":"Bot","purpose":"tdm","ips_uri":"https://a.example/i"}}',
    b'{"client_name":"Bot","purpose":"tdm"}',
    b"# list\nhttps://a.example/card.json\nhttp://b.example/\n",
)


def check(data: bytes) -> None:
    """A card of bounded, printable text, or CardError."""
    with suppress(CardError):
        card = read_card(data, "https://a.example/card.json")
        assert all(text.isprintable() and len(text) <= 512 for text in card.texts)
    with suppress(CardError):
        urls = read_registry(data)
        assert len(urls) <= MOST_CARDS
        assert all(url.startswith("https://") for url in urls)
