"""Forms of signal files: whether a body is such a file, or only what a site answers to everything.

Single-page apps answer 200 and their page to any address, and some APIs a JSON object that says
"not found". What has not the form of its file is no signal file, whatever its status says. A type
alone decides where there is no body to look at: many a good robots.txt is sent as `text/html`.

Bodies arrive in any content coding and in any encoding of Unicode; readers want UTF-8.
"""

from __future__ import annotations

import codecs
import re

from stagedoor.signals.html.codings import CODINGS, CodingError, coders
from stagedoor.signals.robots.lines import MOST_OCTETS

PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
MOST_CODINGS = 4
"""Codings on top of each other that are taken off."""

_MARKS: tuple[tuple[bytes, str], ...] = (
    # The longer marks first: UTF-16's is the beginning of UTF-32's.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED: tuple[tuple[re.Pattern[bytes], str], ...] = (
    # ASCII letters without a mark in front.
    (re.compile(rb"(?:[\t\n\r -~]\0\0\0){4}"), "utf-32-le"),
    (re.compile(rb"(?:\0\0\0[\t\n\r -~]){4}"), "utf-32-be"),
    (re.compile(rb"(?:[\t\n\r -~]\0){4}"), "utf-16-le"),
    (re.compile(rb"(?:\0[\t\n\r -~]){4}"), "utf-16-be"),
)
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|title|meta)\b", re.IGNORECASE)
_LOOK = 1024
"""Octets in which a page has shown that it is one."""
_RECORD = re.compile(
    rb"[ \t]*(?:<[^>\r\n]*>[ \t]*)*"
    rb"((?:user-agent|allow|disallow|sitemap|crawl-delay|content-usage|content-signal|license)"
    rb"[ \t]*:[^<\r\n]*)",
    re.IGNORECASE,
)
_LINE = re.compile(rb"[^\r\n]+")


def unpacked(data: bytes, coding: str, most: int = MOST_OCTETS + 1) -> bytes | None:
    """At most about `most` octets of `data` without its Content-Encoding; None where that is not
    known, or the data is not what it says.
    """
    names = [name for part in coding.lower().split(",") if (name := part.strip())]
    names = [name.removeprefix("x-") for name in names if name != "identity"]
    if len(names) > MOST_CODINGS or not CODINGS.issuperset(names):
        return None
    for name in reversed(names):
        decoder, _ = coders(name)
        out = bytearray()
        try:
            for piece in decoder.feed(data):
                out += piece
                if len(out) >= most:
                    break
        except CodingError:
            return None
        data = bytes(out)
    return data


def as_utf8(data: bytes) -> bytes | None:
    """The text in `data` in UTF-8; None where it is no text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace").encode()
    for pattern, encoding in _UNMARKED:
        if pattern.match(data):
            return data.decode(encoding, "replace").encode()
    return None if b"\0" in data else data


def robots_text(data: bytes) -> bytes | None:
    """The robots.txt in `data`, in UTF-8; None where it is none.

    Lenient crawlers find records in a page, too: where one has a `User-agent` line, its records
    count and the rest of it does not.
    """
    text = as_utf8(data)
    if text is None:
        return None
    if not _is_marked_up(text):
        return None if _is_json(text) else text
    found = [record[1] for line in _LINE.findall(text) if (record := _RECORD.match(line))]
    if not any(line[:10].lower() == b"user-agent" for line in found):
        return None
    return b"\n".join(found) + b"\n"


def fits(path: str, content_type: str, start: bytes | None) -> bool:
    """Whether what begins with `start` can be the file that its `path` names.

    None for a body that is not sent (HEAD): then the type alone says so. An empty one is no file.
    """
    kind = content_type.partition(";")[0].strip().lower()
    ending = path.rpartition(".")[2].lower()
    if start is None:
        return kind not in PAGE_TYPES
    text = as_utf8(start)
    text = text.removeprefix(codecs.BOM_UTF8).lstrip() if text is not None else b""
    if not text or _PAGE.search(text, 0, _LOOK):
        return False
    if ending == "xml":
        return text.startswith(b"<")
    if ending == "json":
        return text.startswith(b"[" if path.endswith("/tdmrep.json") else (b"[", b"{"))
    return not text.startswith(b"<") and not _is_json(text)


def _is_marked_up(text: bytes) -> bool:
    return text.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<")


def _is_json(text: bytes) -> bool:
    return text.removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"{", b"["))
