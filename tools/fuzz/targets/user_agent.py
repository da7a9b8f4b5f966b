"""User agents: identify/matcher.py with the shipped catalogue and the second look."""

from __future__ import annotations

from stagedoor.model.facts import PURPOSES
from tools.fuzz.parts import policy

SEEDS = (
    b"Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)", b"Overcast/3.0 (iOS)",
    b"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", b"curl/8.5.0",
    b"python-requests/2.32", b"DSub", b"VLC/3.0.21 LibVLC/3.0.21", b"Scrapy/2.13 (+https://x.y)", b"",
)  # fmt: skip


def check(data: bytes) -> None:
    """A claim, and no more than a claim."""
    agent = data.decode("latin-1")
    client = policy().identify(agent)
    assert client.purpose in PURPOSES
    assert client.proof == "unverified"
    assert client.name
    assert client.name.isprintable()
    assert policy().identify(agent) == client
