"""Headers → traits: identify/traits.py and browsers.py."""

from __future__ import annotations

from stagedoor.identify.ja4 import well_formed
from stagedoor.identify.traits import TRAIT_NAMES, traits
from stagedoor.model.facts import Client, Request
from stagedoor.resources.paths import normalise
from tools.fuzz.parts import fields, split

CHROME = Client("Chrome", "Google", "browser")
SEEDS = (
    b"/a.mp3\x1eMozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36\x1e"
    b't13d1516h2_8daaf6152771_02713d6af862\x1eHost: x\nSec-CH-UA: "Chromium";v="142"\n'
    b"Sec-Fetch-Mode: navigate\nAccept: */*\nRange: bytes=0-\nUpgrade: h2c\nContent-Length: 0",
    b"/\x1eMozilla/5.0 (X11; rv:145.0) Gecko/20100101 Firefox/145.0\x1e\x1ehost: localhost:80\n"
    b'sec-ch-ua-platform: "Linux"\naccept-language: de',
)  # fmt: skip


def check(data: bytes) -> None:
    """Words of the vocabulary, for whatever headers."""
    target, agent, ja4, lines = split(data, 4)
    sent = target.decode("latin-1")
    request = Request(
        "GET", "example.org", normalise(sent), sent, agent.decode("latin-1"),
        (("User-Agent", agent.decode("latin-1")), *fields(lines)),
    )  # fmt: skip
    for plaintext in (True, False):
        found = traits(request, CHROME, well_formed(ja4.decode("latin-1")), plaintext)
        assert found <= set(TRAIT_NAMES)
