"""HTTP/3 is the front's: Caddy speaks it, and the counter decides and counts as over TCP."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import counting
from .clients import FIREFOX, GPTBOT, LIBRARY, curl
from .counting import counted
from .http3_client import get_all
from .programs import Program, free_port, program
from .site import Site


def test_a_front_with_http3_asks_the_counter(
    origin: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = counting.start_counter(tmp_path, "--upstream", origin.url)
    port, song = free_port(), origin.file("/music/tone.mp3")
    with counter.program:
        counting.export("caddy", tmp_path, counter.url, port, "--upstream", origin.url)
        file = tmp_path / "Caddyfile"
        text = file.read_text().replace(
            f"http://:{port} {{", f"https://localhost:{port} {{\n\ttls internal"
        )
        file.write_text("{\n\tadmin off\n\tskip_install_trust\n}\n" + text)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        command = (program("caddy"), "run", "--adapter", "caddyfile", "--config", str(file))
        with Program(*command, log=tmp_path / "caddy.log") as caddy:
            caddy.listens(port)
            # This is how a browser learns of it.
            over_tcp = curl(f"https://localhost:{port}/index.html", "-k")
            assert f'h3=":{port}"' in over_tcp.headers["alt-svc"]
            page, named, asked, part, whole = get_all(
                port,
                [
                    ("/index.html", {"user-agent": FIREFOX}),
                    ("/music/tone.mp3", {"user-agent": GPTBOT}),
                    ("/music/tone.mp3?asked", {"user-agent": LIBRARY}),
                    ("/music/tone.mp3", {"user-agent": FIREFOX, "range": "bytes=1000-1999"}),
                    ("/music/tone.mp3", {"user-agent": FIREFOX}),
                ],
            )
        assert (page.status, page.body) == (200, origin.file("/index.html"))
        assert page.headers["tdm-reservation"] == "1"
        assert (named.status, asked.status) == (403, 403)
        assert b"This recording is not for automated visitors." in asked.body
        assert (part.status, part.body) == (206, song[1000:2000])
        assert part.headers["content-range"] == f"bytes 1000-1999/{len(song)}"
        assert (whole.status, whole.body) == (200, song)
        lines = counter.decisions("/music/tone.mp3", 2)
        assert {line["client"] for line in lines} >= {"GPTBot"}
        counted(counter, "audio_bytes_total", len(song) + 1000 - 400)
