"""The announcement: a few spoken seconds that a player gets in place of a recording it is refused.

A player knows no better than to try again, or to go on to the next recording, when it reads an error;
a person who hears why can wait. So this is for programs that play at once and keep nothing: a podcast
app or a library would keep it as the recording. It never replaces a part of a recording, which a
player would join to what it has, and nothing that stands in a playlist of pieces.

`announcement.mp3` is made by `python -m tools.make_announcement`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from stagedoor.model.facts import Client, Purpose, Request, Resource
from stagedoor.resources.track_keys import is_segment

TYPE = b"audio/mpeg"
PLAYERS: frozenset[Purpose] = frozenset({"music-player", "cast-device"})
"""Play at once, and keep nothing."""


def is_for(request: Request, client: Client, resource: Resource) -> bool:
    """Whether this request is a player's, for a recording from its beginning."""
    if client.purpose not in PLAYERS or client.proof == "spoofed" or resource.kind != "audio":
        return False
    if request.method not in {"GET", "HEAD"} or is_segment(request.path):
        return False
    return request.header("range").replace(" ", "").lower() in {"", "bytes=0-"}


@cache
def sound() -> bytes:
    """The file, as it goes out."""
    return Path(__file__).with_name("announcement.mp3").read_bytes()
