"""Programs that fetch pages as files: WebDAV clients and mirrors get them byte for byte."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import guarding
from .clients import CHROMIUM, FIREFOX, GOOGLEBOT, LIBRARY, curl
from .guarding import Guard
from .programs import PATIENCE, Program, free_port, program, run
from .site import Site

PAGE = (
    b"<!doctype html><html><head><title>Songs</title></head><body>"
    + b"la " * 500
    + b"</body></html>\n"
)
BROWSES = ("-H", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Guard]]:
    """A WebDAV server behind a guard, and the folder that it serves."""
    folder = tmp_path_factory.mktemp("shelf")
    (folder / "dav").mkdir()
    port = free_port()
    command = [
        program("rclone"),
        "serve",
        "webdav",
        str(folder / "dav"),
        "--dir-cache-time",
        "0s",
        "--addr",
    ]
    with Program(*command, f"127.0.0.1:{port}", log=folder / "rclone") as server:
        server.listens(port)
        with guarding.running(folder, f"http://127.0.0.1:{port}") as found:
            yield folder / "dav", found


def test_rclone_gets_what_it_has_put(shelf: tuple[Path, Guard], tmp_path: Path) -> None:
    there, guard = shelf
    for name in ("here", "back"):
        (tmp_path / name).mkdir()
    (tmp_path / "here" / "songs.html").write_bytes(PAGE)
    remote = f":webdav,url='{guard.url}':"
    for words in (
        ("copy", str(tmp_path / "here"), remote),
        ("copy", remote, str(tmp_path / "back"), "--include", "songs.html"),
        ("check", "--download", "--one-way", str(tmp_path / "here"), remote),
    ):
        done = run(program("rclone"), "--config", "/dev/null", "--retries", "1", *words)
        assert done.returncode == 0, done.stderr
        assert "corrupted" not in done.stderr
    assert (there / "songs.html").read_bytes() == PAGE
    assert (tmp_path / "back" / "songs.html").read_bytes() == PAGE


def test_cadaver_gets_and_edits_the_page_itself(shelf: tuple[Path, Guard], tmp_path: Path) -> None:
    there, guard = shelf
    (there / "edited.html").write_bytes(PAGE)
    commands = "get edited.html\nput edited.html again.html\nls\nquit\n"
    done = subprocess.run(
        [program("cadaver"), f"{guard.url}/"],
        input=commands.encode(),
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=PATIENCE,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert (tmp_path / "edited.html").read_bytes() == PAGE, done.stdout
    assert (there / "again.html").read_bytes() == PAGE, done.stdout


@pytest.mark.parametrize(
    ("agent", "words", "tagged"),
    [
        (FIREFOX, (), True),
        (CHROMIUM, BROWSES, True),
        (GOOGLEBOT, (), True),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", (), True),
        ("Zorbulon/1.0", BROWSES, True),
        (LIBRARY, BROWSES, True),
        ("Zorbulon/1.0", (), False),
        (LIBRARY, (), False),
        ("curl/8.5.0", (), False),
        ("Wget/1.21.3", BROWSES, False),
        ("davfs2/1.6.1 neon/0.32.4", (), False),
        ("Microsoft-WebDAV-MiniRedir/10.0.19045", ("-H", "Translate: f"), False),
        (FIREFOX, ("-H", "Range: bytes=0-"), False),
        (FIREFOX, ("-H", "Depth: 0"), False),
    ],
)
def test_tags_go_to_those_who_show_or_crawl_pages(
    agent: str, words: tuple[str, ...], tagged: bool, guard: Guard, origin: Site
) -> None:
    answer = curl(f"{guard.url}/index.html", *words, agent=agent)
    assert (answer.body == origin.served("/index.html")) is tagged
    assert (answer.body == origin.file("/index.html")) is not tagged
    assert answer.headers["tdm-reservation"] == "1"  # headers say it to everybody
