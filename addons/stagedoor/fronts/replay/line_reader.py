"""Reads the lines of one log, whatever wrote them and whatever was put around them.

The formats that nearly all logs have (clf.py, jsonlines.py) are tried first and cost one call more.
Where they do not fit, wrappers are taken off and the other formats tried; a line that fits nothing
is reported with what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stagedoor.fronts.replay import clf, json_fields, jsonlines, other_formats
from stagedoor.fronts.replay.field_lists import FieldList
from stagedoor.fronts.replay.log_records import ASIDE, MAX_LINE, Hit, Line, NoRequest, Unreadable
from stagedoor.fronts.replay.times_and_addresses import seconds
from stagedoor.fronts.replay.wrapped_lines import Wrappers
from stagedoor.model.facts import as_header

_INNER = (
    "log", "MESSAGE", "message", "msg", "line", "text", "common_log", "textPayload", "_raw", "raw",
    "event", "original", "body", "payload",
)  # fmt: skip
"""Where collectors of logs keep the line itself."""
_DOCKER = frozenset({"log", "stream", "time", "attrs"})
_PIECE = 16_000
"""Docker writes a longer line in pieces of 16 kB, one a line of its file."""
DEEPEST = 4


class LineReader:
    """The lines of one file, in their order: some say how the next are to be read."""

    def __init__(self) -> None:
        self._wrappers = Wrappers()
        self._fields: FieldList | None = None
        self._pieces: dict[str, bytes] = {}

    def parse(self, line: bytes) -> Line:
        """One line, without its line break."""
        first = line[:1]
        if first == b"{":
            found = jsonlines.parse(line)
        elif first == b"#":
            return self._directive(line)
        elif self._fields is not None:
            found = self._fields.parse(line)
        else:
            found = clf.parse(line)
        return self._harder(line, found, 0) if type(found) is Unreadable else found

    def _directive(self, line: bytes) -> Line:
        name, _, rest = line.partition(b":")
        if name.lower() == b"#fields":
            self._fields = FieldList(rest)
        return ASIDE

    def _again(self, line: bytes, depth: int) -> Line:
        """A line that was inside another."""
        line = line.rstrip(b"\r\n")
        found = _plain(line)
        return self._harder(line, found, depth) if type(found) is Unreadable else found

    def _harder(self, line: bytes, found: Unreadable, depth: int) -> Line:
        if depth > DEEPEST or not line.strip():
            return found
        if line.lstrip(b" ")[:1] == b"{":
            return self._object(line, found, depth)
        for rest, when, part in self._wrappers.off(line):
            if part or "cri" in self._pieces:
                rest = self._pieces.pop("cri", b"") + rest  # noqa: PLW2901 (the whole of it)
                if part:
                    self._pieces["cri"] = rest[:MAX_LINE]
                    return ASIDE
            inner = _plain(rest)
            if type(inner) is Unreadable:
                if rest.lstrip(b" ")[:1] == b"{":
                    inner = self._object(rest, inner, depth + 1)
                    if type(inner) is Unreadable:
                        return inner
                else:
                    inner = other_formats.parse(rest)
            if type(inner) is not Unreadable:
                return _at(inner, when)
        other = other_formats.parse(line)
        if type(other) is not Unreadable:
            return other
        return found if self._fields or (b'"' in line and b"[" in line) else other

    def _object(self, line: bytes, found: Unreadable, depth: int) -> Line:
        """A line of JSON that is not one of the usual two kinds."""
        try:
            value = jsonlines.loads(line)
        except ValueError:
            return found
        if not isinstance(value, dict):
            return found
        inner = _inner(value)
        if inner is not None and (b'"' in inner or value.keys() <= _DOCKER):
            read = self._inside(value, inner, depth)
            if type(read) is not Unreadable:
                return read
        direct = _of_fields(value)
        if type(direct) is not Unreadable:
            return direct
        return found if "should be a text" in found.why or "no time" in found.why else direct

    def _inside(self, value: Mapping[str, Any], inner: bytes, depth: int) -> Line:
        """The line that a collector's line holds."""
        if value.keys() <= _DOCKER and isinstance(value.get("log"), str):
            stream = str(value.get("stream"))
            before = self._pieces.pop(stream, b"")
            whole = (before + inner)[:MAX_LINE]
            if not inner.endswith(b"\n") and (before or len(inner) >= _PIECE):
                self._pieces[stream] = whole
                return ASIDE
            inner = whole
        read = self._again(inner, depth + 1)
        return _at(read, value.get("time") or value.get("timestamp") or b"")


def _plain(line: bytes) -> Line:
    """A line in one of the two forms that nearly all logs have."""
    return jsonlines.parse(line) if line.lstrip(b" ")[:1] == b"{" else clf.parse(line)


def _of_fields(value: Mapping[str, Any]) -> Line:
    try:
        return json_fields.read(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        return Unreadable(str(error)[:120] or "its fields cannot be read")


def _inner(value: Mapping[str, Any]) -> bytes | None:
    """The line that a collector of logs has put into its own."""
    for name in _INNER:
        text = value.get(name)
        if isinstance(text, Mapping):
            deeper = _inner(text)
            if deeper is not None:
                return deeper
        if isinstance(text, str) and len(text) > len("GET / 200"):
            return as_header(text).encode("latin-1")
        if isinstance(text, list) and all(isinstance(one, int) and 0 <= one < 256 for one in text):
            return bytes(text)  # the journal, of a line that is not UTF-8
    return None


def _at(found: Line, when: Any) -> Line:
    """`found` with the wrapper's time, where it has none of its own."""
    if not isinstance(found, Hit | NoRequest) or found.at or not when:
        return found
    try:
        at = seconds(when.decode("latin-1") if isinstance(when, bytes) else when)
    except (TypeError, ValueError, OverflowError):
        return found
    return found._replace(at=at) if isinstance(found, Hit) else NoRequest(at)
