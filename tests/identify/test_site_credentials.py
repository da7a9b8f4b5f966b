"""Credentials: seen where they are, and nothing else taken for some."""

from __future__ import annotations

import pytest

from stagedoor.identify.site_credentials import (
    failed,
    is_subsonic,
    not_let_in,
    present,
    said_yes,
    says_nothing,
    without,
)

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("method", "target", "authorization", "kind"),
    [
        ("GET", "/a.mp3", "Basic dTpw", ""),
        ("GET", "/a.mp3", "Bearer x", ""),
        ("GET", "/rest/stream.view?u=me&p=secret&id=1", "", ""),
        ("GET", "/rest/stream?u=me&t=00&s=11&id=1", "", ""),
        ("GET", "/music/rest/download.view?id=1&apiKey=k", "", ""),
        ("POST", "/rest/stream.view", "", FORM),
        ("POST", "/rest/stream.view?id=1", "", f"{FORM}; charset=utf-8"),
    ],
)
def test_they_are_seen(method: str, target: str, authorization: str, kind: str) -> None:
    assert present(method, target, authorization, kind) == "sent"


@pytest.mark.parametrize(
    ("method", "target", "authorization", "kind"),
    [
        ("GET", "/a.mp3", "", ""),
        ("GET", "/a.mp3", "  ", ""),
        ("GET", "/a.mp3", "License abc", ""),
        ("GET", "/a.mp3?u=me&p=secret", "", ""),
        ("GET", "/rest/stream.view?u=me&id=1", "", ""),
        ("GET", "/rest/stream.view?u=me&t=00&id=1", "", ""),
        ("GET", "/rest/stream.view?u=&p=&id=1", "", ""),
        ("GET", "/rest/a.mp3?u=me&p=secret", "", ""),
        ("GET", "/a.mp3?x=/rest/stream.view&u=me&p=secret", "", ""),
        ("POST", "/upload", "", FORM),
        ("GET", "/rest/stream.view", "", FORM),
    ],
)
def test_nothing_else_is(method: str, target: str, authorization: str, kind: str) -> None:
    assert present(method, target, authorization, kind) == "none"


def test_a_call_without_them() -> None:
    assert without("/rest/stream?u=me&t=0&s=1&v=1.16&c=x&id=7") == "/rest/stream?v=1.16&c=x&id=7"
    assert without("/rest/ping?apiKey=k") == "/rest/ping"
    assert is_subsonic("/rest/ping")


XML = b'<?xml version="1.0"?>\n<subsonic-response xmlns="http://subsonic.org/restapi" status="%s" version="1.16.1">%s</subsonic-response>'
JSON = b'{"subsonic-response": {"status": "%s", "version": "1.16.1", "error": {"code": %s, "message": "m"}}}'


@pytest.mark.parametrize("code", [b"10", b"40", b"41", b"43", b"44"])
def test_an_answer_that_lets_nobody_in(code: bytes) -> None:
    assert not_let_in(XML % (b"failed", b'<error code="%s" message="m"/>' % code))
    assert not_let_in(JSON % (b"failed", code))
    assert not_let_in(JSON.replace(b": ", b":") % (b"failed", code))


@pytest.mark.parametrize(
    ("answer", "no"),
    [
        (XML % (b"ok", b""), False),
        (XML % (b"failed", b'<error code="70" message="not found"/>'), True),
        (JSON % (b"ok", b"40"), False),
        (JSON % (b"failed", b"50"), True),
        (b"ID3\x04\0\0 status='failed' code='40'", False),
        (b"", False),
    ],
)
def test_any_other_answer(answer: bytes, no: bool) -> None:
    assert failed(answer) is no
    assert not not_let_in(answer)


@pytest.mark.parametrize(
    ("answer", "content_type", "yes"),
    [
        (XML % (b"ok", b""), "text/xml; charset=utf-8", True),
        (XML.replace(b'"', b"'") % (b"ok", b""), "application/xml", True),
        (JSON % (b"ok", b"0"), "application/json", True),
        (b"cb(" + JSON % (b"ok", b"0"), "application/javascript", True),
        (b"ID3\x04", "audio/mpeg", True),
        (b"ID3\x04", "", True),
        (XML % (b"failed", b'<error code="40"/>'), "", False),
        (XML % (b"failed", b'<error code="40"/>'), "text/xml", False),
        # What the client has chosen stands before the answer, or the answer has another order.
        (b"c" * 4096 + b"(" + JSON % (b"failed", b"40"), "text/javascript", False),
        (
            b'{"subsonic-response":{"error":{"code":40},"status":"failed"}}',
            "application/json",
            False,
        ),
    ],
)
def test_what_is_text_must_say_that_it_is_good(answer: bytes, content_type: str, yes: bool) -> None:
    assert said_yes(answer, content_type) is yes


def test_an_answer_whose_beginning_the_client_chose_says_nothing() -> None:
    padded = b"c" * 4096 + b"(" + JSON % (b"failed", b"40")
    assert says_nothing(padded, "application/javascript")
    assert not says_nothing(padded, "audio/mpeg")
    assert not says_nothing(XML % (b"failed", b""), "text/xml")
