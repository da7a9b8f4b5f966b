"""One site has one name."""

from __future__ import annotations

import pytest

from stagedoor.fronts.authorities import normalised


@pytest.mark.parametrize(
    ("sent", "scheme", "meant"),
    [
        ("label.example", "http", "label.example"),
        ("Label.EXAMPLE", "http", "label.example"),
        ("label.example.", "http", "label.example"),
        ("label.example:", "http", "label.example"),
        ("label.example.:80", "http", "label.example"),
        ("label.example:080", "http", "label.example"),
        ("label.example:443", "https", "label.example"),
        ("label.example:443", "http", "label.example:443"),
        ("label.example:8080", "http", "label.example:8080"),
        (" label.example ", "http", "label.example"),
        ("[2001:DB8::0:1]:80", "http", "[2001:db8::1]"),
        ("[2001:db8:0::1]:8080", "http", "[2001:db8::1]:8080"),
        ("127.0.0.1:8000", "http", "127.0.0.1:8000"),
        ("my_host", "http", "my_host"),
        ("xn--bcher-kva.example", "http", "xn--bcher-kva.example"),
        ("b\xc3\xbccher.example", "http", "b\xc3\xbccher.example"),
        ("", "http", ""),
    ],
)
def test_spellings_of_one_name_are_one(sent: str, scheme: str, meant: str) -> None:
    assert normalised(sent, scheme) == meant


@pytest.mark.parametrize(
    "sent",
    [
        "user@label.example", "label.example/x", "label.example#", "a b", "a\x1b", "a:b", "a:1:2",
        "a:99999", "[::1", "[::1]x", "[xyz]", ".", ":80", "a?b", "x" * 300, "a\\b", "a,b c",
    ],
)  # fmt: skip
def test_what_is_no_name_is_none(sent: str) -> None:
    assert normalised(sent) is None
