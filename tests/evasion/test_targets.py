"""What a server alone hands out as the recording, the guard in front of it must not."""

from __future__ import annotations

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from e2e import guarding
from e2e.programs import public_folder

from .origins import MARK, SERVERS, serving, site

AGENTS = {
    "GPTBot": b"User-Agent: Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)\r\n",
    "python-requests": b"User-Agent: python-requests/2.32.3\r\n",
}
LISTENER = (
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
    b"Accept: */*\r\nAccept-Language: en\r\nSec-Fetch-Dest: audio\r\nSec-Fetch-Mode: no-cors\r\n"
    b"Sec-Fetch-Site: same-origin\r\nRange: bytes=0-\r\n"
)
REFUSED_BY_FORM = frozenset({400, 414, 431})


def corpus() -> dict[str, bytes]:
    """Targets by their names."""
    text = (Path(__file__).parent / "targets.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]

    def raw(target: str) -> bytes:
        return re.sub(
            rb"\\x([0-9a-f]{2})|\\\\",
            lambda found: bytes([int(found[1], 16)]) if found[1] else b"\\",
            target.encode(),
        )

    return {name: raw(target) for name, target in rows}


def answer(port: int, headers: bytes, target: bytes) -> tuple[int, bool]:
    """The status, and whether the recording came."""
    got = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=3) as wire:
            wire.sendall(
                b"GET " + target + b" HTTP/1.1\r\nHost: music.example\r\n" + headers
                + b"Connection: close\r\n\r\n"
            )  # fmt: skip
            while MARK not in got and (part := wire.recv(65536)):
                got += part
    except (TimeoutError, ConnectionError):
        pass
    status = re.match(rb"HTTP/1\.\d (\d{3})", got)
    return int(status[1]) if status else 0, MARK in got


def answers(port: int, headers: bytes, targets: dict[str, bytes]) -> dict[str, tuple[int, bool]]:
    """All of them, some at a time."""
    with ThreadPoolExecutor(4) as pool:
        return dict(
            zip(targets, pool.map(partial(answer, port, headers), targets.values()), strict=True)
        )


def test_the_corpus_is_large_and_says_nothing_twice() -> None:
    found = corpus()
    assert len(found) >= 500
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize("name", SERVERS)
def test_the_recording_goes_out_to_listeners_only(name: str, tmp_path: Path) -> None:
    targets = corpus()
    with public_folder() as folder:
        root, work = folder / "site", folder / "work"
        for path in (root, work):
            path.mkdir()
        with serving(name, site(root), work) as port:
            alone = answers(port, LISTENER, targets)
            bare = {n: targets[n] for n, (_, came) in alone.items() if came}
            assert len(bare) >= 5, alone
            with guarding.running(tmp_path, f"http://127.0.0.1:{port}") as guard:
                door = int(guard.url.rpartition(":")[2])
                through = [
                    f"{agent}: {n} {targets[n]!r}"
                    for agent, headers in AGENTS.items()
                    # One of the two asks for all, to see that the guard opens no way of its own.
                    for n, (_, came) in answers(
                        door, headers, targets if agent == "GPTBot" else bare
                    ).items()
                    if came
                ]
                lost = [
                    f"listener: {n} {targets[n]!r} got {status}"
                    for n, (status, came) in answers(door, LISTENER, bare).items()
                    if not came and status not in REFUSED_BY_FORM
                ]
    assert not through, f"{name} hands out through the guard:\n" + "\n".join(through)
    assert not lost, f"{name} hands out to listeners no longer:\n" + "\n".join(lost)
