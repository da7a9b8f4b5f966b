"""What a page says together with the recordings of its platform, and the words that are kept."""

from __future__ import annotations

from typing import Any

import pytest

from stagedoor.audit.responses import Fetched
from stagedoor.platforms.page_audit import (
    audit_page,
    recording_signals,
    signals_of_recordings,
    with_recordings,
    without_addresses,
)

CRAWLERS: Any = {"GPTBot": "train"}


def page(*fields: tuple[str, str], body: bytes = b"<p>x") -> Any:
    known = (("content-type", "text/html"), *fields)
    return audit_page(Fetched("https://a.example/t", 200, known, body), None, {}, CRAWLERS)


def recording(*fields: tuple[str, str]) -> Any:
    known = (("content-type", "audio/mpeg"), *fields)
    return recording_signals(Fetched("https://recording.invalid/", 200, known), CRAWLERS)


@pytest.mark.parametrize(
    "field", [("x-robots-tag", "noai"), ("content-usage", "train-ai=n"), ("tdm-reservation", "1")]
)
def test_a_signal_of_a_recording_decides_where_the_page_says_nothing(field: Any) -> None:
    found = with_recordings(page(), recording(field))
    assert found.answers["train"] == "no"
    assert [signal.place for signal in found.signals] == ["a recording"]
    assert found.looked_at == ("page", "headers", "recordings")
    assert signals_of_recordings(found) == found.signals


def test_the_strictest_of_page_and_recording_counts() -> None:
    says_yes = page(("content-usage", "train-ai=y"))
    assert says_yes.answers["train"] == "yes"
    found = with_recordings(says_yes, recording(("x-robots-tag", "noai")))
    assert (found.decided[0].answer, found.decided[0].by) == ("no", ("robots-tag",))
    found = with_recordings(
        page(("x-robots-tag", "noai")), recording(("content-usage", "train-ai=y"))
    )
    assert (found.decided[0].answer, found.decided[0].by) == ("no", ("robots-tag",))


def test_a_recording_without_a_signal_was_looked_at_all_the_same() -> None:
    found = with_recordings(page(), recording())
    assert found.answers["train"] is None
    assert "recordings" in found.looked_at
    assert signals_of_recordings(page()) is None


def test_another_recording_takes_the_place_of_the_one_before() -> None:
    first = with_recordings(page(), recording(("x-robots-tag", "noai")))
    assert with_recordings(page(), recording()).signals == ()
    assert with_recordings(first, recording()).signals == ()


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ('<meta name="robots" content="noai, noimageai">', None),
        ("X-Robots-Tag: GPTBot: noai, max-image-preview:large", None),
        ("Content-Usage: train-ai=n, search=y", None),
        ("tdm-policy: https://a.example/u/anna/p?sid=s3cret#x", "tdm-policy: https://a.example/…"),
        ("tdm-policy: https://anna:pw@a.example/", "tdm-policy: https://a.example/"),
        ("tdm-policy: //a.example/p?s=1", "tdm-policy: //a.example/…"),
        ("tdm-policy: /p/anna?s=1", "tdm-policy: …"),
        (
            '<link rel="license" type="application/rsl+xml" href="https://a.example/l?t=1">',
            '<link rel="license" type="application/rsl+xml" href="https://a.example/…">',
        ),
        ('<meta name="tdm-policy" content="mailto:anna@example.org">', '<meta name="tdm-policy" content="…">'),
        ("x: eyJhbGciOiJIUzI1NiIsInR5cCI6Ik", "x: …"),
        ("</rsl> <content> <br/>", None),
    ],
)  # fmt: skip
def test_the_words_of_a_signal_name_no_page_and_no_person(words: str, kept: str | None) -> None:
    assert without_addresses(words) == (words if kept is None else kept)
