"""Request targets: resources/paths.py, readings.py, signal_files.py and kinds.py."""

from __future__ import annotations

from urllib.parse import quote

from stagedoor.resources.kinds import STRICTEST, classify, named
from stagedoor.resources.paths import extensions, normalise
from stagedoor.resources.readings import MOST_READINGS, readings
from stagedoor.resources.signal_files import literal

SEEDS = (
    b"/music/%61.mp3?a=b", b"//music/./a.MP3", b"http://h/x/../a.flac#f", b"/a%00.mp3",
    b"/..%5c..%5crobots.txt", b"/.well-known/..;x=1/a", b"*", b"/\xc3\xa4.mp3;v=2/", b"/a/%2e%2e/",
)  # fmt: skip


def check(data: bytes) -> None:
    """The normal form, and what a target is taken for: a signal by its letters alone, else the
    strictest of its readings.
    """
    target = data.decode("latin-1")
    path = normalise(target)
    assert path.startswith("/")
    assert "\0" not in path
    assert "//" not in path
    assert not {".", ".."} & set(path.split("/")[:-1])
    again = normalise(quote(path, safe="/"))
    assert again == path, (path, again)
    assert all(one == one.lower() for one in extensions(path))
    found = classify(path, None, target)
    others = readings(target)
    assert 1 <= len(others) <= 2 * MOST_READINGS + 2
    if found.kind == "signal":
        assert literal(target) == found.path
        return
    for other in others:
        kind = named(other)
        if kind in STRICTEST:
            assert STRICTEST.get(found.kind, 9) <= STRICTEST[kind], (found, other)
