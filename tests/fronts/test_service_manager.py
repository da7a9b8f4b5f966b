"""What is said to systemd; the whole program does it in tests/e2e/test_serve.py."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from stagedoor.fronts.service_manager import ServiceManager


def test_without_a_manager_nothing_is_said_or_taken() -> None:
    manager = ServiceManager({}, 1)
    manager.ready("up")
    manager.stopping()
    assert manager.sockets() == []
    assert manager.alive_every == 0


def test_sockets_of_another_process_are_not_ours() -> None:
    given = {"LISTEN_PID": "2", "LISTEN_FDS": "3", "WATCHDOG_USEC": "100", "WATCHDOG_PID": "2"}
    manager = ServiceManager(given, 1)
    assert manager.sockets() == []
    assert manager.alive_every == 0
    assert given == {}


@pytest.mark.parametrize("abstract", [False, True])
def test_a_manager_hears_what_happens(abstract: bool, tmp_path: Path) -> None:
    name = f"@stagedoor-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hears:
        hears.bind("\0" + name[1:] if abstract else name)
        hears.settimeout(5)
        manager = ServiceManager({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "3000000"}, 1)
        assert manager.alive_every == 1.5
        manager.ready("serving")
        assert hears.recv(500) == f"READY=1\nSTATUS=serving\nMAINPID={os.getpid()}".encode()
        manager.reloading()
        assert hears.recv(500).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        manager.stopping()
        manager.alive()
        assert (hears.recv(500), hears.recv(500)) == (b"STOPPING=1", b"WATCHDOG=1")
        for _ in range(1000):
            manager.alive()  # a manager that does not read holds nobody up
    manager.alive()
