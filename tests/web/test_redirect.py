"""The port of http://: it sends on, hands challenges out, and gives nothing else away."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from stagedoor.model.errors import StagedoorError
from stagedoor.web.redirect import CHALLENGES, Redirect

TOKEN = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"


@pytest.fixture
def webroot(tmp_path: Path) -> Path:
    (tmp_path / CHALLENGES).mkdir(parents=True)
    (tmp_path / CHALLENGES / TOKEN).write_text(f"{TOKEN}.thumbprint")
    (tmp_path / "secret").write_text("secret")
    return tmp_path


@pytest.fixture
def redirect(webroot: Path) -> Iterator[Redirect]:
    found = Redirect("127.0.0.1", 0, 443, webroot)
    yield found
    found.close()


def ask(
    redirect: Redirect, target: str, host: str = "music.example", method: str = "GET"
) -> tuple[int, str, bytes]:
    """Status, Location, body."""
    wire = http.client.HTTPConnection("127.0.0.1", redirect.port, timeout=20)
    try:
        wire.putrequest(method, target, skip_host=True)
        wire.putheader("Host", host)
        wire.endheaders()
        answer = wire.getresponse()
        assert answer.getheader("Server") is None
        return answer.status, answer.getheader("Location") or "", answer.read()
    finally:
        wire.close()


@pytest.mark.parametrize(
    ("target", "host", "location"),
    [
        ("/", "music.example", "https://music.example/"),
        ("/a%20b.mp3?x=1&y=%22", "Music.Example:80", "https://Music.Example/a%20b.mp3?x=1&y=%22"),
        ("//evil.example/x", "music.example", "https://music.example//evil.example/x"),
        ("http://evil.example/x?y", "music.example", "https://music.example/x?y"),
        ("/", "[::1]:8080", "https://[::1]/"),
    ],
)
def test_the_same_page_by_https(redirect: Redirect, target: str, host: str, location: str) -> None:
    assert ask(redirect, target, host) == (301, location, b"")


@pytest.mark.parametrize("host", ["", "a b", "a/b", "user@music.example", "-x", "[x]", 'x"y'])
def test_a_request_that_names_no_site_gets_none(redirect: Redirect, host: str) -> None:
    assert ask(redirect, "/", host)[0] == 400


def test_another_method_keeps_what_it_is(redirect: Redirect) -> None:
    assert ask(redirect, "/form", method="POST")[:2] == (308, "https://music.example/form")
    assert ask(redirect, "/", method="HEAD")[0] == 301
    assert ask(redirect, "/", method="TRACE")[0] == 405


def test_a_port_that_is_not_the_usual_one_is_named(webroot: Path) -> None:
    other = Redirect("127.0.0.1", 0, 8443, webroot)
    try:
        assert ask(other, "/x")[1] == "https://music.example:8443/x"
    finally:
        other.close()


def test_a_challenge_is_handed_out(redirect: Redirect) -> None:
    status, _, body = ask(redirect, f"/{CHALLENGES}/{TOKEN}")
    assert (status, body) == (200, f"{TOKEN}.thumbprint".encode())
    assert ask(redirect, f"/{CHALLENGES}/{TOKEN}", method="HEAD")[0] == 200
    assert ask(redirect, f"/{CHALLENGES}/{TOKEN}", method="POST")[0] == 308


@pytest.mark.parametrize(
    "name",
    [
        "none",
        "",
        "..",
        "../../secret",
        "%2e%2e%2f%2e%2e%2fsecret",
        "link",
        "folder",
        "pipe",
        "large",
    ],
)
def test_nothing_else_of_the_folder_is(redirect: Redirect, webroot: Path, name: str) -> None:
    folder = webroot / CHALLENGES
    (folder / "link").symlink_to(webroot / "secret")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "large").write_bytes(bytes(5_000))
    status, _, body = ask(redirect, f"/{CHALLENGES}/{name}")
    assert (status, body) == (301, b"")


def test_without_a_webroot_the_site_may_have_a_challenge() -> None:
    alone = Redirect("127.0.0.1", 0, 443)
    try:
        assert (
            ask(alone, f"/{CHALLENGES}/{TOKEN}")[1] == f"https://music.example/{CHALLENGES}/{TOKEN}"
        )
    finally:
        alone.close()


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StagedoorError, match=f"--redirect 127.0.0.1:{port} cannot be"):
            Redirect("127.0.0.1", port, 443)
