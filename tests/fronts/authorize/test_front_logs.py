"""Lines of the five fronts, as they were written by the real ones (Traefik's and Envoy's: as documented)."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.fronts.addresses import networks
from stagedoor.fronts.authorize.front_logs import BY_MAP, KEPT, MOST, MOST_LINE, SentResponse, read

TRUSTED = networks(["127.0.0.0/8"])

NGINX = (
    b'<190>Nov 29 14:00:00 stagedoor: {"stagedoor":1,"client":"198.51.100.7",'
    b'"chain":"127.0.0.1","method":"GET","host":"Music.example","target":"/m/\\"a\\".mp3?x",'
    b'"agent":"caf\xc3\xa9/1","status":"206","sent":"1000","seconds":"0.250",'
    b'"type":"audio/mpeg","length":"1000","range":"bytes 1000-1999/160557","coding":"",'
    b'"verdict":"MISS"}'
)
TABBED = (
    b"<190>Nov 29 14:00:00 stagedoor: stagedoor2\t198.51.100.7\t127.0.0.1\tGET\tMusic.example\t"
    b"/m/\\x22a\\x22.mp3?x\tcaf\\xC3\\xA9/1\t206\t1000\t0.250\taudio/mpeg\t1000\t"
    b"bytes 1000-1999/160557\t-\tMISS\t-"
)
HAPROXY = (
    b'{"stagedoor":1,"client":"-","chain":"198.51.100.7, 127.0.0.1","method":"GET",'
    b'"host":"127.0.0.1:8088","target":"\\/music\\/tone.mp3","agent":"VLC\\/3","status":"200",'
    b'"sent":"160742","head":"288","seconds":"19","unit":"ms","type":"audio\\/mpeg",'
    b'"length":"160557","range":"-","coding":"-","verdict":"-"}\n'
)
CADDY = json.dumps(
    {
        "level": "info",
        "logger": "http.log.access.log0",
        "msg": "handled request",
        "request": {
            "remote_ip": "127.0.0.1",
            "remote_port": "1",
            "proto": "HTTP/1.1",
            "method": "GET",
            "host": "127.0.0.1:8088",
            "uri": "/music/tone.mp3",
            "headers": {"User-Agent": ["VLC/3"], "X-Forwarded-For": ["6.6.6.6"]},
        },
        "user_id": "",
        "duration": 0.0125,
        "size": 10,
        "status": 206,
        "resp_headers": {
            "Content-Type": ["audio/mpeg"],
            "Content-Range": ["bytes 0-9/100"],
            "Content-Length": ["10"],
            "X-Stagedoor-Client": ["198.51.100.7"],
        },
    }
).encode()
TRAEFIK = json.dumps(
    {
        "ClientHost": "127.0.0.1",
        "DownstreamContentSize": 10,
        "DownstreamStatus": 200,
        "Duration": 12500000,
        "RequestHost": "music.example",
        "RequestMethod": "GET",
        "RequestPath": "/music/tone.mp3",
        "request_User-Agent": "VLC/3",
        "request_X-Stagedoor-Client": "198.51.100.7",
        "downstream_Content-Type": "audio/mpeg",
        "downstream_Content-Length": "10",
    }
).encode()
ENVOY = json.dumps(
    {
        "stagedoor": "1",
        "client": "198.51.100.7",
        "chain": "127.0.0.1",
        "method": "GET",
        "host": "music.example",
        "target": "/music/tone.mp3",
        "agent": "VLC/3",
        "status": 200,
        "sent": 10,
        "seconds": 12,
        "unit": "ms",
        "type": "audio/mpeg",
        "length": "10",
        "range": None,
        "coding": None,
        "verdict": None,
    }
).encode()


def test_nginx() -> None:
    assert read(NGINX, TRUSTED) == SentResponse(
        address="198.51.100.7",
        method="GET",
        host="music.example",
        target='/m/"a".mp3?x',
        agent="caf\xc3\xa9/1",  # one character a byte, as in the request
        status=206,
        size=1000,
        seconds=0.25,
        headers={
            "content-type": "audio/mpeg",
            "content-length": "1000",
            "content-range": "bytes 1000-1999/160557",
        },
    )


def test_nginx_with_tabs_says_the_same() -> None:
    assert read(TABBED, TRUSTED) == read(NGINX, TRUSTED)
    bare = TABBED[TABBED.index(b"stagedoor2") :] + b"\n"
    assert read(bare, TRUSTED) == read(NGINX, TRUSTED)
    nameless = read(
        TABBED.replace(b"caf\\xC3\\xA9/1", b"-")
        .replace(b"Music.example", b"-")
        .replace(b"198.51.100.7", b"-")
        .replace(b"MISS", b"HIT"),
        TRUSTED,
    )
    assert nameless is not None
    assert (nameless.agent, nameless.host, nameless.address) == ("", "", "127.0.0.1")
    assert nameless.verdict == KEPT
    for broken in (TABBED + b"\tmore", TABBED.replace(b"\t206\t", b"\tOK\t")):
        with pytest.raises(ValueError, match=r"fields|invalid"):
            read(broken, TRUSTED)
    assert read(TABBED + b"x" * MOST_LINE, TRUSTED) is None


def test_bytes_that_are_no_text() -> None:
    found = read(NGINX.replace(b"\xc3\xa9", b"\xe9"), TRUSTED)
    assert found is not None
    assert found.agent == "caf\xe9/1"


def test_haproxy_counts_heads_too() -> None:
    found = read(HAPROXY, TRUSTED)
    assert found is not None
    assert found.size == 160557
    assert found.seconds == 0.019
    assert found.address == "198.51.100.7"
    assert found.target == "/music/tone.mp3"
    assert found.headers == {"content-type": "audio/mpeg", "content-length": "160557"}
    without = read(HAPROXY.replace(b'"length":"160557"', b'"length":"-"'), TRUSTED)
    assert without is not None
    assert without.size == 160742 - 288
    broken_off = read(HAPROXY.replace(b'"sent":"160742"', b'"sent":"5000"'), TRUSTED)
    assert broken_off is not None
    assert broken_off.size == 5000


@pytest.mark.parametrize("line", [CADDY, TRAEFIK, ENVOY])
def test_the_others(line: bytes) -> None:
    found = read(line, TRUSTED)
    assert found is not None
    assert (found.address, found.method, found.target) == ("198.51.100.7", "GET", "/music/tone.mp3")
    assert (found.agent, found.size, found.announced()) == ("VLC/3", 10, 10)
    assert found.seconds == pytest.approx(0.0125, abs=0.001)
    assert found.headers["content-type"] == "audio/mpeg"


def test_caddy_without_our_header_names_its_own_peer() -> None:
    """A visitor writes X-Forwarded-For as he likes."""
    line = CADDY.replace(b"X-Stagedoor-Client", b"X-Other")
    found = read(line, TRUSTED)
    assert found is not None
    assert found.address == "127.0.0.1"
    newer = read(line.replace(b'"remote_ip"', b'"client_ip": "203.0.113.4", "remote_ip"'), TRUSTED)
    assert newer is not None
    assert newer.address == "203.0.113.4"


@pytest.mark.parametrize(
    ("word", "verdict"), [("map", BY_MAP), ("HIT", KEPT), ("STALE", KEPT), ("MISS", ""), ("-", "")]
)
def test_who_was_not_asked(word: str, verdict: str) -> None:
    found = read(NGINX.replace(b"MISS", word.encode()), TRUSTED)
    assert found is not None
    assert found.verdict == verdict
    assert BY_MAP == "map"


def test_what_is_no_line() -> None:
    for line in (b"", b"hello", b"[]", b'{"a": 1}', b"x" * 70_000, b"{" * 70_000):
        assert read(line, TRUSTED) is None


@given(
    st.binary(max_size=200),
    st.integers(0, len(NGINX)),
    st.sampled_from([NGINX, TABBED, CADDY, TRAEFIK]),
)
def test_any_damage_is_an_error_that_is_counted(junk: bytes, at: int, line: bytes) -> None:
    with contextlib.suppress(ValueError):
        read(line[:at] + junk + line[at:], TRUSTED)


def test_figures_are_bounded() -> None:
    for figure in (b"1e400", b"99999999999999999999999", b"-5", b"nan", b"x"):
        found = read(NGINX.replace(b'"sent":"1000"', b'"sent":"%s"' % figure), TRUSTED)
        assert found is not None
        assert 0 <= found.size <= MOST


def test_traefiks_own_refusals() -> None:
    """Nobody was asked, so the name in the visitor's own header is not believed."""
    line = TRAEFIK.replace(b'"ClientHost"', b'"RouterName": "stagedoor-refused@file", "ClientHost"')
    found = read(line, TRUSTED)
    assert found is not None
    assert (found.verdict, found.address) == (BY_MAP, "127.0.0.1")
