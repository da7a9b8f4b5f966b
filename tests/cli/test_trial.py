"""What a page of the site links. The trial itself runs in tests/e2e/test_setup.py."""

from __future__ import annotations

import pytest

from stagedoor.audit.responses import Fetched
from stagedoor.cli.trial import recording


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ('<a href="/music/a.mp3">a</a>', "/music/a.mp3"),
        ("<audio src='b.opus'>", "/b.opus"),
        ("<source src=deep/c.FLAC >", "/deep/c.FLAC"),
        ('<a href="https://elsewhere.example/d.mp3">', ""),
        ('<a href="https://elsewhere.example/d.mp3"><a href="e.ogg">', "/e.ogg"),
        ('<a href="/mp3">', ""),
        ("", ""),
    ],
)
def test_the_first_recording_of_the_site_itself(page: str, path: str) -> None:
    assert recording(Fetched("http://site.example/", 200, body=page.encode())) == path
