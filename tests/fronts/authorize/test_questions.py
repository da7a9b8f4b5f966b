"""What a front says of the request that it asks about."""

from __future__ import annotations

from stagedoor.fronts.addresses import networks
from stagedoor.fronts.authorize.questions import read

TRUSTED = networks(["127.0.0.1", "10.0.0.0/8"])
FIELDS = (
    (b"Host", b"counter:9470"),
    (b"Connection", b"keep-alive"),
    (b"X-Forwarded-Method", b"get"),
    (b"X-Forwarded-Uri", b"/Music/a%20b.mp3?x=1"),
    (b"X-Forwarded-Host", b"Music.Example:8443"),
    (b"X-Forwarded-Proto", b"https"),
    (b"X-Forwarded-For", b"203.0.113.9, 198.51.100.7"),
    (b"X-Forwarded-For", b"10.1.1.1"),
    (b"User-Agent", b" caf\xe9/1 "),
    (b"Content-Length", b"0"),
    (b"X-Stagedoor-Client", b"192.0.2.1"),
    (b"Accept", b"*/*"),
)


def test_by_headers() -> None:
    found = read(FIELDS, "127.0.0.1", TRUSTED)
    assert found is not None
    request = found.request
    assert (request.method, request.target) == ("GET", "/Music/a%20b.mp3?x=1")
    assert request.path == "/Music/a b.mp3"
    assert (request.host, found.authority, found.scheme) == (
        "music.example",
        "Music.Example:8443",
        "https",
    )
    assert request.agent == "café/1"
    assert request.address == "198.51.100.7"  # the last that is no proxy of ours
    assert [name for name, _ in request.headers] == [
        *("X-Forwarded-Proto", "X-Forwarded-For", "X-Forwarded-For", "User-Agent", "Accept")
    ]
    assert request.header("accept") == "*/*"


def test_a_stranger_is_its_own_address() -> None:
    found = read(FIELDS, "192.0.2.77", TRUSTED)
    assert found is not None
    assert found.request.address == "192.0.2.77"


def test_by_its_path_the_headers_are_the_visitors() -> None:
    """Envoy passes on what a visitor sends: these headers would name another request."""
    found = read(FIELDS, "127.0.0.1", TRUSTED, "HEAD", "/b.mp3")
    assert found is not None
    assert (found.request.method, found.request.target) == ("HEAD", "/b.mp3")
    assert found.request.host == "counter"


def test_without_a_request_there_is_no_question() -> None:
    for missing in (b"X-Forwarded-Method", b"X-Forwarded-Uri"):
        fields = [field for field in FIELDS if field[0] != missing]
        assert read(fields, "127.0.0.1", TRUSTED) is None


def test_the_first_of_two_counts_and_edges_are_believed() -> None:
    twice = (*FIELDS, (b"X-Forwarded-Uri", b"/robots.txt"), (b"User-Agent", b"other"))
    found = read(twice, "127.0.0.1", TRUSTED)
    assert found is not None
    assert found.request.target == "/Music/a%20b.mp3?x=1"
    assert found.request.agent == "café/1"


def test_credentials_are_seen() -> None:
    more = (*FIELDS, (b"Authorization", b"Basic dTpw"))
    found = read(more, "127.0.0.1", TRUSTED)
    assert found is not None
    assert found.request.credentials == "sent"
