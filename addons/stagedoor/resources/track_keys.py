"""Keys of tracks: what stays the same when a recording is asked for again.

Mostly the path is the key. Where a program hands out recordings (`/rest/stream?id=7`), those parts of
the query count that choose one; tokens, formats and bit rates do not. The pieces of a track share the
key of the track: by their playlist where one was seen (`store.tracks`), else by the form of their
names.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl

from stagedoor.resources.paths import extensions

_CHOOSING: Final = frozenset(
    (
    "id", "ids", "uuid", "guid", "track", "trackid", "track_id", "song", "songid", "song_id",
    "item", "itemid", "item_id", "media", "mediaid", "media_id", "episode", "episode_id",
    "file", "fileid", "file_id", "filename", "name", "path", "src", "url", "download",
    "download_file", "attachment_id", "play", "stream", "listen", "sound", "audio", "mp3",
    )
)  # fmt: skip
"""Parts of a query that choose a recording, as programs of musicians' sites call them."""
_SEGMENTS: Final = frozenset({"ts", "m4s", "cmfa", "cmfv"})
"""Endings that nothing but pieces of a track has."""
_DIGITS = re.compile(r"\d+")
MOST: Final = 400
"""Characters of a key."""


def track_key(path: str, target: str = "", choosing: frozenset[str] = _CHOOSING) -> str:
    """The key of what is asked for by `target`, the request target, whose normal form is `path`."""
    query = target.partition("?")[2]
    if not query or names_a_file(path):
        return path[:MOST]
    chosen = [
        f"{name}={value}"
        for name, value in parse_qsl(query[:4096], max_num_fields=50)
        if name.lower() in choosing
    ]
    return f"{path}?{'&'.join(sorted(chosen))}"[:MOST] if chosen else path[:MOST]


def names_a_file(path: str) -> bool:
    """Whether the path alone names a file, and no program that hands out many."""
    return any(one not in {"php", "cgi", "asp", "aspx", "jsp", "view"} for one in extensions(path))


def is_segment(path: str) -> bool:
    """Whether the name is that of a piece of a track, whatever playlist lists it."""
    return path.rpartition(".")[2] in _SEGMENTS


def shared_by_pieces(path: str) -> str:
    """What the names of all pieces of a track share: their folder, and the name without numbers."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{_DIGITS.sub('*', name)}"[:MOST]
