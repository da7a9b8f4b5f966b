"""Credentials: seen where they are, and nothing else taken for some."""

from __future__ import annotations

import pytest

from stagedoor.identify.site_credentials import (
    failed,
    is_subsonic,
    not_let_in,
    present,
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
