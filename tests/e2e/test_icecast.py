"""A radio: icecast with a stream that never ends."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from . import guarding
from .clients import FIREFOX, GOOGLEBOT, GPTBOT, LIBRARY, connect, conversation, read_head, request
from .guarding import Guard
from .programs import Program, at_load, eventually, free_port, program, public_folder, run

MOUNT = "/live"
"""Without an extension, so only the response's type says that it is audio."""

_CONFIG = """
<icecast>
  <limits><burst-size>16384</burst-size></limits>
  <authentication>
    <source-password>secret</source-password>
    <admin-user>admin</admin-user><admin-password>secret</admin-password>
  </authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><bind-address>127.0.0.1</bind-address><port>{port}</port></listen-socket>
  <paths>
    <basedir>{folder}</basedir><logdir>{folder}</logdir>
    <webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot>
  </paths>
  <logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>3</loglevel></logging>
  <security><chroot>0</chroot>{owner}</security>
</icecast>
"""
_NOBODY = "<changeowner><user>nobody</user><group>nogroup</group></changeowner>"


@dataclass(frozen=True)
class Radio:
    """A running icecast on the air."""

    url: str

    def listeners(self) -> int:
        """How many connections are open to the stream."""
        arguments = [
            "-q",
            "-s",
            "-u",
            "admin:secret",
            f"{self.url}/admin/listclients?mount={MOUNT}",
        ]
        return run(program("curl"), *arguments).stdout.count("<IP>")


@pytest.fixture(scope="module")
def radio() -> Iterator[Radio]:
    with public_folder() as folder:
        yield from on_the_air(folder)


def on_the_air(public: Path) -> Iterator[Radio]:
    port = free_port()
    owner = _NOBODY if os.geteuid() == 0 else ""  # it refuses to run as root
    config = public / "icecast.xml"
    config.write_text(_CONFIG.format(port=port, folder=public, owner=owner))
    config.chmod(0o644)
    source = [program("ffmpeg"), "-v", "error", "-re", "-f", "lavfi", "-i", "anoisesrc=color=pink"]
    encoded = ["-c:a", "libmp3lame", "-b:a", "192k", "-content_type", "audio/mpeg", "-f", "mp3"]
    url = f"http://127.0.0.1:{port}"
    with Program(program("icecast2"), "-c", str(config), log=public / "output") as icecast:
        icecast.listens(port)
        mount = f"icecast://source:secret@127.0.0.1:{port}{MOUNT}"
        with Program(*source, *encoded, mount, log=public / "source") as on_air:
            eventually(lambda: heard_directly(url), f"the stream to be on the air: {on_air.output}")
            yield Radio(url)


def heard_directly(url: str) -> bool:
    return b"audio/mpeg" in conversation(f"{url}{MOUNT}", request(MOUNT), most=2000)


@pytest.fixture(scope="module")
def one_guard(radio: Radio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    with guarding.running(tmp_path_factory.mktemp("radio"), radio.url) as found:
        yield found


@pytest.fixture
def guard(one_guard: Guard, radio: Radio) -> Guard:
    eventually(lambda: radio.listeners() == 0, "earlier listeners to be gone")
    return one_guard


def test_a_listener_hears_it_live(guard: Guard, radio: Radio) -> None:
    with connect(guard.url) as wire:
        began = time.monotonic()
        wire.sendall(request(MOUNT, "VLC/3.0.21 LibVLC/3.0.21"))
        head, body = read_head(wire)
        while len(body) < 16_384:
            body += wire.recv(65536)
        assert time.monotonic() - began < at_load(3), "the beginning was held back"
        assert head.startswith(("HTTP/1.0 200", "HTTP/1.1 200"))
        assert "audio/mpeg" in head.lower()
        assert radio.listeners() == 1
        # Counted while it runs, not when it ends: it does not end.
        first = guard.counts()("audio_bytes_total", purpose="music-player")
        eventually(
            lambda: guard.counts()("audio_bytes_total", purpose="music-player") > first + 5_000,
            "more bytes to be counted while it runs",
        )
        # By the clock: the burst at the beginning is not heard sooner.
        heard = guard.counts()("audio_seconds_total", purpose="music-player")
        assert 0 < heard <= time.monotonic() - began + 1
    eventually(lambda: radio.listeners() == 0, "the guard to leave when the listener has left")


def test_song_titles_pass(guard: Guard) -> None:
    with connect(guard.url) as wire:
        wire.sendall(request(MOUNT, "VLC/3.0.21 LibVLC/3.0.21", "Icy-MetaData: 1"))
        head, _ = read_head(wire)
    assert "icy-metaint: " in head.lower()


@pytest.mark.parametrize("agent", [LIBRARY, GOOGLEBOT], ids=["a script", "Googlebot"])
def test_a_stream_known_by_its_type_alone_is_refused(
    agent: str, guard: Guard, radio: Radio
) -> None:
    """Icecast is asked and answers; nothing of it goes out, and it is hung up on."""
    before = guard.counts()
    began = time.monotonic()
    got = conversation(guard.url, request(MOUNT, agent), silence=10)
    assert time.monotonic() - began < at_load(5), (
        "the visitor was not hung up on, and icecast neither"
    )
    assert got.startswith((b"HTTP/1.0 403 Forbidden\r\n", b"HTTP/1.1 403 Forbidden\r\n"))
    head, _, body = got.partition(b"\r\n\r\n")
    assert b"audio" not in head.lower()
    assert body.endswith(b"\n")
    assert b"not for automated visitors" in body
    assert body.isascii()
    assert len(body) < 1000
    eventually(lambda: radio.listeners() == 0, "the guard to hang up on icecast", 5)
    after = guard.counts()
    for name, more in (
        ("audio_bytes_total", 0),
        ("audio_requests_refused_total", 1),
        ("blocks_total", 1),
    ):
        assert after(name) - before(name) == more, name


def test_a_refused_head_tells_nothing_of_the_stream(guard: Guard, radio: Radio) -> None:
    got = conversation(guard.url, request(MOUNT, LIBRARY, method="HEAD"))
    assert b" 40" in got[:14]  # icecast itself answers 400 to HEAD
    assert b"audio" not in got.lower()
    assert radio.listeners() == 0


def test_a_crawler_does_not_even_reach_it(guard: Guard, radio: Radio) -> None:
    got = conversation(guard.url, request(MOUNT, GPTBOT, "Connection: close"))
    assert got.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert radio.listeners() == 0


def test_ten_refusals_leave_nothing_behind(guard: Guard, radio: Radio) -> None:
    descriptors = Path(f"/proc/{guard.program.process.pid}/fd")
    conversation(guard.url, request(MOUNT, LIBRARY), silence=10)
    before = len(list(descriptors.iterdir()))
    for _ in range(10):
        conversation(guard.url, request(MOUNT, LIBRARY), silence=10)
    eventually(lambda: radio.listeners() == 0, "the guard to hang up on icecast", 5)
    eventually(lambda: len(list(descriptors.iterdir())) <= before, "sockets to be closed", 5)


def test_a_browser_listens_to_it_under_the_guard(guard: Guard) -> None:
    with connect(guard.url) as wire:
        wire.sendall(request(MOUNT, FIREFOX, "Range: bytes=0-"))
        head, body = read_head(wire)
        while len(body) < 30_000:
            body += wire.recv(65536)
    assert " 200 " in head


def test_a_source_is_refused_at_once_and_the_log_says_why(guard: Guard, tmp_path: Path) -> None:
    """Its stream has no length, which to HTTP/1 means that there is none."""
    source = [program("ffmpeg"), "-v", "error", "-re", "-f", "lavfi", "-i", "anoisesrc=d=30"]
    encoded = ["-c:a", "libmp3lame", "-content_type", "audio/mpeg", "-f", "mp3"]
    port = guard.url.rpartition(":")[2]
    for legacy in ("0", "1"):  # PUT, and SOURCE as before Icecast 2.4
        mount = f"icecast://source:secret@127.0.0.1:{port}/other"
        began = time.monotonic()
        done = run(*source, *encoded, "-legacy_icecast", legacy, mount)
        assert done.returncode != 0
        assert time.monotonic() - began < at_load(10)
    assert guard.said_so_far().count("let it connect to Icecast's own port") == 1
    assert guard.counts()("malformed_total", side="client", fault="length") >= 2
    ice = conversation(
        guard.url, b"SOURCE /other ICE/1.0\r\nContent-Type: audio/mpeg\r\n\r\n" + b"\xff" * 99
    )
    assert ice.startswith(b"HTTP/1.1 400")
    assert guard.counts()("malformed_total", side="client", fault="length") >= 3
