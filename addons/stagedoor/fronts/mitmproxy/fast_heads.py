"""Heads of plain requests: those that every program reads in one way.

`stagedoor serve` answers such requests without mitmproxy's layers. What is not as plain as this
(a body, an upgrade, an odd byte, two Hosts, HTTP/2, TLS) goes through them, whole connection and all:
so this reader may be strict, and nothing is refused here.
"""

from __future__ import annotations

import re
import time

from mitmproxy import http

from stagedoor.fronts.mitmproxy.heads import MAX_LINES

MOST = 16 << 10
"""Bytes of a head that is read here."""

_LINE = re.compile(rb"(GET|HEAD|OPTIONS) (/[!\"$-~]*) HTTP/1\.1\r\n")
_FIELDS = re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~\x80-\xff]*\r\n)+\r\n")
_NOT_PLAIN = re.compile(
    rb"\n(?:content-length|transfer-encoding|upgrade|expect|authorization:[ \t]*n(?:tlm|egotiate))"
    rb"(?![!#$%&'*+\-.^_`|~0-9A-Za-z])",
    re.IGNORECASE,
)
"""Fields of requests that are more than a question. NTLM and Negotiate log a connection in, not a
request: connections to the site are shared here."""
_HOST = re.compile(rb"\nhost:", re.IGNORECASE)
_BEGINS = (b"GET ", b"HEAD ", b"OPTIONS ")


def may_begin(data: bytes) -> bool:
    """Whether an unfinished head that begins with `data` may still become a plain one."""
    return len(data) <= MOST and any(
        data.startswith(word) if len(data) >= len(word) else word.startswith(data)
        for word in _BEGINS
    )


def end_of(data: bytes | bytearray) -> int:
    """Where a plain head at the beginning of `data` ends; 0 where that has not come."""
    return data.find(b"\r\n\r\n") + 4 if b"\r\n\r\n" in data else 0


def line_of(head: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Method, target and header lines of a head whose first line is plain."""
    line = _LINE.match(head)
    return None if line is None else (line[1], line[2], head[line.end() :])


def read(head: bytes) -> http.Request | None:
    """The request with this head; None where it is not plain."""
    line = _LINE.match(head)
    if (
        line is None
        or len(head) > MOST
        or _FIELDS.fullmatch(head, line.end()) is None
        or _NOT_PLAIN.search(head) is not None
        or len(_HOST.findall(head)) != 1
    ):
        return None
    lines = head[line.end() : -4].split(b"\r\n")
    if len(lines) > MAX_LINES:
        return None
    fields = []
    for text in lines:
        name, _, value = text.partition(b":")
        fields.append((name, value.strip(b" \t")))
    return http.Request(
        "", 0, line[1], b"", b"", line[2], b"HTTP/1.1", http.Headers(fields), b"", None,
        time.time(), None,
    )  # fmt: skip
