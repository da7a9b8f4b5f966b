"""What a proxy could keep for a visitor is not counted as sent: people hear the beginning of a recording
and go on to the next one.
"""

from __future__ import annotations

import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .clients import CHROMIUM, curl, read_head, request
from .conftest import StartGuard
from .guarding import Guard
from .programs import PATIENCE, at_load, eventually
from .site import LONG_SECONDS, Site, small_proxy

LONG = "/music/long.wav"
"""30 MB."""
SECURE = ("X-Forwarded-Proto: https", "Sec-Fetch-Dest: audio", "Sec-Fetch-Mode: no-cors",
          "Sec-Fetch-Site: same-origin", "Accept-Language: en")  # fmt: skip


def looks_at(url: str, path: str) -> None:
    """Take the first kilobytes of a recording, wait, and leave."""
    parts = urlsplit(url)
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        wire.settimeout(PATIENCE)
        wire.connect((parts.hostname, parts.port))
        wire.sendall(request(path, CHROMIUM, *SECURE))
        head, body = read_head(wire)
        assert head.startswith("HTTP/1.1 200")
        assert len(body) < 1 << 20
        time.sleep(at_load(1))


def heard(guard: Guard) -> float:
    """Seconds of sound that people were sent so far."""
    return guard.counts()("audio_seconds_total", purpose="browser")


@pytest.mark.parametrize("through", ["nginx", "nothing"])
def test_a_look_at_a_recording_counts_as_a_look(
    through: str, start_guard: StartGuard, origin: Site, tmp_path: Path
) -> None:
    guard = start_guard(origin.url, "--set", "guard_trusted_proxies=127.0.0.1")
    if through == "nginx":
        folder = tmp_path / "proxy"
        folder.mkdir()
        started, url = small_proxy(folder, guard.url)
        with started:
            looks_at(url, LONG)
            answer = curl(f"{url}{LONG}", "-r", "0-9", agent=CHROMIUM)
            assert "x-accel-buffering" not in answer.headers, "nginx keeps it to itself"
            sent = eventually(lambda: heard(guard), "the guard to count it")
    else:
        looks_at(guard.url, LONG)
        sent = eventually(lambda: heard(guard), "the guard to count it")
    assert sent < LONG_SECONDS / 12
