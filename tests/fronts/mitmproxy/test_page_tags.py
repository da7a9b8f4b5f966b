"""Which responses are tagged, and what their headers say then."""

from __future__ import annotations

import gzip

import pytest
from mitmproxy import http

from flows import answered, flow
from pages import TAGS
from stagedoor.fronts.mitmproxy.page_tags import Tagging
from stagedoor.signals.html.insertion import Tags, meta

PAGE = b"<!doctype html><html><head><title>A</title></head><body>b</body></html>"
TAG = TAGS.text.encode()
TAGGED = PAGE.replace(b"<head>", b"<head>" + TAG)
MARK = TAGS.marker


class Door:
    """A tagging, and what it reported."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.tagging = Tagging(TAGS, self.told.append)

    def answer(
        self,
        asked: http.HTTPFlow,
        kind: str = "text/html; charset=utf-8",
        status: int = 200,
        **headers: str,
    ) -> http.Response:
        """Let a response come in, and be looked at."""
        response = answered(asked, kind, status, **headers)
        self.taken = self.tagging.leaving(asked)
        return response


def streamed(response: http.Response, body: bytes, size: int = 10) -> bytes:
    """A body through the response's stream, as mitmproxy does it."""
    assert callable(response.stream)
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    chunks: list[bytes] = []
    for part in [*parts, b""]:
        out = response.stream(part)
        assert isinstance(out, list)
        chunks += out
    assert b"" not in chunks, "it would end a chunked response"
    return b"".join(chunks)


def test_a_page_is_tagged() -> None:
    door, asked = Door(), flow()
    response = door.answer(
        asked, content_length=str(len(PAGE)), content_security_policy="default-src 'none'"
    )
    assert door.taken
    assert door.told == []
    assert streamed(response, PAGE) == TAGGED
    assert door.told == ["tagged"]
    assert "content-length" not in response.headers
    assert response.headers["transfer-encoding"] == "chunked"
    assert response.headers["content-security-policy"] == "default-src 'none'"


def test_a_compressed_page_is_tagged() -> None:
    door = Door()
    response = door.answer(
        flow(), content_encoding="GZIP", transfer_encoding="chunked", vary="Accept-Encoding"
    )
    assert gzip.decompress(streamed(response, gzip.compress(PAGE))) == TAGGED
    assert response.headers["content-encoding"] == "GZIP"
    assert response.headers["transfer-encoding"] == "chunked"
    assert response.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("text/html", True),
        ("TEXT/HTML ; charset=x", True),
        ("application/xhtml+xml", True),
        ("text/plain", False),
        ("audio/mpeg", False),
        ("multipart/x-mixed-replace; boundary=text/html", False),
        ("application/json", False),
        ("", False),
    ],
)
def test_only_pages_are_looked_into(kind: str, taken: bool) -> None:
    door = Door()
    response = door.answer(flow(), kind, content_length="9", etag='"a"', accept_ranges="bytes")
    assert door.taken is taken
    if not taken:
        assert response.headers["etag"] == '"a"'
        assert response.headers["content-length"] == "9"
        assert response.headers["accept-ranges"] == "bytes"
        assert not response.stream
        assert door.told == []


@pytest.mark.parametrize(
    ("left", "status", "fields"),
    [
        ("partial", 206, {"content_range": "bytes 0-1/2"}),
        ("status", 204, {}),
        ("status", 301, {}),
        ("status", 226, {}),
        ("empty", 200, {"content_length": "0"}),
        ("no-transform", 200, {"cache_control": "private, No-Transform"}),
        ("signed", 200, {"signature_input": 'a=("content-digest")'}),
        ("download", 200, {"content_disposition": 'attachment; filename="a.html"'}),
        ("coded", 200, {"content_encoding": "gzip, br"}),
        ("coded", 200, {"content_encoding": "dcz"}),
        ("coded", 200, {"transfer_encoding": "gzip, chunked"}),
    ],
)
def test_what_is_left_alone(left: str, status: int, fields: dict[str, str]) -> None:
    door, asked = Door(), flow()
    before = answered(flow(), "text/html", status, etag='"a"', **fields).headers.fields
    response = door.answer(asked, "text/html", status, etag='"a"', **fields)
    assert not door.taken
    assert door.told == [left]
    assert response.headers.fields == before
    assert not response.stream


@pytest.mark.parametrize(
    ("field", "value", "taken"),
    [
        ("Sec-Fetch-Dest", "document", True),
        ("Sec-Fetch-Dest", "iframe", True),
        ("Sec-Fetch-Dest", "empty", False),
        ("Sec-Fetch-Dest", "image", False),
        ("HX-Request", "true", False),
        ("X-Requested-With", "XMLHttpRequest", False),
        ("X-Requested-With", "com.android.browser", True),
    ],
)
def test_who_asks_for_a_part_of_a_page(field: str, value: str, taken: bool) -> None:
    door = Door()
    door.answer(flow(headers={field: value}))
    assert door.taken is taken
    assert door.told == ([] if taken else ["fragment"])


@pytest.mark.parametrize("status", [200, 203, 404, 410, 500, 503])
def test_error_pages_are_pages(status: int) -> None:
    door = Door()
    assert streamed(door.answer(flow(), status=status), PAGE) == TAGGED


def test_checksums_and_ranges_are_the_untagged_page_s() -> None:
    response = Door().answer(
        flow(), content_md5="a", digest="b", content_digest="c", repr_digest="d",
        accept_ranges="bytes", last_modified="then",
    )  # fmt: skip
    assert set(response.headers) == {"content-type", "last-modified"}


@pytest.mark.parametrize(
    ("request_version", "response_version", "fields", "expected"),
    [
        ("HTTP/1.1", "HTTP/1.1", {"content_length": "9"}, "HTTP/1.1 chunked"),
        ("HTTP/1.0", "HTTP/1.1", {"content_length": "9"}, "HTTP/1.1 close"),
        (
            "HTTP/1.0",
            "HTTP/1.1",
            {"content_length": "9", "connection": "keep-alive"},
            "HTTP/1.1 close",
        ),
        ("HTTP/1.1", "HTTP/1.0", {"content_length": "9"}, "HTTP/1.1 chunked close"),
        ("HTTP/1.0", "HTTP/1.0", {"content_length": "9"}, "HTTP/1.0 close"),
        ("HTTP/2.0", "HTTP/1.1", {"content_length": "9"}, "HTTP/1.1"),
        ("HTTP/1.1", "HTTP/1.1", {"transfer_encoding": "chunked"}, "HTTP/1.1 chunked"),
        ("HTTP/1.1", "HTTP/1.1", {"connection": "close"}, "HTTP/1.1 close"),
    ],
)
def test_how_the_end_is_told(
    request_version: str, response_version: str, fields: dict[str, str], expected: str
) -> None:
    door, asked = Door(), flow()
    asked.request.http_version = request_version
    response = answered(asked, "text/html", 200, **fields)
    response.http_version = response_version
    assert door.tagging.leaving(asked)
    assert "content-length" not in response.headers
    told = (
        response.http_version,
        response.headers.get("transfer-encoding", ""),
        response.headers.get("connection", ""),
    )
    assert " ".join(filter(None, told)) == expected


def test_the_answer_to_head_is_the_one_to_get_without_a_length() -> None:
    door = Door()
    response = door.answer(flow(method="HEAD"), content_length="900", etag='"a"')
    assert response.headers["etag"] == f'"a{MARK}"'
    assert "content-length" not in response.headers
    assert "transfer-encoding" not in response.headers
    assert not response.stream


@pytest.mark.parametrize(
    ("etag", "coding", "out"),
    [
        ('"a"', "", f'"a{MARK}"'),
        ('W/"a"', "", f'W/"a{MARK}"'),
        ('"a-gzip"', "gzip", f'W/"a-gzip{MARK}w"'),
        ('W/"a"', "gzip", f'W/"a{MARK}"'),
        ('""', "", f'"{MARK}"'),
        ("a", "", "a"),
        ('"a"b"', "", '"a"b"'),
    ],
)
def test_an_entity_tag_goes_out_and_comes_back(etag: str, coding: str, out: str) -> None:
    door = Door()
    response = door.answer(flow(), etag=etag, content_encoding=coding)
    assert response.headers["etag"] == out
    again = flow(headers={"If-None-Match": f'"other", {out}', "If-Match": out, "If-Range": out})
    door.tagging.arriving(again)
    assert again.request.headers["if-none-match"] == f'"other", {etag}'
    assert again.request.headers["if-match"] == etag
    assert again.request.headers["if-range"] == out, "a part of the site's page would not fit"
    unchanged = door.answer(again, status=304, etag=etag)
    assert unchanged.headers["etag"] == out
    assert not unchanged.stream


def test_an_entity_tag_of_other_tags_is_another_page_s() -> None:
    older = Tagging(Tags.of(meta("robots", "noai")))
    first = flow()
    answered(first, "text/html", etag='"a"')
    older.leaving(first)
    assert first.response
    kept = first.response.headers["etag"]
    asked = flow(headers={"If-None-Match": kept})
    Door().tagging.arriving(asked)
    assert asked.request.headers["if-none-match"] == kept


def test_an_entity_tag_that_was_never_ours_stays() -> None:
    door = Door()
    asked = flow(headers={"If-None-Match": '"a", W/"b"'})
    door.tagging.arriving(asked)
    assert asked.request.headers["if-none-match"] == '"a", W/"b"'
    assert door.answer(asked, status=304, etag='"a"').headers["etag"] == '"a"'
    every = flow(headers={"If-None-Match": "*"})
    door.tagging.arriving(every)
    assert every.request.headers["if-none-match"] == "*"


def test_what_became_of_a_page_is_told_once() -> None:
    door = Door()
    response = door.answer(flow())
    assert streamed(response, b'{"error": 404}' * 10) == b'{"error": 404}' * 10
    assert door.told == ["not-html"]
    short = door.answer(flow())
    assert streamed(short, b"<!doctype html>") == b"<!doctype html>"
    assert door.told == ["not-html", "no-place"]
