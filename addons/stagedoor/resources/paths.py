"""Request targets, normalised once, before any rule sees them.

What is matched must be what the origin will serve: `/music/%61.mp3`, `//music/./a.mp3`,
`/x/../music/a.mp3` and `/music/a.MP3` are one file.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

MAX_TARGET = 64 << 10
"""Characters that are looked at; the front takes no request line longer than this."""


def normalise(target: str) -> str:
    """The path in a request target: decoded once, dots and double slashes resolved.

    Accepts origin form (`/a?b`), absolute form (`http://host/a`) and anything hostile; the result
    always begins with `/`. Bytes that are not UTF-8 become U+FFFD. A NUL ends the path, as it does
    for an origin written in C. The extension is lower-cased, the rest keeps its case.
    """
    path = target[:MAX_TARGET]
    if not path.startswith("/") and "://" in path:
        _, _, rest = path.partition("://")
        _, slash, path = rest.partition("/")
        path = slash + path
    path = path.partition("?")[0].partition("#")[0]
    if path.isascii() and path.isprintable() and not _needs_work(path):
        return _lower_extension(path)
    decoded = unquote_to_bytes(path.encode("latin-1", "replace")).decode("utf-8", "replace")
    decoded = decoded.partition("\0")[0].replace("\\", "/")
    parts: list[str] = []
    for part in decoded.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part)
    trailing = "/" if parts and decoded.endswith(("/", "/.", "/..")) else ""
    return _lower_extension("/" + "/".join(parts) + trailing)


def _needs_work(path: str) -> bool:
    return "%" in path or "//" in path or "/." in path or "\\" in path or not path.startswith("/")


def _lower_extension(path: str) -> str:
    stem, dot, extension = path.rpartition(".")
    if not dot or "/" in extension.rstrip("/"):
        return path
    return stem + dot + extension.lower()


_BACKUP = re.compile(
    r"(?:\.(?:bak|backup|old|orig|save|sav|tmp|temp|part|partial|copy|swp|download|\d{1,3})|[~_]+)$",
    re.IGNORECASE,
)
"""What editors, servers and people put behind the name of a file that they keep a copy of."""
_MOST_BACKUPS = 3


def extensions(path: str) -> tuple[str, ...]:
    """The extensions that may decide what an origin serves for `path`, lower case, without dot.

    Usually one or none. `/a.mp3;v=2` and `/a.mp3/` are served as MP3 by some origins, so the part
    before a semicolon (or, on Windows, a colon) counts too, and trailing slashes, dots and blanks
    do not hide a name. Nor do the endings of copies: `/a.mp3.bak` and `/a.mp3~` are MP3s.
    """
    name = path.rstrip("/. ").rpartition("/")[2]
    found: list[str] = []
    names = [name]
    if ";" in name or ":" in name:
        names += [name.partition(";")[0], name.partition(":")[0]]
    for one in names:
        candidate = one
        for _ in range(_MOST_BACKUPS):
            extension = candidate.rpartition(".")[2].lower()
            if "." in candidate and extension and extension not in found:
                found.append(extension)
            shorter = _BACKUP.sub("", candidate)
            if shorter == candidate:
                break
            candidate = shorter.rstrip(". ")
    return tuple(found)
