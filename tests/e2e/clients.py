"""curl and raw sockets, and what they got."""

from __future__ import annotations

import hashlib
import socket
import subprocess
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from urllib.parse import urlsplit

from .programs import PATIENCE, at_load, program

GPTBOT = (
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.3; "
    "+https://openai.com/gptbot)"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
CHROMIUM = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
LIBRARY = "python-requests/2.32.5"
"""Refused recordings, let in to pages: so it shows what the guard takes for a recording."""


@dataclass(frozen=True)
class Answer:
    """What came back: `exit_status` is curl's own (56: hung up on, 18: ended early)."""

    status: int
    headers: Message
    body: bytes
    exit_status: int = 0

    @property
    def type(self) -> str:
        return str(self.headers.get("content-type", ""))

    @property
    def text(self) -> str:
        return self.body.decode()


_BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "en"}


def _is_browser(agent: str) -> bool:
    return agent.startswith("Mozilla/5.0 (") and "compatible;" not in agent and "Gecko" in agent


def curl(url: str, *arguments: str, agent: str = FIREFOX) -> Answer:
    """GET `url` with the real curl, exactly as it is written.

    Under a browser's name it sends what every browser sends: without that it is a program in
    disguise, and the guard sees it.
    """
    given = "\n".join(arguments).lower()
    arguments += tuple(
        word
        for name, value in (_BROWSER.items() if _is_browser(agent) else ())
        if f"{name.lower()}:" not in given
        for word in ("-H", f"{name}: {value}")
    )
    command = [
        program("curl"),
        "-q",
        "-sS",
        "--path-as-is",
        "-m",
        f"{PATIENCE:g}",
        "-D",
        "/dev/stderr",
    ]
    done = subprocess.run(
        [*command, "-A", agent, *arguments, url],
        capture_output=True,
        check=False,
        timeout=PATIENCE + 30,
    )
    # Interim responses (100 Continue) come first; the last block is the answer.
    blocks = done.stderr.decode("latin-1").replace("\r", "").split("\n\n")
    head = [block for block in blocks if block.startswith("HTTP/")]
    body = done.stdout.partition(b"\r\n\r\n")[2] if "-I" in arguments else done.stdout
    return _answer(head[-1] if head else "", body, done.returncode)


def _answer(head: str, body: bytes, exit_status: int = 0) -> Answer:
    first, _, fields = head.partition("\n")
    words = first.split()
    status = int(words[1]) if len(words) > 1 else 0
    return Answer(status, HeaderParser().parsestr(fields), body, exit_status)


def connect(url: str) -> socket.socket:
    """A connection to the server that `url` names."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)


def request(
    target: str = "/",
    agent: str = FIREFOX,
    *fields: str,
    method: str = "GET",
    host: str = "music.example",
) -> bytes:
    """The bytes of a request that no client library would send; Latin-1, so every byte can be."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", f"User-Agent: {agent}", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def raw(url: str, sent: bytes) -> Answer:
    """Send bytes, take what comes until the server is done; status 0 where it only hangs up."""
    return _parsed(conversation(url, sent))


def conversation(url: str, sent: bytes, silence: float = 1.5, most: int = 1 << 20) -> bytes:
    """What the server says to `sent`, until it closes, keeps silent, or has said enough."""
    got = b""
    with connect(url) as wire:
        try:
            wire.sendall(sent)
            wire.settimeout(at_load(silence))
            while len(got) < most and (part := wire.recv(65536)):
                got += part
        except (TimeoutError, ConnectionResetError, BrokenPipeError):
            pass
    return got


def _parsed(got: bytes) -> Answer:
    head, _, body = got.partition(b"\r\n\r\n")
    return _answer(head.decode("latin-1").replace("\r", ""), body)


def read_head(wire: socket.socket) -> tuple[str, bytes]:
    """A message's head as text, and what has come of its body with it."""
    got = b""
    while b"\r\n\r\n" not in got:
        part = wire.recv(65536)
        assert part, f"the connection was closed after {got!r}"
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    return head.decode("latin-1"), body


def sha256(what: Path | bytes) -> str:
    """The checksum of a file or of bytes."""
    data = what.read_bytes() if isinstance(what, Path) else what
    return hashlib.sha256(data).hexdigest()
