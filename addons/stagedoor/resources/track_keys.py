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
_NOISE: Final = frozenset(
    (
    "_", "a", "apikey", "auth", "b", "bitrate", "br", "c", "cache", "cachebust", "cachebuster", "cb",
    "client", "codec", "e", "end", "exp", "expires", "ext", "f", "fmt", "format", "from", "hash", "kbps",
    "key", "lang", "listenerid", "maxbitrate", "md5", "nocache", "nonce", "offset", "p", "password",
    "pass", "player", "playerid", "pos", "position", "q", "quality", "r", "rand", "random", "rate", "ref",
    "referrer", "rev", "rnd", "s", "seek", "session", "sessionid", "sig", "sign", "signature", "source",
    "st", "start", "time", "timestamp", "to", "token", "ts", "type", "u", "uid", "user", "userid", "v",
    "ver", "version", "vol", "volume", "x",
    )
)  # fmt: skip
"""Parts of a query that say how, when or to whom a recording is sent, not which."""
_SMALL: Final = re.compile(r"\d{1,6}|(?=.*[A-Za-z])(?![0-9a-fA-F]{12,}\Z)[\w .,'-]{1,60}")
"""What a program of somebody's own may call a recording: a number, or a name. A time or a checksum is
longer.
"""
_SEGMENTS: Final = frozenset({"ts", "m4s", "cmfa", "cmfv"})
"""Endings that nothing but pieces of a track has."""
_NUMBERED = re.compile(r"\A(.*?)(\d+)(\D*(?:[-_.](?:[va]\d+|\d+k)\D*)*)\Z", re.DOTALL)
"""A name, the number of its piece, and what follows: also a variant (`seg-3-v1-a1.ts`, `3_128k.ts`)."""
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
    ] or _unusual(query)
    return f"{path}?{'&'.join(sorted(chosen))}"[:MOST] if chosen else path[:MOST]


def _unusual(query: str) -> list[str]:
    """What may choose a recording where none of the usual names stands: `?nr=7`, `?7`."""
    pairs = parse_qsl(query[:4096], keep_blank_values=True, max_num_fields=50)
    return [
        f"{name}={value}"
        for name, value in pairs
        if name.lower() not in _NOISE
        and not name.lower().startswith(("utm_", "aw_", "x-amz-"))
        and _SMALL.fullmatch(value or name)
    ]


def names_a_file(path: str) -> bool:
    """Whether the path alone names a file, and no program that hands out many."""
    return any(one not in {"php", "cgi", "asp", "aspx", "jsp", "view"} for one in extensions(path))


def is_segment(path: str) -> bool:
    """Whether the name is that of a piece of a track, whatever playlist lists it."""
    return path.rpartition(".")[2] in _SEGMENTS


def shared_by_pieces(path: str) -> str:
    """What the names of all pieces of a track share: their folder, and the name without the number of
    the piece. That is the last one: in `7-003.ts` the first is the track's.
    """
    folder, slash, name = path.rpartition("/")
    stem, dot, extension = name.rpartition(".")
    return f"{folder}{slash}{_NUMBERED.sub(_without_last, stem)}{dot}{extension}"[:MOST]


def _without_last(found: re.Match[str]) -> str:
    return f"{found[1]}*{found[3]}"
