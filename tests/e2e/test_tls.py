"""HTTPS straight to the guard, with HTTP/2 as browsers speak it."""

from __future__ import annotations

import pytest

from .clients import FIREFOX, GPTBOT, LIBRARY, curl
from .conftest import StartGuard
from .guarding import Guard
from .site import Site
from .test_streaming import flat_memory


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_who_comes_by_https(version: str, start_guard: StartGuard, origin: Site) -> None:
    guard = start_guard(origin.url)  # by TLS, curl under a browser's name gets few recordings
    url = guard.url.replace("http://", "https://")
    recording = origin.file("/music/tone.mp3")
    whole = curl(f"{url}/music/tone.mp3", "-k", version, agent=FIREFOX)
    assert (whole.status, whole.body) == (200, recording)
    part = curl(f"{url}/music/tone.mp3", "-k", version, "-r", "100-199", agent=FIREFOX)
    assert (part.status, part.body) == (206, recording[100:200])
    for agent, path in ((GPTBOT, "/music/tone.mp3"), (LIBRARY, "/listen/tone")):
        refused = curl(f"{url}{path}", "-k", version, agent=agent)
        assert refused.status == 403, path
        assert refused.exit_status == 0, "the refusal is not well-formed"
        assert "not for automated visitors" in refused.text
    again = curl(f"{url}/index.html", "-k", version, agent=FIREFOX)
    assert again.body == origin.served("/index.html")


def test_a_refused_upload_over_http2_does_not_fill_the_memory(guard: Guard) -> None:
    """HTTP/2 needs no Content-Length, so nobody says how much will come."""
    url = guard.url.replace("http://", "https://")
    assert curl(f"{url}/", "-k", "--http2", agent=GPTBOT).status == 403  # TLS is warm
    with flat_memory(guard):
        curl(f"{url}/up", "-k", "--http2", "-T", "/dev/zero", "-m", "2", agent=GPTBOT)
