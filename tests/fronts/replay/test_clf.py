"""Lines as Apache and nginx write them, and lines that nobody should have written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.fronts.replay import clf
from stagedoor.fronts.replay.log_records import Hit, NoRequest, Unreadable

AT = datetime(2026, 11, 23, 11, 15, 27, tzinfo=UTC).timestamp()
TIME = b"[23/Nov/2026:11:15:27 +0000]"


def hit(line: bytes) -> Hit:
    found = clf.parse(line)
    assert isinstance(found, Hit), found
    return found


def nginx(text: bytes) -> bytes:
    """As nginx escapes a variable: quotes, backslashes and what is not printable ASCII."""
    return b"".join(
        b"\\x%02X" % byte if byte in b'"\\' or byte < 32 or byte > 126 else bytes((byte,))
        for byte in text
    )


def apache(text: bytes) -> bytes:
    """As Apache's ap_escape_logitem does."""
    known = {0x22: b'\\"', 0x5C: b"\\\\", 10: b"\\n", 13: b"\\r", 9: b"\\t", 8: b"\\b", 11: b"\\v", 12: b"\\f"}  # fmt: skip
    return b"".join(
        known.get(byte) or (b"\\x%02x" % byte if byte < 32 or byte > 126 else bytes((byte,)))
        for byte in text
    )


def test_a_combined_line() -> None:
    line = (
        b"203.0.113.9 - - " + TIME + b' "GET /a.mp3?x=1 HTTP/1.1" 206 1234 "https://e.org/" "VLC"'
    )
    assert hit(line) == (AT, b"203.0.113.9", b"GET", b"", b"/a.mp3?x=1", 206, 1234, b"VLC", "")
    assert hit(line + b"\r") == hit(line)


def test_more_fields_may_follow() -> None:
    """nginx's example `main` ends with X-Forwarded-For."""
    line = b"::1 - - " + TIME + b' "GET / HTTP/2.0" 200 5 "-" "VLC" "198.51.100.1" rt=0.001'
    assert hit(line)[1:] == (b"198.51.100.1,,::1", b"GET", b"", b"/", 200, 5, b"VLC", "")
    for more in (b"0.003", b"-", b"unknown, 198.51.100.1", b"", b"dead beef"):
        assert hit(line.replace(b"198.51.100.1", more)).address == b"::1"


@pytest.mark.parametrize(
    ("before", "host", "address"),
    [
        (b"example.org:443 2001:db8::1 - -", b"example.org:443", b"2001:db8::1"),
        (b"example.org:80 203.0.113.9 - jo", b"example.org:80", b"203.0.113.9"),
        (b"2001:db8::1 - -", b"", b"2001:db8::1"),
        (b"203.0.113.9 - John Doe", b"", b"203.0.113.9"),
        (b"203.0.113.9 - x [01/Jan/2000:00:00:00 +0000]", b"", b"203.0.113.9"),
        (b'203.0.113.9 - a\\"b', b"", b"203.0.113.9"),
        (b"203.0.113.9 ident jo", b"", b"203.0.113.9"),
        (b"203.0.113.9, 10.0.0.1 - -", b"", b"203.0.113.9,10.0.0.1"),
        (b"203.0.113.9, 10.0.0.1, 10.0.0.2 - jo", b"", b"203.0.113.9,10.0.0.1,10.0.0.2"),
        (b"example.org 203.0.113.9, 10.0.0.1 - -", b"example.org", b"203.0.113.9,10.0.0.1"),
        (b"host.example.net - -", b"", b"host.example.net"),
        (b"example.org:80 host.example.net - -", b"example.org:80", b"host.example.net"),
    ],
)
def test_what_stands_before_the_time(before: bytes, host: bytes, address: bytes) -> None:
    found = hit(before + b" " + TIME + b' "GET / HTTP/1.1" 200 5 "-" "VLC"')
    assert (found.host, found.address, found.at, found.agent) == (host, address, AT, b"VLC")


def test_a_dash_means_nothing() -> None:
    found = hit(b"203.0.113.9 - - " + TIME + b' "GET / HTTP/1.1" 304 - "-" "-"')
    assert (found.size, found.agent) == (0, b"")


def test_the_common_format_does_not_say_who_asked() -> None:
    assert hit(b"203.0.113.9 - - " + TIME + b' "GET / HTTP/1.1" 200 5').agent is None


@given(st.binary(max_size=40), st.binary(min_size=1, max_size=40), st.sampled_from([nginx, apache]))
def test_whatever_was_sent_is_read_back(referer: bytes, agent: bytes, escape: object) -> None:
    """Also where the referer was made to look like the end of the line."""
    assert callable(escape)
    for prefix in (b"", b'x" "Googlebot', b"\\"):
        line = (
            b"203.0.113.9 - - " + TIME + b' "GET /a.mp3 HTTP/1.1" 200 5 "'
            + escape(prefix + referer) + b'" "' + escape(agent) + b'"'
        )  # fmt: skip
        assert hit(line).agent == (b"" if agent == b"-" else agent)


@given(st.binary(min_size=1, max_size=40), st.sampled_from([nginx, apache]))
def test_whatever_was_asked_for_is_read_back(target: bytes, escape: object) -> None:
    assert callable(escape)
    line = b"::1 - - " + TIME + b' "GET /' + escape(target) + b' HTTP/1.1" 404 5 "-" "VLC"'
    assert hit(line).target == b"/" + target


@pytest.mark.parametrize(
    "request_line",
    [b"", b"-", b"\\x16\\x03\\x01\\x02", b"SSH-2.0-Go", b"\\n", b"MGLNDD_203.0.113.9_80", b"GET"],
)
def test_a_connection_without_a_request(request_line: bytes) -> None:
    line = b"203.0.113.9 - - " + TIME + b' "' + request_line + b'" 400 150 "-" "-"'
    assert clf.parse(line) == NoRequest(AT)


@pytest.mark.parametrize(
    ("request_line", "asked"),
    [
        (b"GET /a b.mp3 HTTP/1.1", (b"GET", b"/a b.mp3")),
        (b"get / HTTP/1.0", (b"get", b"/")),
        (b"GET /old", (b"GET", b"/old")),
        (b"PROPFIND /dav HTTP/1.1", (b"PROPFIND", b"/dav")),
        (b"CONNECT a.example:443 HTTP/1.1", (b"CONNECT", b"a.example:443")),
        (b"GET http://e.org/a.mp3 HTTP/1.1", (b"GET", b"http://e.org/a.mp3")),
    ],
)
def test_odd_requests_are_requests(request_line: bytes, asked: tuple[bytes, bytes]) -> None:
    found = hit(b"203.0.113.9 - - " + TIME + b' "' + request_line + b'" 400 150 "-" "-"')
    assert (found.method, found.target) == asked


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"hello", "no quoted request"),
        (b"somebody: " + TIME + b' "GET / HTTP/1.1" 200 5', "does not begin with an address"),
        (b'203.0.113.9 - - "GET / HTTP/1.1" 200 5', "no [time]"),
        (b"203.0.113.9 - - " + TIME + b' "GET / HTTP/1.1"', "no status and size"),
        (b"203.0.113.9 - - " + TIME + b' "GET / HTTP/1.1" 200 5 "-" "Mozil', "does not end"),
        (b'::1 - - [99/Nov/2026:11:15:27 +0000] "GET / HTTP/1.1" 200 5 "-" "-"', "is no time"),
        (b'::1 - - [23/Now/2026:11:15:27 +0000] "GET / HTTP/1.1" 200 5 "-" "-"', "is no time"),
        (b'::1 - - [23/Nov/2026:11:99:27 +0000] "GET / HTTP/1.1" 200 5 "-" "-"', "is no time"),
    ],
)
def test_what_cannot_be_read_says_why(line: bytes, why: str) -> None:
    found = clf.parse(line)
    assert isinstance(found, Unreadable)
    assert why in found.why


@given(st.binary(max_size=200))
def test_nothing_fails(line: bytes) -> None:
    clf.parse(line)
    clf.parse(b"::1 - - " + TIME + b' "' + line)
    clf.parse(b"::1 - - [" + line + b'] "GET / HTTP/1.1" 200 5 "-" "-"')


def test_times_are_read_with_their_zone() -> None:
    def at(text: bytes) -> float:
        return hit(b"::1 - - [" + text + b'] "GET / HTTP/1.1" 200 5 "-" "-"').at

    assert at(b"23/Nov/2026:12:15:27 +0100") == at(b"23/Nov/2026:05:45:27 -0530") == AT
    assert at(b"25/Oct/2026:02:30:00 +0100") - at(b"25/Oct/2026:02:30:00 +0200") == 3600
