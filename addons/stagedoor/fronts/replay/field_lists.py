"""Logs that name their fields in their own first lines: W3C extended, as IIS and CloudFront write it.

`#Fields: date time c-ip cs-method …`, then a line for each request, with blanks or tabs in between.
IIS writes a blank inside a value as +, CloudFront as %20 (or %2520).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from stagedoor.fronts.replay import json_fields
from stagedoor.fronts.replay.log_records import Line, Unreadable

_VALUE = re.compile(rb'"[^"]*"|\S+')
_ENCODED = frozenset({"cs(user-agent)", "cs(referer)", "cs(cookie)"})


class FieldList:
    """The fields of the lines that follow a `#Fields:` line."""

    def __init__(self, directive: bytes) -> None:
        self._names: Sequence[str] = directive.decode("latin-1").lower().split()

    def parse(self, line: bytes) -> Line:
        """One line under these fields."""
        tabs = b"\t" in line
        values = line.rstrip(b"\r").split(b"\t") if tabs else _VALUE.findall(line)
        if len(values) != len(self._names):
            return Unreadable(
                f"it has {len(values)} values, and #Fields names {len(self._names)} fields"
            )
        got: dict[str, Any] = {}
        for name, value in zip(self._names, values, strict=True):
            text = value.strip(b'"')
            if text == b"-" and "user-agent" not in name:
                continue
            if name in _ENCODED:
                text = _decoded(text) if tabs else text.replace(b"+", b" ")
            got[name] = text.decode("utf-8", "surrogateescape")
        return json_fields.read(_together(got))


def _decoded(text: bytes) -> bytes:
    found = unquote_to_bytes(text)
    return unquote_to_bytes(found) if b"%20" in found else found


def _together(got: dict[str, Any]) -> Mapping[str, Any]:
    """Date and time are one, and so are the address's stem and query."""
    if "date" in got and "time" in got:
        got["timestamp"] = f"{got.pop('date')}T{got.pop('time')}Z"
    got.pop("time-taken", None)
    if query := got.pop("cs-uri-query", ""):
        got["cs-uri-stem"] = f"{got.get('cs-uri-stem', '/')}?{query.removeprefix('?')}"
    # s-ip is the server's.
    got.pop("s-ip", None)
    return got
