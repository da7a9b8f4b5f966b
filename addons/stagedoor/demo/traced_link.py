"""The demo's canary: a script collects links, a list of links turns up, and its marks are looked for.

Real from end to end: the marks are those that the guard put into the page that the script was sent, the
one that fetches with them is another client, and `stagedoor canary find` reads list and ledger.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urljoin

import orjson

from stagedoor.demo.cast import Visit

COLLECTOR = Visit("A link collector", "/", "python-requests/2.32.5")
"""It reads the front page, as the rules let it, and keeps what it finds there."""
FETCHER = "yt-dlp/2025.11.12"
ELSEWHERE = "127.20.0.1"
"""Where the fetcher comes from: another network, as far as a machine alone has one."""
LIST = "links.jsonl"
_AUDIO = re.compile(r'(?:href|src)="(/[^"]+\.(?:mp3|flac|ogg)[^"]*)"')


def links_in(page: str) -> Sequence[str]:
    """The recordings that a page links, as it was sent, each once."""
    return list(dict.fromkeys(_AUDIO.findall(page)))


def write_list(folder: Path, public: str, links: Sequence[str]) -> Path:
    """A list as collectors publish them, JSON lines, with links of other sites around ours."""
    others = [f"https://label-{number}.example/tracks/{number}.mp3" for number in range(1, 40)]
    ours = [urljoin(public, link) for link in links]
    path = folder / LIST
    middle = len(others) // 2
    rows = [*others[:middle], *ours, *others[middle:]]
    path.write_bytes(b"".join(orjson.dumps({"url": url}) + b"\n" for url in rows))
    return path
