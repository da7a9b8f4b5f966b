"""Logins: who has a password that the site checks is let in, and nobody else is."""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import libopensonic
import libsonic
import pytest

from stagedoor.demo import origin as demo

from . import guarding
from .clients import FIREFOX, GPTBOT, LIBRARY, curl
from .guarding import Guard
from .programs import Program, free_port, run
from .rawsite import RawSite, Visit

RIGHT = "Authorization: Basic " + b64encode(b"artist:secret").decode()
WRONG = "Authorization: Basic " + b64encode(b"artist:guess").decode()
SONG = b"ID3\x04" + b"\0" * 4096

_CONFIG = """
[base]
database_uri = sqlite:///{folder}/supysonic.db
[webapp]
cache_dir = {folder}/cache
mount_webui = off
[daemon]
socket = {folder}/socket
run_watcher = off
"""
_SERVE = """
import sys
from supysonic.web import create_application
create_application().run("127.0.0.1", int(sys.argv[1]), threaded=True)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """supysonic with one song."""
    folder = tmp_path_factory.mktemp("supysonic")
    (folder / "supysonic.conf").write_text(_CONFIG.format(folder=folder))
    music = folder / "music" / "Band" / "Album"
    music.mkdir(parents=True)
    song = Path(demo.__file__).parent / "site" / "music" / "ghost-light.mp3"
    (music / song.name).write_bytes(song.read_bytes())
    for words in (
        ("user", "add", "artist", "--password", "secret"),
        ("folder", "add", "Music", str(folder / "music")),
        ("folder", "scan", "--foreground"),
    ):
        done = run(f"{Path(sys.executable).parent}/supysonic-cli", *words, cwd=folder)
        assert done.returncode == 0, done.stderr
    port = free_port()
    command = (sys.executable, "-c", _SERVE, str(port))
    with Program(*command, cwd=folder, log=folder / "output") as server:
        server.listens(port)
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def library(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    """The same behind a guard."""
    with guarding.running(tmp_path_factory.mktemp("library"), server) as found:
        yield found


# supysonic keeps passwords hashed, so it takes no tokens: `p`, not `t` and `s`.


def sonic(guard: Guard, password: str) -> libsonic.Connection:
    host, _, port = guard.url.rpartition(":")
    return libsonic.Connection(host, "artist", password, port=int(port), legacyAuth=True)


def opensonic(guard: Guard, password: str, *, post: bool) -> libopensonic.Connection:
    host, _, port = guard.url.rpartition(":")
    return libopensonic.Connection(
        host, "artist", password, port=int(port), use_get=not post, legacy_auth=True
    )


def test_py_sonic_with_the_right_password(library: Guard) -> None:
    connection = sonic(library, "secret")
    (song,) = connection.getRandomSongs()["randomSongs"]["song"]
    got = connection.stream(song["id"]).read()
    assert got == connection.download(song["id"]).read()
    assert len(got) > 10_000
    (line, *_) = library.decisions("/rest/stream.view", 1)
    assert line["verdict"] == "allow"
    assert line["rule"] == "logins-noted"


@pytest.mark.parametrize("post", [False, True])
def test_libopensonic_with_the_right_password(post: bool, library: Guard) -> None:
    connection = opensonic(library, "secret", post=post)
    (song,) = connection.get_random_songs()
    response = connection.download(song.id)  # of aiohttp, whose loop is libopensonic's own
    assert (response.status, response.content_type) == (200, "audio/mpeg")
    assert library.decisions("/rest/download", 1)[-1]["rule"] == "logins-noted"


def test_with_a_wrong_one_the_site_says_no(library: Guard) -> None:
    target = "/rest/stream.view?u=artist&p=guess&v=1.12.0&c=x&id=1"
    answer = curl(library.url + target, agent=LIBRARY)
    assert b'status="failed"' in answer.body
    without = curl(f"{library.url}/rest/stream.view?v=1.12.0&c=x&id=1", agent=LIBRARY)
    assert without.status == 403
    assert b"policy" in without.body


# -- by Authorization, byte by byte ----------------------------------------------------------------


def checks(visit: Visit) -> None:
    """A site with a password for everything but /open/; it looks at nothing but that."""
    if RIGHT in visit.head or visit.target.startswith("/open/"):
        visit.answer("audio/mpeg", f"Content-Length: {len(SONG)}", body=SONG)
    else:
        visit.answer("text/plain", "Content-Length: 2", "WWW-Authenticate: Basic realm=x",
                     status="401 Unauthorized", body=b"no")  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Iterator[RawSite]:
    with RawSite(checks) as found:
        yield found


@pytest.fixture(scope="module")
def one_guard(site: RawSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    with guarding.running(tmp_path_factory.mktemp("logins"), site.url) as found:
        yield found


@pytest.fixture
def front(site: RawSite, one_guard: Guard) -> Guard:
    site.handler = checks
    return one_guard


def fetched(
    front: Guard, path: str, *headers: str, agent: str = LIBRARY, home: int = 2
) -> tuple[int, bytes]:
    """From a household of its own: guesses of one test must not meet the next."""
    words = [word for header in headers for word in ("-H", header)]
    answer = curl(front.url + path, *words, "--interface", f"127.0.0.{home}", agent=agent)
    return answer.status, answer.body


def test_a_password_that_nobody_checks_opens_nothing(front: Guard, site: RawSite) -> None:
    for header in (RIGHT, WRONG, "Authorization: Bearer x", "Authorization: x"):
        assert fetched(front, "/open/a.mp3", header)[0] == 403
        assert fetched(front, "/open/a.mp3", header, agent=GPTBOT)[0] == 403
    assert fetched(front, "/open/rest/stream.view?u=a&p=b", agent=LIBRARY)[0] == 403
    # Not by what else lets the site refuse: a hotlink's 403, an error, an outage.
    for status in ("403 Forbidden", "404 Not Found", "429 Too Many", "500 Oops", "302 Found"):

        def refuses(visit: Visit, status: str = status) -> None:
            if "Authorization" in visit.head:
                visit.answer("audio/mpeg", f"Content-Length: {len(SONG)}", body=SONG)
            else:
                visit.answer("text/plain", "Content-Length: 0", "Location: /", status=status)

        site.handler = refuses
        assert fetched(front, f"/{status[:3]}/a.mp3", WRONG)[0] == 403


def test_one_that_the_site_checks_lets_in(front: Guard) -> None:
    assert fetched(front, "/a.mp3")[0] == 403
    assert fetched(front, "/a.mp3", RIGHT) == (200, SONG)
    assert fetched(front, "/a.mp3", RIGHT, "Range: bytes=0-") == (200, SONG)
    status, body = fetched(front, "/a.mp3", WRONG)
    assert (status, body) == (401, b"no")
    assert fetched(front, "/a.mp3", "Cookie: session=x")[0] == 403
    assert fetched(front, "/a.mp3", "Cookie: session=x", WRONG)[0] == 401


def test_a_recording_beside_a_no_is_kept_back(front: Guard, site: RawSite) -> None:
    site.handler = lambda visit: visit.answer(
        "text/plain", f"Content-Length: {len(SONG)}", status="401 Unauthorized", body=SONG
    )
    status, body = fetched(front, "/b.mp3", WRONG)
    assert status == 403
    assert b"ID3" not in body


def test_what_one_client_is_refused_for_opens_nothing_to_another(
    front: Guard, site: RawSite
) -> None:
    """A site that answers 401 to those who want JSON, and looks at no password."""

    def picky(visit: Visit) -> None:
        if "application/json" in visit.head or "curl/" in visit.head:
            visit.answer("text/plain", "Content-Length: 2", status="401 Unauthorized", body=b"no")
        else:
            visit.answer("audio/mpeg", f"Content-Length: {len(SONG)}", body=SONG)

    site.handler = picky
    assert fetched(front, "/picky.mp3", WRONG, "Accept: application/json", home=4)[0] == 401
    assert fetched(front, "/picky.mp3", WRONG, "Accept: */*", home=4)[0] == 403
    assert fetched(front, "/other.mp3", WRONG, agent="curl/8.1", home=4)[0] == 401
    assert fetched(front, "/other.mp3", WRONG, agent=LIBRARY, home=4)[0] == 403


def test_guessing_is_throttled_and_listeners_are_not(front: Guard) -> None:
    answers = [fetched(front, "/a.mp3", WRONG, home=3)[0] for _ in range(12)]
    assert answers == [401] * 10 + [429] * 2
    assert fetched(front, "/a.mp3", RIGHT, home=3)[0] == 429
    assert fetched(front, "/a.mp3", WRONG, agent=FIREFOX, home=3)[0] == 401
    assert fetched(front, "/a.mp3", RIGHT, agent=FIREFOX, home=3) == (200, SONG)
    assert fetched(front, "/a.mp3", RIGHT) == (200, SONG)


def test_who_logs_in_needs_no_pass(server: str, tmp_path: Path) -> None:
    (tmp_path / "stance.yaml").write_text("passes: {paths: ['/**']}\n", "utf-8")
    with guarding.running(tmp_path, server, "--set", f"guard_rules={tmp_path}") as guard:
        right = sonic(guard, "secret")
        (song,) = right.getRandomSongs()["randomSongs"]["song"]
        assert right.stream(song["id"]).read(3)
        wrong = curl(f"{guard.url}/rest/stream.view?id={song['id']}&c=x&v=1.9.0", agent=FIREFOX)
        assert wrong.status == 403
        assert "pass" in wrong.text
