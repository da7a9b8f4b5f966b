"""JSON lines of Caddy and nginx. The Caddy line was written by Caddy 2.6.2, shortened."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.fronts.replay import jsonlines
from stagedoor.fronts.replay.log_records import Hit, NoRequest, Unreadable

CADDY = {
    "level": "info",
    "ts": 1795432527.5,
    "logger": "http.log.access.log0",
    "msg": "handled request",
    "request": {
        "remote_ip": "203.0.113.9",
        "remote_port": "41342",
        "proto": "HTTP/1.1",
        "method": "GET",
        "host": "example.org:8080",
        "uri": "/live?x=1",
        "headers": {"User-Agent": ["VLC/3.0.21"], "Accept": ["*/*"]},
    },
    "user_id": "",
    "duration": 0.0009,
    "size": 10900,
    "status": 200,
    "resp_headers": {"Content-Type": ["audio/mpeg"]},
}


def read(value: object) -> object:
    return jsonlines.parse(orjson.dumps(value))


def test_caddy() -> None:
    assert read(CADDY) == (
        *(1795432527.5, b"203.0.113.9", b"GET", b"example.org:8080", b"/live?x=1"),
        *(200, 10900, b"VLC/3.0.21", "audio/mpeg"),
    )


def test_caddy_without_headers_is_somebody_nameless() -> None:
    found = read({**CADDY, "request": {"method": "GET", "uri": "/", "host": ""}})
    assert isinstance(found, Hit)
    assert found.agent == b""


@pytest.mark.parametrize(
    "line",
    [
        {"remote_addr": "::1", "time_iso8601": "2026-11-23T12:15:27+01:00", "request_method": "GET",
         "request_uri": "/a.mp3", "status": "206", "body_bytes_sent": "77", "http_user_agent": "VLC"},
        {"ip": "::1", "time_local": "23/Nov/2026:11:15:27 +0000", "request": "GET /a.mp3 HTTP/1.1",
         "status": 206, "bytes": 77, "ua": "VLC"},
        {"client_ip": "::1", "msec": "1795432527.000", "method": "GET", "uri": "/a.mp3",
         "status": 206, "size": 77, "user_agent": "VLC"},
    ],
)  # fmt: skip
def test_nginx_under_the_usual_names(line: dict[str, object]) -> None:
    assert read(line) == (1795432527.0, b"::1", b"GET", b"", b"/a.mp3", 206, 77, b"VLC", "")


@pytest.mark.parametrize(
    "line",
    [{"request": "", "status": 400}, {"method": "", "uri": "", "status": 400},
     {"request": "\u0016\u0003\u0001", "status": 400}],
)  # fmt: skip
def test_a_connection_without_a_request(line: dict[str, object]) -> None:
    assert isinstance(read(line), NoRequest)


def test_without_a_field_for_the_agent_nobody_knows_who_asked() -> None:
    found = read({"request": "GET / HTTP/1.1", "status": 200})
    assert isinstance(found, Hit)
    assert found.agent is None


def test_bytes_that_are_not_utf8() -> None:
    """nginx passes them on, also with escape=json."""
    found = jsonlines.parse(
        b'{"request":"GET /caf\xe9 HTTP/1.1","status":200,"ua":"caf\xe9 \xc3\xa9"}'
    )
    assert isinstance(found, Hit)
    assert (found.target, found.agent) == (b"/caf\xe9", b"caf\xe9 \xc3\xa9")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "it is no JSON"),
        (b'{"ua": "\\x22"}', "escape=json"),
        (b"7", "no object"),
        (b'{"request": "GET / HTTP/1.1"}', "no status"),
        (b'{"status": 200}', "no request"),
        (b'{"request": {"method": "GET", "uri": "/"}}', "no status"),
        (b'{"request": {"method": 7, "uri": "/"}, "status": 200}', "should be a text"),
        (b'{"request": {"uri": "/"}, "status": 200}', "method"),
        (b'{"request": "GET / HTTP/1.1", "status": 200, "time": "soon"}', "no time"),
    ],
)
def test_what_cannot_be_read_says_why(line: bytes, why: str) -> None:
    found = jsonlines.parse(line)
    assert isinstance(found, Unreadable)
    assert why in found.why


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["request", "status", "uri", "method", "time", "ua", "headers", "size", "ts",
                         "User-Agent", "resp_headers", "host"]),
        inner,
        max_size=6,
    ),
    max_leaves=12,
)  # fmt: skip


@given(_VALUES)
def test_nothing_fails(value: object) -> None:
    read(value)
