"""Kinds of responses: read in one place, from everything that says so; the strictest counts.

Two steps. From its head: all Content-Type lines, and the name in Content-Disposition. Where that
does not show a recording already, from the first bytes of its body too, which need not be more than
`magic.LOOK`. A response never makes a recording less of one: an origin that mislabels must not open
the door.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

from stagedoor.model.facts import GUARDED_KINDS, Kind, Resource
from stagedoor.resources.kinds import named, stricter, typed
from stagedoor.resources.magic import LOOK, sniff, sound_within
from stagedoor.signals.html.codings import CODINGS, CodingError, coders

Fields = Sequence[tuple[bytes, bytes]]
"""Header fields, in their order."""

_FILE_NAME = re.compile(
    r"""filename(?:\*\d*)?\*?\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))""", re.IGNORECASE
)
_CHARSET = re.compile(r"[\w!#$%&+^`{}~-]*'[\w-]*'")
MOST_NAMES = 8
"""File names that are looked at in one head."""
_RANGE_START = re.compile(r"\s*bytes\s+(\d+)-", re.IGNORECASE)

_RADIO = frozenset({b"icy", b"ice"})
"""Begin the fields of a radio: icy-name, icy-br, icy-metaint, ice-audio-info."""
_BODILESS = frozenset({204, 205, 304})
_AT_ONCE = (
    # Streams whose head must go out before anything happens in them; none of them is a file.
    "text/event-stream",
    "application/x-ndjson",
    "application/json-seq",
    "application/stream+json",
    "application/grpc",
    "multipart/x-mixed-replace",
)
_UNTYPED = ("", "application/octet-stream", "binary/octet-stream", "application/binary")
_UNTYPED_PREFIX = ("application/force-download", "application/x-download", "application/download")

_SHORT = 16
"""Bytes after which a text is known to be one."""
_BINARY = 512
"""Bytes after which everything that is not text has shown what it is: a tar says so at 257."""
_TEXT = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]*")


@dataclass(frozen=True, slots=True)
class Head:
    """A response's head, as far as it says what the response is. Types are lower case."""

    types: tuple[str, ...]
    names: tuple[str, ...]
    coding: str
    start: int
    """Where in the file the body begins, by Content-Range; 0 where it is whole."""
    radio: bool = False
    """It has fields that only a radio sends (Icecast, SHOUTcast)."""


def read(fields: Fields) -> Head:
    """What the fields of a head say."""
    types: list[str] = []
    names: list[str] = []
    coding, start, radio = "", 0, False
    for name, value in fields:
        size = len(name)
        if size == 12 and name.lower() == b"content-type":
            types += [part.strip().lower() for part in value.decode("latin-1").split(",")]
        elif size == 19 and name.lower() == b"content-disposition":
            names += _file_names(value.decode("latin-1"))
        elif size == 16 and name.lower() == b"content-encoding":
            coding = f"{coding},{value.decode('latin-1').strip().lower()}".strip(",")
        elif size == 13 and name.lower() == b"content-range":
            where = _RANGE_START.match(value[:64].decode("latin-1"))
            start = max(start, int(where[1]) if where else 0)
        elif value and name[:3].lower() in _RADIO and name[3:4] == b"-":
            radio = True
    return Head(tuple(types), tuple(names[:MOST_NAMES]), coding, start, radio)


def _file_names(disposition: str) -> Iterator[str]:
    """Every file name in a Content-Disposition (RFC 6266, RFC 8187, and what servers send)."""
    for found in _FILE_NAME.finditer(disposition[:4096]):
        name = re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2].strip()
        name = _CHARSET.sub("", name, count=1) if _CHARSET.match(name) else name
        yield unquote_to_bytes(name.encode("latin-1", "replace")).decode("utf-8", "replace")


def from_head(resource: Resource, head: Head) -> Resource:
    """`resource` in the light of a response's head: `known_by` is `type` where that changed it."""
    if resource.kind != "audio":
        said = [kind for one in head.types if (kind := typed(one))]
        said += [kind for name in head.names if (kind := named(f"/{name}")) in GUARDED_KINDS]
        resource = stricter(resource, said)
    if head.radio and resource.kind == "audio" and resource.form != "live":
        return replace(resource, form="live")
    return resource


def to_look_at(resource: Resource, head: Head, status: int) -> bool:
    """Whether the first bytes of the body may still show a recording."""
    if resource.guarded or status < 200 or status in _BODILESS or 300 <= status < 400:
        return False
    return not (head.types and head.types[0].startswith(_AT_ONCE))


def enough(head: Head, start: bytes) -> bool:
    """Whether the body's first bytes are as many as it takes to see what it is."""
    size = len(start)
    if size >= LOOK:
        return True
    if size < _SHORT:
        return False
    if _is_multipart(head):
        opening = start.find(b"\r\n\r\n", 4)
        return opening >= 0 and size >= opening + _BINARY
    if head.coding or start[:5] == b"<?xml" or start[:4] == b"<!--":
        return size >= _BINARY // 2
    return size >= _BINARY or _TEXT.fullmatch(start) is not None


def from_body(resource: Resource, head: Head, start: bytes) -> Resource:
    """`resource` in the light of the first bytes of its body; `known_by` is then `body`."""
    if resource.guarded:
        return resource
    if _is_multipart(head):
        found = _first_part(resource, start)
    elif head.start > 0:
        found = _piece(head.types, _plain(head.coding, start))
    else:
        found = sniff(_plain(head.coding, start[:LOOK]))
    return resource if found is None else replace(resource, kind=found, known_by="body")


def _is_multipart(head: Head) -> bool:
    return any(one.startswith("multipart/") for one in head.types)


def _first_part(resource: Resource, start: bytes) -> Kind | None:
    """What the first part of a `multipart/byteranges` is (RFC 9110, section 14.6)."""
    opening = start.find(b"--")
    lines, blank, body = start[max(opening, 0) :].partition(b"\r\n\r\n")
    if opening < 0 or not blank:
        return None
    fields = [
        (name.strip(), value.strip())
        for line in lines.split(b"\r\n")[1:]
        if (pair := line.partition(b":"))[1]
        for name, value in ((pair[0], pair[2]),)
    ]
    head = read(fields)
    known = from_head(resource, head)
    if known.guarded:
        return known.kind
    # A part of a few bytes shows nothing, and the parts behind it may hold all the rest.
    part, ended, _ = body.partition(b"\r\n--")
    found = None if head.start else sniff(part)
    if found is None and (head.start or (ended and len(part) < _BINARY)):
        return _piece(head.types, part)
    return found


def _piece(types: Sequence[str], data: bytes) -> Kind | None:
    """What a piece from the middle of a file is.

    Where neither its type nor its bytes say anything, nobody can see that it is no recording: it
    counts as a download, else `Range: bytes=1-` would be a way to any recording without a type.
    """
    if sound_within(data):
        return "audio"
    first = types[0].partition(";")[0].strip() if types else ""
    return "download" if first in _UNTYPED or first.startswith(_UNTYPED_PREFIX) else None


def _plain(coding: str, start: bytes) -> bytes:
    """The first bytes without their Content-Encoding; as they are where it is not understood."""
    if coding not in CODINGS:
        return start
    decoder, _ = coders(coding)
    out = b""
    try:
        for piece in decoder.feed(start):
            out += piece
            if len(out) >= LOOK:
                break
    except CodingError:
        return out or start
    return out[:LOOK]
