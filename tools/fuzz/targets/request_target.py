"""Request targets: resources/paths.py and kinds.py."""

from __future__ import annotations

from urllib.parse import quote

from stagedoor.resources.kinds import classify
from stagedoor.resources.paths import extensions, normalise

SEEDS = (
    b"/music/%61.mp3?a=b", b"//music/./a.MP3", b"http://h/x/../a.flac#f", b"/a%00.mp3",
    b"/..%5c..%5crobots.txt", b"/.well-known/..;x=1/a", b"*", b"/\xc3\xa4.mp3;v=2/", b"/a/%2e%2e/",
)  # fmt: skip


def check(data: bytes) -> None:
    """The normal form."""
    path = normalise(data.decode("latin-1"))
    assert path.startswith("/")
    assert "\0" not in path
    assert "//" not in path
    assert not {".", ".."} & set(path.split("/")[:-1])
    again = normalise(quote(path, safe="/"))
    assert again == path, (path, again)
    assert all(one == one.lower() for one in extensions(path))
    assert classify(path).path == path
