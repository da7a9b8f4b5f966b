"""mitmproxy's own errors and full houses: short, and in the visitor's language."""

from __future__ import annotations

import pytest
from mitmproxy import http

from stagedoor.fronts.mitmproxy.own_answers import plain_body, plain_response, response_to
from stagedoor.fronts.mitmproxy.turned_away import _answer_to
from stagedoor.fronts.refusal_texts import TEXTS
from stagedoor.model.languages import LANGUAGES, Language

PASSING = {500, 502, 503, 504}


@pytest.mark.parametrize("status", [400, 413, 414, 431, 500, 502, 503, 504, 418])
def test_the_line_of_a_status(status: int) -> None:
    text = plain_body(status).decode()
    key = "500" if status == 418 else str(status)
    assert text.startswith(TEXTS["en"][key] + ".")
    assert text.endswith("Please try again in a minute.\n") == (status in PASSING)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_site_that_is_down_is_said_in_the_visitors_language(language: Language) -> None:
    fields = [(b"accept", b"text/html"), (b"accept-language", language.encode())]
    asked = http.Request.make("GET", "http://m.example/", headers=http.Headers(fields))
    reported = []
    answer = response_to(
        asked, 502, "server closed connection", lambda *what: reported.append(what)
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert reported == [("site", "no-answer", "server closed connection")]
    assert f"\r\nContent-Language: {language}\r\n".encode() in head
    assert f'<html lang="{language}">'.encode() in body
    assert TEXTS[language]["502"].encode() in body
    assert TEXTS[language]["minute"].encode() in body


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_visitor_for_whom_there_is_no_room_reads_the_line_too(language: Language) -> None:
    first = (
        f"GET / HTTP/1.1\r\nHost: m.example\r\nACCEPT-language:  {language}-XX \r\n\r\n".encode()
    )
    answer = _answer_to(first)
    assert answer == plain_response(503, language)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert TEXTS[language]["503"].encode() in body


@pytest.mark.parametrize(
    "first",
    [
        b"GET / HTTP/1.1\r\n\r\nAccept-Language: de",
        b"GET / HTTP/1.1\r\nX: accept-language: de\r\n\r\n",
        b"GET / HTTP/1.1\r\nAccept-Language:" + b"x" * 5000,
    ],
)
def test_without_a_wish_it_is_english(first: bytes) -> None:
    assert _answer_to(first) == plain_response(503)
