"""The counter behind the real nginx, Caddy, HAProxy, Traefik and Envoy, set up by `stagedoor export`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest

from stagedoor.config.stance import Stance

from . import counting, site
from .clients import FIREFOX, GPTBOT, LIBRARY, conversation, curl, request
from .counting import FOLLOWED, FRONTS, Behind, counted
from .guarding import Guard
from .programs import free_port, program, run
from .site import Site

WHOLE = int(Stance().listening.whole_files)
"""Recordings that one program is sent whole in ten minutes."""
MANY = WHOLE + 10
VISITOR = "X-Forwarded-For: 198.51.100.{}"
"""Fronts on this machine are believed, so a visitor from here may say where he comes from."""


@pytest.fixture(scope="module")
def many(origin: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the site, with an album more."""
    album = origin.root / "album"
    album.mkdir()
    silence = ["-f", "lavfi", "-i", "anullsrc=duration=60:channel_layout=mono", "-b:a", "32k"]
    done = run(program("ffmpeg"), "-v", "error", *silence, str(album / "0.mp3"))
    assert done.returncode == 0, done.stderr
    for number in range(1, MANY):
        os.link(album / "0.mp3", album / f"{number}.mp3")
    return origin.url


@pytest.fixture(scope="module")
def counter(many: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    """One for all fronts."""
    folder = tmp_path_factory.mktemp("counter")
    logs = [f"--log=file:{folder / front / 'access.log'}" for front in FOLLOWED]
    address = f"127.0.0.1:{free_port()}"
    logs.append(f"--log=udp:{address}")
    found = counting.start_counter(folder, "--upstream", many, *logs, listen=address)
    with found.program:
        yield found
    assert "Traceback" not in found.output, found.output


@pytest.fixture(scope="module", params=FRONTS)
def front(
    request: pytest.FixtureRequest,
    counter: Guard,
    many: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Behind]:
    name = str(request.param)
    folder = counter.state.parent / name
    with counting.behind(name, folder, counter, "--upstream", many) as found:
        yield found


def test_a_listener_is_undisturbed(front: Behind, origin: Site) -> None:
    page = curl(f"{front.url}/index.html")
    assert (page.status, page.body) == (200, origin.file("/index.html"))
    # Visitors ask for the site's name, not for the address that the front listens at.
    named = curl(f"{front.url}/index.html", "-H", "Host: music.example")
    assert (named.status, named.body) == (200, origin.file("/index.html"))
    assert page.headers["tdm-reservation"] == "1"
    assert "noai" in str(page.headers.get_all("x-robots-tag"))
    whole = curl(f"{front.url}/music/tone.mp3")
    assert (whole.status, whole.body) == (200, origin.file("/music/tone.mp3"))
    part = curl(f"{front.url}/music/tone.mp3", "-r", "1000-1999")
    assert (part.status, part.body) == (206, origin.file("/music/tone.mp3")[1000:2000])
    assert part.headers["content-range"].startswith("bytes 1000-1999/")
    head = curl(f"{front.url}/music/tone.mp3", "-I")
    assert head.status == 200
    assert int(head.headers["content-length"]) == len(origin.file("/music/tone.mp3"))
    assert curl(f"{front.url}/nowhere").status == 404


def test_crawlers_are_refused(front: Behind, origin: Site) -> None:
    before = len(front.counter.decisions("/music/tone.mp3"))
    named = curl(f"{front.url}/music/tone.mp3?named", agent=GPTBOT)
    assert named.status == 403
    assert named.headers["tdm-reservation"] == "1"
    said = "Forbidden" if front.name == "traefik" else "not for automated visitors"
    assert said in named.text  # Traefik has no text of its own for this
    # Known by the counter alone: the rule is about recordings, and the body says why.
    asked = curl(f"{front.url}/music/tone.mp3?asked", agent=LIBRARY)
    assert asked.status == 403
    assert "This recording is not for automated visitors." in asked.text
    assert "You were taken for" in asked.text
    assert len(asked.headers.get_all("tdm-reservation") or []) == 1
    assert curl(f"{front.url}/index.html", agent=LIBRARY).status == 200
    posted = curl(f"{front.url}/music/tone.mp3?posted", "-d", "x", agent=LIBRARY)
    assert posted.status == 403
    assert not origin.heard("named")
    assert not origin.heard("asked")
    # What the front refused by itself is written down, too.
    lines = front.counter.decisions("/music/tone.mp3", before + 3)[before:]
    assert {line["client"] for line in lines} >= {"GPTBot"}


def test_robots_txt_says_what_the_stance_says(front: Behind, origin: Site) -> None:
    answer = curl(f"{front.url}/robots.txt", agent=GPTBOT)
    assert answer.status == 200
    assert answer.body == origin.served("/robots.txt")
    assert len(answer.headers.get_all("tdm-reservation") or []) == 1
    assert curl(f"{front.url}/ai.txt", agent=GPTBOT).status == 200
    assert curl(f"{front.url}/robots.txt", "-I", agent=GPTBOT).body == b""


def test_what_went_out_comes_back(front: Behind, origin: Site) -> None:
    """Bytes and seconds of sound, from the front's log."""
    before = front.counter.counts()
    size = len(origin.file("/music/tone.mp3"))
    address = VISITOR.format(40)
    assert curl(f"{front.url}/music/tone.mp3", "-H", address).status == 200
    assert curl(f"{front.url}/music/tone.mp3", "-H", address, "-r", "0-9999").status == 206
    bytes_before = before("audio_bytes_total")
    counted(front.counter, "audio_bytes_total", bytes_before + size + 10_000 - 400)
    after = front.counter.counts()
    assert after("audio_bytes_total") - bytes_before < size + 10_500
    seconds = after("audio_seconds_total") - before("audio_seconds_total")
    assert seconds == pytest.approx(site.SECONDS * (1 + 10_000 / size), rel=0.1)


def test_a_sweep_is_stopped(front: Behind, origin: Site) -> None:
    """Nobody listens to so many recordings in a second: the log says what was taken."""
    address, agent = VISITOR.format(77), f"{FIREFOX} {front.name}"
    statuses = []
    bytes_then = front.counter.counts()("audio_bytes_total")
    for number in range(MANY):
        answer = curl(f"{front.url}/album/{number}.mp3", "-H", address, agent=agent)
        statuses.append(answer.status)
        if answer.status != 200:
            break
        bytes_then += len(answer.body)
        counted(front.counter, "audio_bytes_total", bytes_then - 400 * number)
    assert statuses[-1] == 429, statuses
    assert WHOLE <= len(statuses) <= WHOLE + 4
    assert int(
        curl(f"{front.url}/album/0.mp3?again", "-H", address, agent=agent).headers["retry-after"]
    )
    # Others are not concerned, and neither are pages.
    assert curl(f"{front.url}/album/1.mp3", "-H", VISITOR.format(78)).status == 200
    assert curl(f"{front.url}/index.html", "-H", address, agent=agent).status == 200


def test_the_same_question_is_not_asked_again(front: Behind) -> None:
    """nginx keeps verdicts for a moment; each request is counted all the same."""
    if front.name != "nginx":
        return
    before = front.counter.counts()("requests_total", verdict="allow")
    for _ in range(5):
        assert curl(f"{front.url}/index.html?kept").status == 200
    counted(front.counter, "requests_total", before + 5, verdict="allow")
    kept = [path for path in (front.folder / "verdicts").rglob("*") if path.is_file()]
    assert kept
    assert front.counter.counts()("requests_total", verdict="allow") == before + 5


def test_without_the_counter_pages_go_out_and_recordings_do_not(
    front: Behind, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("alone")
    dead, port = free_port(), free_port()
    for path in front.folder.iterdir():
        if path.is_file() and path.suffix in {".conf", ".cfg", ".lua", ".txt", ".yaml", ""}:
            text = path.read_text().replace(str(front.folder), str(folder))
            for old, new in ((front.counter.url, dead), (front.url, port)):
                text = re.sub(rf"\b{old.rpartition(':')[2]}\b", str(new), text)
            (folder / path.name).write_text(text.removeprefix("{\n\tadmin off\n}\n"))
    with counting.start_front(front.name, folder, port):
        url = f"http://127.0.0.1:{port}"
        # Traefik has no way to let in what it could not ask about.
        assert curl(f"{url}/index.html").status == (500 if front.name == "traefik" else 200)
        assert curl(f"{url}/music/tone.mp3").status in {500, 502, 503}
        assert curl(f"{url}/index.html", agent=GPTBOT).status == 403


def test_who_gives_no_name_has_none(front: Behind) -> None:
    """HAProxy's own client would give its name in its place."""
    answer = curl(f"{front.url}/music/tone.wav", "-r", "0-9", agent="")
    assert answer.status == 403
    assert "others.anonymous" in answer.text


def test_of_two_names_the_first_counts(front: Behind) -> None:
    """The front's log, its question and the engine read the same one: or a line would be somebody else's.

    Envoy makes one name of both, in the question as in the log, and Traefik in its log.
    """
    if front.name == "envoy":
        return
    for number, (first, second, status) in enumerate(
        ((FIREFOX, LIBRARY, b"200"), (LIBRARY, FIREFOX, b"403"))
    ):
        before = front.counter.counts()("audio_bytes_total", purpose="browser")
        target = f"/music/tone.ogg?{front.name}{number}"
        names = (f"User-Agent: {second}", "Accept-Language: en", "Connection: close")
        got = conversation(front.url, request(target, first, *names, host=front.url[7:]))
        assert got.split(None, 2)[1] == status, got[:200]
        if status == b"200" and front.name != "traefik":
            counted(front.counter, "audio_bytes_total", before + 10_000, purpose="browser")
