"""Formats of servers and of clouds that are lines, neither JSON nor a child of the Common Log Format.

Each from its own documentation: HAProxy (httplog), AWS (classic and application load balancers, S3),
Envoy, Squid, logfmt. At the end stands a reader for any line with a quoted request in it.
"""

from __future__ import annotations

import re

from stagedoor.fronts.replay import json_fields
from stagedoor.fronts.replay.clf import request_line, unescape
from stagedoor.fronts.replay.log_records import Hit, Line, NoRequest, Unreadable
from stagedoor.fronts.replay.times_and_addresses import (
    bare_address,
    chain,
    is_address,
    split_target,
    written,
)

_ISO = rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_CLF_TIME = rb"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d(?:\.\d{1,9})?(?: [+-]\d{4})?"
_QUOTED = rb'"((?:[^"\\]|\\.)*)"'

_HAPROXY = re.compile(
    rb"(?P<address>\S{2,60}?):\d{1,5} \[(?P<time>" + _CLF_TIME + rb")\] \S+ \S+ [\d/+-]+ "
    rb"(?P<status>-?\d{1,3}) \+?(?P<size>\d+) \S+ \S+ \S{4} [\d/+]+ [\d/+]+ "
    rb"(?:\{(?P<captured>[^}]*)\} )?(?:\{[^}]*\} )?" + rb'"(?P<request>[^"]*)"?'
).search
_ELB = re.compile(
    rb"(?:(?:https?|h2|grpcs?|wss?) )?(?P<time>" + _ISO + rb") \S+ (?P<address>\S+) \S+ "
    rb"[\d.-]+ [\d.-]+ [\d.-]+ (?P<status>\d{3}|-) \S+ \d+ (?P<size>\d+) "
    rb'"(?P<request>[^"]*)" "(?P<agent>[^"]*)"'
).match
_ENVOY = re.compile(
    rb"\[(?P<time>" + _ISO + rb')\] "(?P<request>[^"]*)" (?P<status>\d{1,3}) \S+ '
    rb'(?:\S+ \S+ "[^"]*" )?\d+ (?P<size>\d+) \d+ \S+ "(?P<forwarded>[^"]*)" "(?P<agent>[^"]*)" '
    rb'"[^"]*" "(?P<host>[^"]*)"'
).match
_S3 = re.compile(
    rb"[0-9a-f]{20,64} \S+ \[(?P<time>" + _CLF_TIME + rb")\] (?P<address>\S+) \S+ \S+ \S+ \S+ "
    rb'"(?P<request>[^"]*)" (?P<status>\d{3}|-) \S+ (?P<size>\d+|-) \S+ \S+ \S+ '
    rb'"[^"]*" "(?P<agent>[^"]*)"'
).match
_SQUID = re.compile(
    rb"(?P<time>\d{10}\.\d{3}) +\d+ (?P<address>\S+) \w+/(?P<status>\d{3}) (?P<size>\d+) "
    rb"(?P<request>[A-Z]+ \S+) "
).match
_FORMATS = (_HAPROXY, _ELB, _ENVOY, _S3, _SQUID)

_PAIR = re.compile(rb'([A-Za-z_@][\w.@-]{0,60})=("(?:[^"\\]|\\.)*"|[^\s"]*)')
_LOGFMT = re.compile(rb'[A-Za-z_@][\w.@-]{0,60}=(?:"|[^\s"=]*(?: |$))').match
_REQUEST = re.compile(rb'"([A-Z]{3,16}) (\S(?:[^"\\]|\\.)*?) HTTP/\d(?:\.\d)?"').search
_TIME = re.compile(rb"\[?(" + _ISO + rb"|" + _CLF_TIME + rb"|\d{10}(?:\.\d{1,6})?)\b").search
_AFTER = re.compile(rb"[ \t,;|]+\"?(\d{3})\"?(?:[ \t,;|]+\"?(\d+|-)\"?(?=[ \t,;|]|$))?").match
_AGENT = re.compile(rb"Mozilla/\d|[A-Za-z][\w.+-]{1,60}/v?\d").match
_WORD = re.compile(rb"[0-9a-fA-F.:\[\]]{3,64}")


LONGEST = 8192
"""Bytes of a line that are looked at: some patterns below take the square of its length."""


def parse(line: bytes) -> Line:
    """One line of any of them; Unreadable says what was missing."""
    line = line[:LONGEST]
    for match in _FORMATS:
        if found := match(line):
            return _of(found.groupdict())
    if _LOGFMT(line):
        return _logfmt(line)
    return _quoted(line)


def _of(got: dict[str, bytes | None]) -> Line:
    at = _when(got["time"] or b"")
    asked = request_line(got["request"] or b"") or _bare_request(got["request"] or b"")
    status = got["status"] or b"-"
    if asked is None or not status.isdigit():
        return NoRequest(at)
    host, target = split_target(asked[1].decode("latin-1"))
    agent = got.get("agent")
    if "captured" in got:
        # HAProxy writes what it was asked to capture, in no order that it would say.
        words = (got["captured"] or b"").split(b"|")
        agent = next((word for word in reversed(words) if _AGENT(word)), None)
    size = got["size"] or b"0"
    address = bare_address((got.get("address") or b"").decode("latin-1")).encode()
    forwarded = got.get("forwarded")
    if forwarded and not address:
        address = forwarded if forwarded != b"-" else b""
    return Hit(
        at,
        address,
        asked[0],
        host.encode("latin-1") or _plain(got.get("host")),
        target.encode("latin-1"),
        int(status),
        int(size) if size.isdigit() else 0,
        None if agent is None else unescape(agent),
    )


def _bare_request(text: bytes) -> tuple[bytes, bytes] | None:
    """`GET http://…`, without a version."""
    method, _, target = text.partition(b" ")
    good = method.isalpha() and target.startswith((b"/", b"http://", b"https://"))
    return (method, target.partition(b" ")[0]) if good else None


def _plain(value: bytes | None) -> bytes:
    return b"" if value is None or value == b"-" else value


def _when(text: bytes) -> float:
    try:
        return written(text.decode("latin-1"))
    except (ValueError, OverflowError):
        return 0.0


def _logfmt(line: bytes) -> Line:
    """`status=200 method=GET path=/a`, as many programs in Go write it (Navidrome, Traefik)."""
    pairs: dict[str, str] = {}
    for name, value in _PAIR.findall(line):
        text = value
        if text.startswith(b'"'):
            text = unescape(text[1:-1])
        pairs[name.decode("latin-1")] = text.decode("utf-8", "surrogateescape")
    return json_fields.read(pairs)


def _quoted(line: bytes) -> Line:
    """Any line with a quoted request: what stands around it, by its shape."""
    found = _REQUEST(line)
    if found is None:
        return Unreadable("there is no request in it")
    before, after = line[: found.start()], line[found.end() :]
    answer = _AFTER(after)
    if answer is None:
        return Unreadable("no status follows the request")
    asked = request_line(line[found.start() + 1 : found.end() - 1])
    if asked is None:
        return Unreadable("there is no request in it")
    texts = [text for text in re.findall(_QUOTED, after) if text]
    agent = next((text for text in texts if _AGENT(text)), None)
    if agent is None and len(texts) >= 2:
        agent = texts[1]
    when = _TIME(before) or _TIME(after)
    host, target = split_target(asked[1].decode("latin-1"))
    size = answer[2] or b"0"
    return Hit(
        _when(when[1]) if when else 0.0,
        chain(_forwarded(after), _address(before) or _address(after)),
        asked[0],
        host.encode("latin-1"),
        target.encode("latin-1"),
        int(answer[1]),
        int(size) if size.isdigit() else 0,
        None if agent is None else unescape(agent),
    )


def _address(text: bytes) -> bytes:
    """The first address in a text, its neighbours behind commas with it."""
    for found in _WORD.finditer(text):
        one = found[0].decode("latin-1")
        if ("." in one or one.count(":") > 1) and is_address(one):
            rest = text[found.start() :].partition(b" - ")[0].partition(b"[")[0]
            if text[found.end() : found.end() + 1] == b"," and len(rest) < 400:
                return rest.strip().strip(b'"')
            return bare_address(one).encode()
    return b""


def _forwarded(after: bytes) -> bytes:
    """The last quoted field that is nothing but addresses."""
    fields: list[bytes] = re.findall(_QUOTED, after)
    for text in reversed(fields):
        if all(map(is_address, text.decode("latin-1").split(","))):
            return text
    return b""
