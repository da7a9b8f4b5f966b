"""Header fields are found as mitmproxy finds them: both are asked the same."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.net.http import validate
from mitmproxy.proxy.layers import http as http_layers

from stagedoor.fronts.mitmproxy import header_lookup
from stagedoor.fronts.mitmproxy.replacing import install

HEADS: tuple[tuple[tuple[bytes, bytes], ...], ...] = (
    (),
    ((b"Host", b"a.example"),),
    ((b"Accept", b"a"), (b"X", b""), (b"ACCEPT", b"b"), (b"accept-x", b"c")),
    ((b"X-Name", "Müller".encode()), (b"x-name", b"\xff\xc3"), (b"\xff", b"1")),
    ((b"Content-Length", b"12"), (b"content-type", b"audio/mpeg")),
)
layers: Any = http_layers
NAMES = (
    "Host",
    b"host",
    "accept",
    "X",
    "x-name",
    b"X-NAME",
    "\udcff",
    "content-length",
    "none",
    "",
)


@pytest.fixture
def installed() -> Iterator[None]:
    undo = install(header_lookup.replacements())
    yield
    undo()


def looked_up(fields: tuple[tuple[bytes, bytes], ...]) -> list[Any]:
    headers = http.Headers(fields)
    found: list[Any] = [headers.fields, bytes(headers)]
    for name in NAMES:
        found += [name in headers, headers.get(name), headers.get(name, 7), headers.get_all(name)]
        try:
            found.append(headers[name])
        except KeyError as error:
            found.append(error.args)
    return found


@pytest.mark.parametrize("fields", HEADS)
def test_what_is_found_is_the_same(fields: tuple[tuple[bytes, bytes], ...]) -> None:
    expected = looked_up(fields)
    undo = install(header_lookup.replacements())
    try:
        assert "get" in vars(http.Headers)
        assert looked_up(fields) == expected
    finally:
        undo()
    assert "get" not in vars(http.Headers)
    assert looked_up(fields) == expected


@pytest.mark.usefixtures("installed")
def test_headers_are_made_and_changed_as_before() -> None:
    pairs: Any = [[b"Host", b"a"]]
    headers = http.Headers(pairs, content_type="x/y")
    assert headers.fields == ((b"Host", b"a"), (b"content-type", b"x/y"))
    headers["HOST"] = "b"
    del headers["content-type"]
    assert list(headers.fields) == [(b"Host", b"b")]
    assert headers.pop("host") == "b"
    assert headers.pop("host", None) is None
    assert headers.setdefault("a", "1") == "1"
    for wrong in ([("a", b"b")], [(b"a", "b")]):
        with pytest.raises(TypeError, match="must be bytes"):
            http.Headers(wrong)  # type: ignore[arg-type]
    looks: tuple[Any, ...] = (headers.get, headers.get_all, headers.__contains__)
    for look in (*looks, headers.__getitem__):
        with pytest.raises(TypeError, match="Expected str or bytes"):
            look(1)


SOUND: tuple[tuple[tuple[bytes, bytes], ...], ...] = (
    *HEADS[:3],
    HEADS[4],
    ((b"Transfer-Encoding", b"chunked"),),
    ((b"transfer-encoding", b"gzip, chunked"),),
)
UNSOUND: tuple[tuple[tuple[bytes, bytes], ...], ...] = (
    ((b"a b", b""),),
    ((b"Host ", b"x"),),
    ((b"\xff", b"x"),),
    ((b"", b"x"),),
    ((b"Content-Length", b"12, 12"),),
    ((b"Content-Length", b"+1"),),
    ((b"content-length", b"1"), (b"Content-Length", b"1")),
    ((b"Content-Length", b"1"), (b"Transfer-Encoding", b"chunked")),
    ((b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"1")),
    ((b"Transfer-Encoding", b"chunked"), (b"Transfer-Encoding", b"chunked")),
    ((b"Transfer-Encoding", b"xchunked"),),
    ((b"Transfer-Encoding", b"gzip"),),
)


def outcome(check: Callable[[http.Message], None], fields: tuple[tuple[bytes, bytes], ...]) -> str:
    request = http.Request.make("GET", "http://a.example/")
    request.headers.fields = fields
    try:
        check(request)
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("fields", SOUND + UNSOUND)
def test_what_is_valid_is_the_same(fields: tuple[tuple[bytes, bytes], ...]) -> None:
    for _ in range(2):  # once it is new, once it is known
        found = outcome(layers.validate_headers, fields)
        assert found == outcome(validate.validate_headers, fields)
        assert bool(found) == (fields in UNSOUND)


@pytest.mark.usefixtures("installed")
def test_any_number_of_names_can_be_tried() -> None:
    known = inspect.getclosurevars(layers.validate_headers).nonlocals["known"]
    for number in range(3 * header_lookup.MOST_NAMES):
        assert not outcome(layers.validate_headers, ((b"x-%d" % number, b""),))
        assert not outcome(layers.validate_headers, ((b"x-%d-" % number + b"y" * 64, b""),))
        assert len(known) <= header_lookup.MOST_NAMES
    assert max(map(len, known)) <= header_lookup.MOST_BYTES
