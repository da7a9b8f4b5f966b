"""The headers in servers' words; that servers understand them is `tests/e2e/test_publish.py`'s work."""

from __future__ import annotations

import pytest

from stagedoor.publish.publication import File
from stagedoor.publish.server_snippets import snippets

HEADERS = (
    (b"Content-Usage", b"train-ai=n, search=y"),
    (b"tdm-reservation", b"1"),
    (b"X-Robots-Tag", b"noai, noimageai"),
    (b"Link", b'<https://a.example/50%25>; rel="license"'),
)
FILES = {
    "/license.xml": File("rsl", "application/rsl+xml", b""),
    "/ai.txt": File("ai.txt", "text/plain; charset=utf-8", b""),
}


def lines(name: str) -> list[str]:
    text = snippets(HEADERS, FILES)[name]
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_nginx() -> None:
    assert lines("nginx.conf") == [
        'add_header Content-Usage "train-ai=n, search=y" always;',
        'add_header tdm-reservation "1" always;',
        'add_header X-Robots-Tag "noai, noimageai" always;',
        'add_header Link "<https://a.example/50%25>; rel=\\"license\\"" always;',
    ]
    text = snippets(HEADERS, FILES)["nginx.conf"]
    assert "location = /license.xml { types { } default_type application/rsl+xml; }" in text
    assert "/ai.txt" not in text


def test_caddy() -> None:
    assert lines("Caddyfile") == [
        "header {",
        '\tContent-Usage "train-ai=n, search=y"',
        '\ttdm-reservation "1"',
        '\t+X-Robots-Tag "noai, noimageai"',
        '\t+Link "<https://a.example/50%25>; rel=\\"license\\""',
        "}",
        "header /license.xml Content-Type application/rsl+xml",
    ]


def test_apache() -> None:
    assert lines("apache.conf") == [
        "Header onsuccess unset Content-Usage",
        'Header always set Content-Usage "train-ai=n, search=y"',
        "Header onsuccess unset tdm-reservation",
        'Header always set tdm-reservation "1"',
        'Header always merge X-Robots-Tag "noai"',
        'Header always merge X-Robots-Tag "noimageai"',
        'Header always merge Link "<https://a.example/50%%25>; rel=\\"license\\""',
        '<Files "license.xml">',
        "  ForceType application/rsl+xml",
        "</Files>",
    ]


def test_pages() -> None:
    assert lines("_headers") == [
        "/*",
        "  Content-Usage: train-ai=n, search=y",
        "  tdm-reservation: 1",
        "  X-Robots-Tag: noai, noimageai",
        '  Link: <https://a.example/50%25>; rel="license"',
    ]


@pytest.mark.parametrize("value", [b"$host", b"{http.request.host}", b"a\nb", b"\xe9", b"`"])
def test_what_a_server_would_read_as_its_own_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match="no configuration"):
        snippets([(b"Link", value)], {})  # type: ignore[arg-type]
