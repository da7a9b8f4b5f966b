"""Readings: all that servers make of one request target.

Servers do not agree on what a target names: some cut it at `#`, at `;` or at a NUL, some read a backslash as
a slash, some decode twice, some resolve `..` before they decode. What the site will do is not known
here, so every reading counts, and the strictest decides (see `kinds.classify`). Nearly all targets
have one reading, and cost as much as one.

Each way of reading below was seen in a real server, or in a framework in front of files.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from stagedoor.resources.paths import MAX_TARGET, normalise

MOST_READINGS = 64
"""Different readings that are followed: no target that a person's program sends has so many."""
MAX_SURE = 4096
"""Characters of a target that are read in every way; of a longer one, any end counts."""

_ODD = re.compile(r"[^!$&-.0-9:=@A-Z_a-z~/]|//|/\.|^[^/]")
"""What may leave room for a second reading."""
_AMBIGUOUS = re.compile(
    r"[\x00-\x1f\x7f%#?;\\\xc0\xc1]|\xe0[\x80\x81]|\xef\xbc[\x8e\x8f\xbc]|//|/\.|^[^/]"
)
"""What does so still after decoding: not a blank or a letter of another language."""
_SEPARATORS = re.compile(r"[/\\;?#\x00]+")
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/*[^/?#\\]*")
_CONTROLS = re.compile(r"[\x00-\x20\x7f]+")
_PARAMETERS = re.compile(r";[^/]*")
_UNICODE = re.compile(r"%u([0-9a-fA-F]{4})")
_OVERLONG = {
    # How a slash, a dot and a backslash look to a decoder of UTF-8 that checks nothing.
    b"\xc0\xaf": b"/",
    b"\xe0\x80\xaf": b"/",
    b"\xc0\xae": b".",
    b"\xe0\x80\xae": b".",
    b"\xc1\x9c": b"\\",
    b"\xe0\x81\x9c": b"\\",
    # Full-width forms, which some file systems fold.
    b"\xef\xbc\x8f": b"/",
    b"\xef\xbc\x8e": b".",
    b"\xef\xbc\xbc": b"\\",
}


def _decoded(path: str) -> str:
    """Decoded once. One character a byte, so that it can be decoded again."""
    if "%" not in path:
        return path
    return unquote_to_bytes(path.encode("latin-1", "replace")).decode("latin-1")


def _lenient(path: str) -> str:
    """As by IIS and old decoders: `%u002f`, and UTF-8 that is longer than it must be."""
    if "%u" in path:
        path = _UNICODE.sub(lambda found: chr(int(found[1], 16) & 0xFF), path)
    if path.isascii():
        return path
    data = path.encode("latin-1", "replace")
    for long, short in _OVERLONG.items():
        data = data.replace(long, short)
    return data.decode("latin-1")


def _resolved(path: str) -> str:
    """Dot segments and empty segments taken out, never above the root."""
    if "//" not in path and "/." not in path:
        return path
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part)
    return "/" + "/".join(parts) + ("/" if parts and path.endswith(("/", "/.", "/..")) else "")


def _without_authority(path: str) -> str:
    """`//host/a` and `/http://host/a` as a parser of addresses reads them."""
    body = path.lstrip("/\\")
    if len(path) - len(body) > 1:
        return "/" + body.replace("\\", "/").partition("/")[2]
    if "://" in path[:64] and (found := _AUTHORITY.match(body)):
        return body[found.end() :] or "/"
    return path


_WAYS: tuple[Callable[[str], str], ...] = (
    _decoded,
    lambda path: path.partition("#")[0],
    lambda path: path.partition("?")[0],
    lambda path: path.partition("\0")[0],
    lambda path: _PARAMETERS.sub("", path) if ";" in path else path,
    lambda path: path.partition(";")[0],
    lambda path: path.replace("\\", "/"),
    _resolved,
    lambda path: _CONTROLS.sub("", path),
    _lenient,
    _without_authority,
)
"""Each takes a path a step further. Every order of them counts, as far as MOST_READINGS goes."""


def readings(target: str) -> tuple[str, ...]:
    """What a server may take `target` for, as normalised paths; the usual reading comes first.

    At most 2 × MOST_READINGS + 2, in a time that grows with the length of the target only.
    """
    usual = normalise(target)
    path = target[:MAX_TARGET].partition("?")[0]
    if not path.startswith("/") and "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    if not _ODD.search(path):
        return (usual,)
    if not _AMBIGUOUS.search(_decoded(path)):
        return (usual,)
    if not path.startswith("/"):
        path = "/" + path
    seen = _followed(path, MOST_READINGS if len(path) <= MAX_SURE else 1)
    loose = _loose(path)
    if len(seen) >= MOST_READINGS or len(path) > MAX_SURE:
        # More than is followed: then any end of it may be what the site serves.
        ends = [found.start() for found in re.finditer("/", loose)][-MOST_READINGS:]
        seen += [loose[start:] for start in ends]
    return tuple(dict.fromkeys([usual, *map(_final, seen), _final(loose)]))


def _followed(path: str, most: int) -> list[str]:
    """`path` and what the ways make of it, one after the other, until there are `most`."""
    seen = {path: None}
    waiting = [path]
    while waiting:
        following: list[str] = []
        for one in waiting:
            for way in _WAYS:
                found = way(one)
                if found not in seen:
                    seen[found] = None
                    following.append(found)
                    if len(seen) >= most:
                        return list(seen)
        waiting = following
    return list(seen)


def _loose(path: str) -> str:
    """Decoded as far as it goes, with whatever any server cuts at as a slash; nothing resolved.

    Some servers stop at the first name that is a file, and pass on the rest (`/a.mp3/../x`).
    """
    for _ in range(4):
        path, before = _lenient(_decoded(path)), path
        if path == before:
            break
    return _SEPARATORS.sub("/", path)


def _final(path: str) -> str:
    """A reading as `paths.normalise` would leave it: text, absolute, its extension in lower case."""
    text = path.encode("latin-1", "replace").decode("utf-8", "replace")
    if not text.startswith("/"):
        text = "/" + text
    stem, dot, extension = text.rpartition(".")
    if not dot or "/" in extension.rstrip("/"):
        return text
    return stem + dot + extension.lower()
