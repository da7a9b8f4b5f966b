"""What is done to requests that pass, and to a response that must not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from mitmproxy import connection, http

from flows import answered, flow, mitmproxy_with
from making import GPTBOT_CLIENT, REFUSED, asks
from stagedoor.config.stance import Artist
from stagedoor.fronts.addresses import networks
from stagedoor.fronts.mitmproxy.addon import Guard
from stagedoor.fronts.mitmproxy.answers_given import as_response
from stagedoor.fronts.mitmproxy.forwarding import (
    forward,
    replace_response,
    site_host,
    unreachable,
)
from stagedoor.fronts.mitmproxy.upstreams import is_local
from stagedoor.fronts.refusals import refuse
from stagedoor.model.facts import Resource

LOOPBACK = networks(["127.0.0.1"])


def passed(found: http.HTTPFlow, *, keep_host: bool = True) -> http.Headers:
    """The request's headers as the site gets them."""
    forward(found, LOOPBACK, keep_host=keep_host)
    return found.request.headers


def test_the_site_is_told_who_asks() -> None:
    headers = passed(flow())
    assert headers["X-Forwarded-For"] == "198.51.100.7"
    assert headers["X-Forwarded-Proto"] == "http"
    assert headers["X-Forwarded-Host"] == "music.example"


def test_a_visitor_cannot_pretend_to_come_from_elsewhere() -> None:
    pretended = {
        "X-Forwarded-For": "127.0.0.1",
        "x-forwarded-proto": "https",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "for=127.0.0.1",
        "X-Real-IP": "127.0.0.1",
    }
    headers = passed(flow(headers=pretended))
    assert headers.get_all("X-Forwarded-For") == ["198.51.100.7"]
    assert headers.get_all("X-Forwarded-Proto") == ["http"]
    assert headers.get_all("X-Forwarded-Host") == ["music.example"]
    assert "Forwarded" not in headers
    assert headers.get_all("X-Real-IP") == ["198.51.100.7"]


@pytest.mark.parametrize(
    "name", ["X_Forwarded_For", "x_real-IP", "X_FORWARDED_HOST", "X-Original-URL", "X_Rewrite_URL"]
)
def test_nor_by_another_spelling_or_to_ask_for_another_path(name: str) -> None:
    assert name in flow(headers={name: "/music/a.mp3"}).request.headers
    assert name not in passed(flow(headers={name: "/music/a.mp3"}))


@pytest.mark.parametrize(
    "name",
    [
        "Remote-User", "X-Remote-User", "remote_user", "X-WebAuth-User", "X-Forwarded-User",
        "X-Auth-Request-Email", "Tailscale-User-Login", "X-SSL-Client-Verify", "Client-Cert",
        "X-Script-Name", "X-Forwarded-Prefix",
    ],
)  # fmt: skip
def test_only_a_trusted_proxy_says_who_has_logged_in_and_where_the_site_is(name: str) -> None:
    """A site that takes Remote-User from the guard's address would let in anybody as anybody."""
    assert name not in passed(flow(headers={name: "admin"}))
    assert passed(flow(headers={name: "admin"}, peer="127.0.0.1"))[name] == "admin"


@pytest.mark.parametrize(
    "name",
    [
        "X-Sendfile-Type", "X-Accel-Mapping", "X-Accel-Redirect", "X-WAWS-Unencoded-URL",
        "X-Envoy-Original-Path", "X-Host", "X-Original-Host", "X-Forwarded", "X.Original.URL",
        "X-HTTP-Host-Override", "X~Rewrite~URL",
    ],
)  # fmt: skip
@pytest.mark.parametrize("peer", ["198.51.100.7", "127.0.0.1"])
def test_no_path_or_host_is_renamed_by_other_words(name: str, peer: str) -> None:
    assert name not in passed(flow(headers={name: "/music/a.mp3"}, peer=peer))


@pytest.mark.parametrize(
    "name",
    ["True-Client-IP", "X-Client-IP", "X-Cluster-Client-IP", "Fastly-Client-IP", "X.Client.IP",
     "WL-Proxy-Client-IP", "X-Original-Forwarded-For", "X_Real_Client_IP", "Remote-Addr"],
)  # fmt: skip
def test_no_other_word_for_an_address_reaches_the_site(name: str) -> None:
    assert name not in passed(flow(headers={name: "127.0.0.1"}))


def test_a_trusted_proxys_words_are_passed_on_and_itself_is_added() -> None:
    said = {
        "X-Forwarded-For": "198.51.100.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "band.example",
        "Forwarded": "for=198.51.100.7",
    }
    headers = passed(flow(peer="127.0.0.1", headers=said))
    assert headers["X-Forwarded-For"] == "198.51.100.7, 127.0.0.1"
    assert (headers["X-Forwarded-Proto"], headers["X-Forwarded-Host"]) == ("https", "band.example")
    assert "Forwarded" not in headers
    assert headers.get_all("X-Real-IP") == ["198.51.100.7"]


@pytest.mark.parametrize(
    "name",
    ["X-Original-URL", "X_Rewrite_URL", "x-original-uri", "X-Forwarded-Uri", "X-Override-URL"],
)
@pytest.mark.parametrize("peer", ["127.0.0.1", "198.51.100.7"])
def test_nobody_names_another_path(name: str, peer: str) -> None:
    headers = passed(flow(peer=peer, headers={name: "/music/a.mp3"}))
    assert name not in headers


@pytest.mark.parametrize(
    "name",
    ["X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "X-Cluster-Client-IP"],
)
def test_behind_a_trusted_proxy_the_visitors_own_words_become_the_guards(name: str) -> None:
    said = {"X-Forwarded-For": "6.6.6.6, 203.0.113.5", name: "6.6.6.6"}
    headers = passed(flow(peer="127.0.0.1", headers=said))
    assert headers.get_all("X-Forwarded-For") == ["203.0.113.5, 127.0.0.1"]
    assert headers.get_all(name) == ["203.0.113.5"]
    headers = passed(flow(peer="198.51.100.7", headers=said))
    assert headers.get_all(name) == (["198.51.100.7"] if name == "X-Real-IP" else [])


def test_of_a_trusted_proxys_words_about_the_place_the_last_counts() -> None:
    said = {
        "X-Forwarded-For": "203.0.113.5",
        "X-Forwarded-Host": "evil.example, band.example",
        "X-Forwarded-Proto": "gopher",
        "X-Forwarded-Port": "1",
        "X-Forwarded-Prefix": "/music",
    }
    headers = passed(flow(peer="127.0.0.1", headers=said))
    assert headers["X-Forwarded-Host"] == "band.example"
    assert headers["X-Forwarded-Proto"] == "http"
    assert "X-Forwarded-Port" not in headers
    assert headers["X-Forwarded-Prefix"] == "/music"
    assert "X-Forwarded-Prefix" not in passed(flow(headers=said))


def test_who_asks_may_stand_in_forwarded() -> None:
    headers = passed(flow(peer="127.0.0.1", headers={"Forwarded": "for=203.0.113.5"}))
    assert headers["X-Forwarded-For"] == "203.0.113.5, 127.0.0.1"
    assert headers["X-Real-IP"] == "203.0.113.5"


@pytest.mark.parametrize(
    ("says", "left"),
    [
        ("X-Forwarded-For", []),
        ("close, X-Real-IP, X-Forwarded-Host", ["close"]),
        ("Keep-Alive, TE", ["keep-alive"]),
        ("Content-Length, Host, Upgrade", []),
        ("Close", ["close"]),
    ],
)
def test_what_a_visitor_calls_hop_by_hop_takes_nothing_of_ours(says: str, left: list[str]) -> None:
    said = {"Connection": says, "TE": "trailers", "Content-Length": "3", "X-Mine": "1"}
    headers = passed(flow(method="POST", headers=said))
    assert headers.get_all("Connection") == left
    assert headers["X-Forwarded-For"] == headers["X-Real-IP"] == "198.51.100.7"
    assert headers["X-Forwarded-Host"] == headers["Host"] == "music.example"
    assert headers["Content-Length"] == "3"
    assert "TE" not in headers


def test_what_is_for_the_next_hop_alone_goes_no_further() -> None:
    said = {"Connection": "X-Mine", "X-Mine": "1", "Keep-Alive": "timeout=5", "Trailer": "X"}
    assert not {"X-Mine", "Keep-Alive", "Trailer", "Connection"} & set(passed(flow(headers=said)))


@pytest.mark.parametrize("method", ["GET", "HEAD", "TRACE"])
def test_a_body_that_means_nothing_is_not_announced(method: str) -> None:
    headers = passed(flow(method=method, headers={"Content-Length": "50"}))
    assert "Content-Length" not in headers
    headers = passed(flow(method=method, headers={"Transfer-Encoding": "chunked"}))
    assert "Transfer-Encoding" not in headers


def test_a_trusted_proxy_that_says_nothing_is_completed() -> None:
    headers = passed(flow(peer="127.0.0.1"))
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Host"] == "music.example"


def test_an_encrypted_visit_is_told_as_one() -> None:
    found = flow()
    found.client_conn.tls = True
    assert passed(found)["X-Forwarded-Proto"] == "https"


def test_a_body_is_passed_on_as_it_comes() -> None:
    found = flow(method="PUT", content=b"x" * 100)
    passed(found)
    assert found.request.stream is True


@pytest.mark.parametrize("upgrade", ["h2c", "TLS/1.0", "websocket, h2c"])
def test_an_upgrade_to_what_the_guard_cannot_read_is_taken_out(upgrade: str) -> None:
    headers = passed(
        flow(
            headers={
                "Connection": "Upgrade, HTTP2-Settings",
                "Upgrade": upgrade,
                "HTTP2-Settings": "x",
            }
        )
    )
    assert not {"upgrade", "connection", "http2-settings"} & {name.lower() for name in headers}


@pytest.mark.parametrize("upgrade", ["websocket", "WebSocket"])
def test_an_upgrade_to_a_websocket_is_left_alone(upgrade: str) -> None:
    headers = passed(flow(headers={"Connection": "Upgrade", "Upgrade": upgrade}))
    assert (headers["Connection"], headers["Upgrade"]) == ("Upgrade", upgrade)


def test_the_visitors_host_is_kept_or_replaced_by_the_sites() -> None:
    assert passed(flow())["Host"] == "music.example"
    headers = passed(flow(), keep_host=False)
    assert headers["Host"] == "localhost:8000"
    assert headers["X-Forwarded-Host"] == "music.example"


@pytest.mark.parametrize(
    ("scheme", "port", "host"),
    [
        ("http", 80, "localhost"),
        ("https", 443, "localhost"),
        ("http", 443, "localhost:443"),
        ("https", 8443, "localhost:8443"),
    ],
)
def test_a_usual_port_is_not_written(scheme: str, port: int, host: str) -> None:
    found = flow()
    found.request.scheme, found.request.port = scheme, port
    assert site_host(found) == host


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "::1",
        "192.168.1.10",
        "10.0.0.1",
        "172.17.0.2",
        "[::1]",
        "fd00::1",
        "::ffff:127.0.0.1",
    ],
)
def test_a_machine_beside_this_one_is_local(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize(
    "host", ["music.example", "8.8.8.8", "2606:4700::1", "", "localhost.example", "10.example"]
)
def test_anything_else_is_elsewhere(host: str) -> None:
    assert not is_local(host)


def test_a_site_that_does_not_answer_is_told_with_its_address_and_a_question() -> None:
    server = connection.Server(address=("localhost", 8000))
    server.error = "[Errno 111] Connect call failed ('127.0.0.1', 8000)"
    assert unreachable(server) == (
        "the site at localhost:8000 does not answer (connection refused): visitors get 502 Bad Gateway — "
        "is it running, and is this its address?"
    )
    server.error = None
    assert "no connection" in unreachable(server)
    assert "the site at the site" in unreachable(connection.Server(address=None))


def replaced(found: http.HTTPFlow, chunks: Iterable[bytes]) -> bytes:
    """What goes out where a refusal has taken a response's place and the site sends `chunks`."""

    async def run() -> bytes:
        request = asks(method=found.request.method)
        refusal = refuse(request, GPTBOT_CLIENT, Resource("audio", "/"), REFUSED, Artist())
        replace_response(found, as_response(refusal))
        assert found.response is not None
        stream = found.response.stream
        assert callable(stream)
        parts = [stream(chunk) for chunk in [*chunks, b""]]
        await asyncio.sleep(0)  # the site is hung up on now
        return b"".join(
            part for some in parts for part in ([some] if isinstance(some, bytes) else some)
        )

    with mitmproxy_with(Guard()):
        return asyncio.run(run())


def test_nothing_of_a_refused_body_goes_out() -> None:
    found = flow()
    response = answered(
        found, "audio/mpeg", content_length="999999", etag='"x"', accept_ranges="bytes"
    )
    body = replaced(found, [b"ID3" * 1000, b"more", b"and more"])
    assert b"ID3" not in body
    assert body.startswith(b"This recording is not for automated visitors")
    assert response.status_code == 403
    assert response.reason == "Forbidden"
    assert response.headers["Content-Length"] == str(len(body))
    assert response.headers["Connection"] == "close"
    assert "etag" not in response.headers
    assert "accept-ranges" not in response.headers


def test_a_body_that_never_comes_is_replaced_as_well() -> None:
    found = flow()
    answered(found, "audio/mpeg")
    assert replaced(found, []).startswith(b"This recording")


@pytest.mark.parametrize(
    ("method", "status", "length"),
    [("HEAD", 200, "999"), ("GET", 304, ""), ("GET", 204, ""), ("GET", 200, "0")],
)
def test_where_no_body_is_expected_none_is_sent(method: str, status: int, length: str) -> None:
    found = flow(method=method)
    response = answered(found, "audio/mpeg", status, content_length=length)
    body = replaced(found, [])
    assert body == b""
    assert response.status_code == 403
    if method != "HEAD":
        assert response.headers["Content-Length"] == "0"


def test_other_requests_on_a_shared_connection_are_not_cut_off() -> None:
    found = flow()
    found.client_conn.alpn = b"h2"
    response = answered(found, "audio/mpeg")
    replaced(found, [b"x"])
    assert "Connection" not in response.headers
