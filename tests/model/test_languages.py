"""Which language a browser asks for."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.model.languages import LANGUAGES, negotiated


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("DE-at", "de"),
        ("de-AT", "de"),
        ("de-Latn-DE-1996", "de"),
        ("de-CH,de;q=0.9,en;q=0.8", "de"),
        ("pt-BR,es;q=0.5,en;q=0.4", "es"),
        ("en;q=0.3,fr;q=0.9", "fr"),
        ("en;q=0.3 , fr ; q=0.900", "fr"),
        ("es;Q=1.0,fr", "es"),
        ("fr;q=0,es;q=0.1", "es"),
        ("de;q=0", "en"),
        ("*", "en"),
        ("*;q=0.9,fr;q=0.1", "fr"),
        ("ja,zh;q=0.5", "en"),
        ("gsw,deu;q=0.9,german", "en"),
        ("de;q=x,fr;q=0.1", "fr"),
        ("de;q=nan,fr;q=0.1", "fr"),
        ("de;q=inf,fr;q=0.1", "fr"),
        ("de;q=1e9,fr;q=0.1", "fr"),
        ("de;q=2,de;q=-1,de;q=1.1,fr;q=0.001", "fr"),
        ("de;level=1,fr;q=0.2", "fr"),
        ("de\r\nX-Evil: 1,es", "es"),
        ("d\u00e9,\u0435\u0455,es", "es"),
        ("de_AT,fr;q=0.2", "fr"),
        (";;;,,,q=1", "en"),
        ("x" * 9000, "en"),
        (",".join(["zz"] * 30) + ",de", "en"),
        ("fr" + "-aa" * 400 + ",de", "fr"),
    ],
)
def test_the_language_follows_the_browser(header: str, language: str) -> None:
    assert negotiated(header) == language


@given(st.text(max_size=60) | st.from_regex(r"\A[a-z;=0-9.,\-* q]{0,80}\Z"))
def test_any_header_has_one_of_the_languages(header: str) -> None:
    assert negotiated(header) in LANGUAGES


def test_a_hostile_header_takes_no_time() -> None:
    headers = [f"{'-'.join(['a' * 8] * 110)};q=0.{number:04}" for number in range(200)]
    began = time.process_time()
    for header in headers:
        assert negotiated(header * 50) == "en"
    assert time.process_time() - began < 1.0
