"""nginx that asks over a Unix socket, and leaves its log in a file that the counter empties."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from . import counting, site
from .clients import LIBRARY, curl
from .counting import Behind, counted
from .programs import eventually
from .site import Site


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spool") / "access.log"


@pytest.fixture(scope="module")
def front(origin: Site, spool: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("asked")
    counter = counting.start_counter(
        folder,
        *("--upstream", origin.url, "--log", f"spool:{spool}"),
        listen=f"unix:{folder}/counter.sock",
    )
    with counter.program:
        at = ["--upstream", origin.url, "--log", str(spool)]
        with counting.behind("nginx", tmp_path_factory.mktemp("nginx"), counter, *at) as found:
            yield found
    assert "Traceback" not in counter.output, counter.output


def test_verdicts_refusals_and_what_went_out(front: Behind, origin: Site, spool: Path) -> None:
    size = len(origin.file("/music/tone.mp3"))
    for number in range(3):  # the second and third by a verdict that was kept
        heard = curl(f"{front.url}/music/tone.mp3", "-H", "X-Forwarded-For: 81.2.3.4")
        assert (heard.status, heard.body) == (200, origin.file("/music/tone.mp3")), number
    assert heard.headers["tdm-reservation"] == "1"
    refused = curl(f"{front.url}/music/tone.mp3?asked", agent=LIBRARY)
    assert refused.status == 403
    assert "This recording is not for automated visitors." in refused.text
    assert curl(f"{front.url}/robots.txt", agent=LIBRARY).status == 200
    counted(front.counter, "audio_bytes_total", 3 * size)
    seconds = front.counter.counts()("audio_seconds_total")
    assert seconds == pytest.approx(3 * site.SECONDS, rel=0.1)
    counted(front.counter, "requests_total", 3, verdict="allow", resource="audio")
    # Of what was read, nothing is left in the file.
    eventually(
        lambda: spool.stat().st_size and not spool.read_bytes().strip(b"\0"), "an empty file"
    )
