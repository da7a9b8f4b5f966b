"""Flow → Request: read once, and no byte of it can fail."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import http

from flows import flow
from making import GPTBOT
from stagedoor.fronts.addresses import networks
from stagedoor.fronts.mitmproxy.flow_request import read

LOOPBACK = networks(["127.0.0.1"])


def test_what_a_decision_needs_is_read() -> None:
    found = read(
        flow("//music/./a.MP3?u=me&p=secret", GPTBOT, "get", headers={"Accept": "*/*"}), ()
    )
    assert (found.method, found.host, found.agent) == ("GET", "music.example", GPTBOT)
    assert (found.path, found.target) == ("/music/a.mp3", "//music/./a.MP3?u=me&p=secret")
    assert found.address == "198.51.100.7"
    assert found.header("accept") == "*/*"


def test_headers_keep_order_and_spelling() -> None:
    headers = {"Sec-Fetch-Dest": "audio", "aCCEPT": "x", "Range": "bytes=0-"}
    assert [name for name, _ in read(flow(headers=headers), ()).headers] == ["Host", *headers]


def test_whoever_sends_no_user_agent_has_none() -> None:
    assert read(flow(), ()).agent == ""


def test_of_two_user_agents_the_first_counts() -> None:
    found = flow()
    found.request.headers.fields = ((b"user-agent", b"One"), (b"User-Agent", b"Two"))
    assert read(found, ()).agent == "One"


def test_the_host_of_http_2_is_its_authority() -> None:
    found = flow()
    found.request.data.authority = b"Music.Example:443"
    assert read(found, ()).host == "music.example"


def test_several_header_lines_about_the_address_are_one_list() -> None:
    found = flow(peer="127.0.0.1")
    found.request.headers.fields = (
        (b"X-Forwarded-For", b"6.6.6.6"),
        (b"x-forwarded-for", b"198.51.100.7, 127.0.0.1"),
    )
    assert read(found, LOOPBACK).address == "198.51.100.7"
    assert read(found, ()).address == "127.0.0.1"


def test_forwarded_is_read_too() -> None:
    found = flow(peer="127.0.0.1", headers={"Forwarded": 'for="[2001:db8::7]:443";proto=https'})
    assert read(found, LOOPBACK).address == "2001:db8::7"


def test_a_client_without_an_address_has_none() -> None:
    found = flow()
    found.client_conn.peername = None  # type: ignore[assignment]
    assert read(found, LOOPBACK).address == ""


def test_bytes_beyond_ascii_are_one_character_each() -> None:
    found = flow("/\xff\xfe", "Caf\xe9")
    assert read(found, ()).agent == "Caf\xe9"
    assert read(found, ()).path == "/\ufffd\ufffd"


@given(
    st.binary(), st.binary(), st.binary(), st.lists(st.tuples(st.binary(), st.binary()), max_size=4)
)
def test_no_bytes_raise(
    method: bytes, path: bytes, authority: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    found = flow(peer="127.0.0.1")
    data = found.request.data
    data.method, data.path, data.authority = method, path, authority
    data.headers = http.Headers(
        [*headers, (b"User-Agent", path), (b"X-Forwarded-For", path), (b"Forwarded", path)]
    )
    assert read(found, LOOPBACK).path.startswith("/")
