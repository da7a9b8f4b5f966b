"""What a refused client reads."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from urllib.request import parse_http_list, parse_keqv_list

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from making import GPTBOT_CLIENT, REFUSED, asks
from stagedoor.config.stance import Artist
from stagedoor.fronts.refusals import Answer, refuse, unavailable
from stagedoor.model.facts import MEDIA_CLIENTS, PURPOSES, Client, Request, Resource, Verdict

ARTIST = Artist(name="The Understudies", contact="mailto:us@example.org")
SONG = Resource("audio", "/music/a.mp3")
PAGE = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
BROWSER_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def refused(
    request: Request | None = None,
    client: Client = GPTBOT_CLIENT,
    resource: Resource = SONG,
    verdict: Verdict = REFUSED,
    artist: Artist = ARTIST,
    *,
    may_sign: bool = False,
) -> Answer:
    """The answer to a refused request."""
    return refuse(request or asks(), client, resource, verdict, artist, may_sign=may_sign)


def fields(answer: Answer) -> dict[str, str]:
    """The header fields by name; none is there twice."""
    found = {name.decode(): value.decode() for name, value in answer.headers}
    assert len(found) == len(answer.headers)
    return found


def page(
    client: Client = GPTBOT_CLIENT, artist: Artist = ARTIST, verdict: Verdict = REFUSED
) -> str:
    """The refusal that a browser shows."""
    response = refused(asks(accept=BROWSER_ACCEPT), client, artist=artist, verdict=verdict)
    assert fields(response)["Content-Type"] == PAGE
    return response.body.decode()


def test_a_refusal_says_what_was_applied_and_how_to_reach_the_artist() -> None:
    response = refused()
    assert response.status == 403
    assert response.body.decode() == (
        "This recording is not for automated visitors.\n"
        "The Understudies has a policy, and it was applied here: Training is off. The stance says so.\n"
        "You were taken for GPTBot (OpenAI).\n"
        "If you are a person and this is a mistake, please write to mailto:us@example.org\n"
    )


def test_a_page_says_the_same() -> None:
    text = page()
    for words in (
        "This recording is not for automated visitors",
        "The Understudies has a policy",
        "Training is off",
        "GPTBot (OpenAI)",
    ):
        assert words in text
    assert '<a href="mailto:us@example.org">us@example.org</a>' in text


def test_without_a_name_and_a_contact_it_is_still_a_sentence() -> None:
    text = refused(artist=Artist()).body.decode()
    assert "This site has a policy" in text
    assert "write to" not in text


def test_a_refused_page_is_not_called_a_recording() -> None:
    assert "This page is not for" in refused(resource=Resource("page", "/")).body.decode()


def test_somebody_unknown_is_not_taken_for_somebody() -> None:
    assert "taken for" not in refused(client=Client("unknown", "", "unknown")).body.decode()


@pytest.mark.parametrize("status", [401, 402, 403, 404, 410, 429, 451])
def test_the_rule_names_the_status(status: int) -> None:
    assert refused(verdict=Verdict("block", "x", "X", status=status)).status == status


@pytest.mark.parametrize("purpose", sorted(MEDIA_CLIENTS))
def test_a_media_client_never_gets_a_page(purpose: str) -> None:
    client = Client("Player", "", purpose)  # type: ignore[arg-type]
    response = refused(asks(accept=BROWSER_ACCEPT), client)
    assert fields(response)["Content-Type"] == TEXT
    assert "<" not in response.body.decode()


@pytest.mark.parametrize("destination", ["audio", "video", "track", "image", "Audio"])
def test_a_browsers_player_never_gets_a_page(destination: str) -> None:
    response = refused(asks(accept=BROWSER_ACCEPT, sec_fetch_dest=destination))
    assert fields(response)["Content-Type"] == TEXT


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (BROWSER_ACCEPT, PAGE),
        ("Text/HTML", PAGE),
        ("*/*", TEXT),
        ("", TEXT),
        ("audio/*;q=0.9,*/*", TEXT),
        ("application/json", TEXT),
    ],
)
@pytest.mark.parametrize("purpose", ["ai-training", "browser", "unknown", "http-library"])
def test_a_page_is_for_whoever_asks_for_one(accept: str, kind: str, purpose: str) -> None:
    client = Client("X", "", purpose)  # type: ignore[arg-type]
    assert fields(refused(asks(accept=accept), client))["Content-Type"] == kind


@pytest.mark.parametrize("accept", ["", BROWSER_ACCEPT])
def test_no_cache_keeps_a_refusal_and_no_browser_guesses_at_it(accept: str) -> None:
    headers = fields(refused(asks(accept=accept)))
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "noindex" in headers["X-Robots-Tag"]


@pytest.mark.parametrize("accept", ["", BROWSER_ACCEPT])
def test_a_head_request_gets_the_headers_and_no_body(accept: str) -> None:
    response = refused(asks(method="HEAD", accept=accept))
    whole = refused(asks(accept=accept))
    assert response.body == b""
    assert response.headers == whole.headers
    assert fields(response)["Content-Length"] == str(len(whole.body))


class Tags(HTMLParser):
    """The tags of a page, and its links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href"]
        assert not [name for name, _ in attrs if name.startswith("on")]


HOSTILE = "</p><script>alert(1)</script>\"'><img src=x onerror=alert(1)> {headline} {0} %s"


def test_hostile_names_are_only_words() -> None:
    client = Client(HOSTILE, HOSTILE, "seo")
    text = page(
        client,
        Artist(name=HOSTILE, contact='mailto:a@b?subject="><script>'),
        Verdict("block", "x", HOSTILE, HOSTILE),
    )
    assert Tags(text).tags == Tags(page()).tags
    assert "<script" not in text


@given(st.text(), st.text(min_size=4), st.text())
def test_whatever_the_names_are_the_page_has_the_same_tags(
    name: str, title: str, operator: str
) -> None:
    text = page(
        Client(name, operator, "seo"),
        Artist(name=name, contact=ARTIST.contact),
        Verdict("block", "x", title, title),
    )
    found = Tags(text)
    assert [tag for tag in found.tags if tag != "p"] == [
        tag for tag in Tags(page()).tags if tag != "p"
    ]
    assert found.links == ["mailto:us@example.org"]


def test_a_contact_that_is_an_address_on_the_web_is_a_link() -> None:
    assert Tags(page(artist=Artist(contact="https://example.org/ask?a=1&b=2"))).links == [
        "https://example.org/ask?a=1&b=2"
    ]


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    headers = fields(refused(asks(accept=BROWSER_ACCEPT)))
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Referrer-Policy"] == "no-referrer"


def test_names_in_any_script_arrive_as_they_are() -> None:
    response = refused(artist=Artist(name="Björk & Шуфутинский 音楽"))
    assert "Björk & Шуфутинский 音楽" in response.body.decode()
    assert fields(response)["Content-Length"] == str(len(response.body))


def test_a_title_that_is_a_sentence_does_not_end_twice() -> None:
    assert ".." not in (
        refused(verdict=Verdict("block", "x", "Training is off.", "Why.")).body.decode()
    )


def test_when_the_guard_cannot_decide_the_visitor_may_come_again() -> None:
    response = unavailable(None)
    assert response.status == 503
    assert fields(response)["Retry-After"] == "60"
    assert fields(response)["Cache-Control"] == "no-store"
    assert fields(response)["Content-Type"] == TEXT
    assert "OpenAI" not in response.body.decode()


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_client_gets_a_short_answer(purpose: str) -> None:
    client = Client("X", "Y", purpose)  # type: ignore[arg-type]
    assert 0 < len(refused(client=client).body) < 1000


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, "invalid_token"), (402, "invalid_request"), (403, ""), (429, ""), (451, "")],
)
def test_401_and_402_say_what_is_needed(status: int, error: str) -> None:
    """RSL 1.0, 6.3 (and RFC 9110, 11.6.1, for 401): both carry WWW-Authenticate."""
    found = fields(refused(verdict=replace(REFUSED, status=status)))
    assert ("WWW-Authenticate" in found) is bool(error)
    if error:
        scheme, _, rest = found["WWW-Authenticate"].partition(" ")
        parameters = parse_keqv_list(parse_http_list(rest))  # the standard library's own reader
        assert (scheme, parameters["error"]) == ("License", error)
        assert parameters["error_description"].isascii()


def test_those_who_could_be_verified_are_asked_for_a_signature() -> None:
    """RFC 9421, 5.1: Accept-Signature is a dictionary of what is to be covered."""
    assert "Accept-Signature" not in fields(refused())
    value = fields(refused(may_sign=True))["Accept-Signature"]
    found: Any = http_sf.parse(value.encode(), tltype="dictionary")
    ((label, (components, parameters)),) = found.items()
    assert label == "sig1"
    assert components == [("@authority", {}), ("signature-agent", {"key": "sig1"})]
    assert parameters["tag"] == "web-bot-auth"
    assert {name for name, asked in parameters.items() if asked is True} == {
        "created",
        "expires",
        "keyid",
        "nonce",
    }
