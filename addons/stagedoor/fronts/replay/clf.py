r"""The Common Log Format and its children: what Apache and nginx write by default.

    common           ADDRESS IDENT USER [TIME] "REQUEST" STATUS SIZE
    combined         the same, then "REFERER" "USER AGENT"; more may follow
    main             nginx's example: combined, then "X-FORWARDED-FOR"
    vhost_combined   HOST:PORT before a combined line

In the place of the address, X-Forwarded-For may stand: `client, proxy`.

In quoted fields, Apache writes `\"`, `\\`, `\n` and `\xhh` (mod_log_config), nginx `\xHH` for quotes,
backslashes and everything that is not printable ASCII (log_format, escape=default).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from stagedoor.fronts.replay.log_records import Hit, Line, NoRequest, Unreadable
from stagedoor.fronts.replay.times_and_addresses import chain, is_address

_TIME = rb"\[(.{14}):(.{5}) (.{5})\]"
_REST = (
    rb' "([A-Z]+) ([^ "\\]+) HTTP/[\d.]+" (\d{3}) (\d+) "[^"]*" "([^"\\]*)"'
    rb'(?: "([\da-fA-F.:][\da-fA-F.:, ]*)")?(?: |\r?$)'
)
_WHO = rb"([\da-fA-F.:,]+|[\w.-]+)"
"""An address or a host's name, and no wrapper such as `access.log:203.0.113.9`."""
_COMBINED = re.compile(_WHO + rb" - [^ ]+ " + _TIME + _REST).match
_VHOST = re.compile(rb"(?!\d{4}-)([^ ,\x1b]+) " + _WHO + rb" - [^ ]+ " + _TIME + _REST).match
"""What nearly every line looks like: one microsecond. A backslash in what matters leads to _ANY.
(In the referer it does no harm: a quote that is escaped there is not followed by a blank and an
opening quote, because that one would be escaped as well.)"""

_QUOTED = rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_ANY = re.compile(
    rb'([^"\\]*(?:\\.[^"\\]*)*) ' + _TIME + rb" " + _QUOTED + rb" (\d{3}) (\d+|-)"
    rb"(?: " + _QUOTED + rb" " + _QUOTED + rb")?",
    re.DOTALL,
).match

_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) (.+) HTTP/\d(?:\.\d)?", re.DOTALL)
_OLD_REQUEST = re.compile(rb"(GET) (/[^ ]*)")
"""HTTP/0.9."""

_ESCAPED = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"v": b"\v", b"f": b"\f"}

_FORWARDED = re.compile(rb' "([\da-fA-F.:][\da-fA-F.:, ]*)"').match
_NAME = re.compile(rb"[\w.-]+(?::\d{1,5})?\Z").match

_new = tuple.__new__
_WITHIN = {
    b"%02d:%02d" % (minute, second): minute * 60 + second
    for minute in range(60)
    for second in range(61)
}
"""`MM:SS` → seconds within the hour. A day may end with :60."""
_MONTHS = {
    name: number
    for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}


def parse(line: bytes) -> Line:
    """One line, of whichever of the three formats it is."""
    if found := _COMBINED(line):
        address, hour, within, zone, method, target, status, size, agent, forwarded = found.groups()
        host = b""
    elif found := _VHOST(line):
        (
            *(host, address, hour, within, zone, method, target, status, size, agent),
            forwarded,
        ) = found.groups()
    else:
        return _slow(line)
    start = _start_of_hour(hour, zone)
    seconds = _WITHIN.get(within)
    if start is None or seconds is None:
        return _slow(line)
    if agent == b"-":
        agent = b""
    if forwarded is not None and _only_addresses(forwarded):
        address = chain(forwarded, address)
    # As Hit(…) does, without a call of Python's own in between.
    return _new(
        Hit, (start + seconds, address, method, host, target, int(status), int(size), agent, "")
    )


def unescape(text: bytes) -> bytes:
    """What the server was sent, where it wrote `text` between quotes; `-` means nothing."""
    if text == b"-":
        return b""
    return _ESCAPED.sub(_character, text) if b"\\" in text else text


def _character(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return bytes((int(found[1], 16),))
    return _CONTROLS.get(found[2], found[2])


def _slow(line: bytes) -> Line:
    found = _ANY(line)
    if found is None:
        return Unreadable(_why(line))
    before, hour, within, zone, request, status, size, _, agent = found.groups()
    if agent is None and line.startswith(b' "', found.end()):
        return Unreadable("a quoted field does not end")
    start, seconds = _start_of_hour(hour, zone), _WITHIN.get(within)
    if start is None or seconds is None:
        return Unreadable("what stands in [brackets] is no time")
    at = start + seconds
    asked = request_line(request)
    if asked is None:
        return NoRequest(at)
    who = _host_and_address(before)
    if who is None:
        return Unreadable("what stands before the [time] does not begin with an address")
    host, address = who
    if agent is not None and (more := _FORWARDED(line, found.end())) and _only_addresses(more[1]):
        address = chain(more[1], address)
    return Hit(
        at,
        address,
        asked[0],
        host,
        asked[1],
        int(status),
        0 if size == b"-" else int(size),
        None if agent is None else unescape(agent),
    )


def _host_and_address(before: bytes) -> tuple[bytes, bytes] | None:
    """What stands before the time: `ADDRESS - USER`, `HOST ADDRESS - USER`, or `CLIENT, PROXY - -`."""
    words = before.split(b" ")
    for start in (0, 1):
        end = start
        while end < len(words) - 1 and words[end].endswith(b","):
            end += 1
        first = words[start].rstrip(b",") if start < len(words) else b""
        # Identd is dead: an address that stands second has a host's name before it.
        second = words[1].rstrip(b",") if not start and not end and len(words) > 3 else b""
        if second and is_address(second.decode("latin-1")):
            continue
        if is_address(first.decode("latin-1")):
            named = words[0] if start else b""
            return named, b"".join(words[start : end + 1])
    # HostnameLookups: a name in the place of the address.
    if len(words) > 1 and words[1] == b"-" and _NAME(words[0]):
        return b"", words[0]
    if len(words) > 2 and words[2] == b"-" and _NAME(words[1]) and _NAME(words[0]):
        return words[0], words[1]
    return None


def _only_addresses(text: bytes) -> bool:
    return all(map(is_address, text.decode("latin-1").split(",")))


def request_line(text: bytes) -> tuple[bytes, bytes] | None:
    """Method and target of a request line as the server wrote it; None where it is none."""
    sent = unescape(text)
    found = _REQUEST.fullmatch(sent) or _OLD_REQUEST.fullmatch(sent)
    return (found[1], found[2]) if found else None


def _why(line: bytes) -> str:
    """The first thing that is missing."""
    if b'"' not in line:
        return "there is no quoted request in it"
    before = line[: line.index(b'"')]
    if not re.search(_TIME, before):
        return "there is no [time] before the request"
    if not re.search(rb'" \d{3} ', line):
        return "no status and size follow the request"
    return "its fields are not where this format has them"


@lru_cache(maxsize=1024)
def _start_of_hour(text: bytes, zone: bytes) -> int | None:
    """`23/Nov/2026:11`, `+0100` → Unix seconds; None where that is no time."""
    try:
        day, month, year, hour = int(text[:2]), _MONTHS[text[3:6]], int(text[7:11]), int(text[12:])
        away = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
        offset = timezone(-away if zone[:1] == b"-" else away)
        start = datetime(year, month, day, hour, tzinfo=offset).astimezone(UTC)
    except (ValueError, KeyError, OverflowError):
        return None
    return int(start.timestamp())
