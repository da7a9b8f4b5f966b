"""Request targets that no client sends by accident, and that servers read in different ways.

`/robots.txt#/../music/a.mp3` is one file to a server that cuts at `#`, and another to one that does
not. Where two readings are possible the guard would decide about one, and the site hand out the
other. So these are answered before anything is decided (RFC 9112, section 3.2).

What players and old programs really send stays allowed: unencoded UTF-8, `[`, `]`, `|`, `"`, `<`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_TARGET = 8 << 10
"""Characters, as nginx and Apache take them by default."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}")
_ODD = re.compile(r"[\x00-\x20\x7f#]")
_NUL = re.compile(r"^[^?]*%00")


@dataclass(frozen=True, slots=True)
class Fault:
    """`status` is 400 or 414, `name` a word for metrics, `reason` a phrase for a log line."""

    status: int
    name: str
    reason: str


_LONG = Fault(414, "target-length", f"the target is longer than {MAX_TARGET} characters")
_METHOD = Fault(400, "method", "the method is not a word")
_FORM = Fault(400, "target", "the target does not begin with a slash")
_FRAGMENT = Fault(400, "target", "there is a # in the target")
_CONTROL = Fault(400, "target", "there is a control byte or a blank in the target")
_ENCODED_NUL = Fault(400, "target", "there is a NUL (%00) in the path")
_BYTES = Fault(400, "target", "the target has bytes that are neither ASCII nor UTF-8")


def fault(target: str, method: str = "GET") -> Fault | None:
    """What is wrong with a request target as it was sent, one character a byte (Latin-1).

    None where it can be decided about. The path alone is looked at for `%00`: in a query it is
    data, and the path does not change with it.
    """
    if len(target) > MAX_TARGET:
        return _LONG
    if not _TOKEN.fullmatch(method):
        return _METHOD
    if not target.startswith("/") and not (target == "*" and method.upper() == "OPTIONS"):
        return _FORM
    odd = _ODD.search(target)
    if odd is not None:
        return _FRAGMENT if odd[0] == "#" else _CONTROL
    if "%00" in target and _NUL.match(target):
        return _ENCODED_NUL
    return None if target.isascii() else _beyond_ascii(target)


def _beyond_ascii(target: str) -> Fault | None:
    try:
        text = target.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return _BYTES
    # U+0080 to U+009F are control characters, too.
    return _CONTROL if any("\x80" <= character <= "\x9f" for character in text) else None
