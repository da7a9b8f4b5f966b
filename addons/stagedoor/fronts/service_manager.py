"""What systemd and its like want to know, and what they hand over: sd_notify(3), sd_listen_fds(3).

A few lines of a protocol that systemd promises to keep; its library for Python is LGPL and in C. Where
nobody listens, nothing is said.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import MutableMapping, Sequence

FIRST = 3
"""The number of the first socket that is handed over."""


class ServiceManager:
    """The manager that has started this process, as the environment names it; perhaps none.

    Its variables are taken out of the environment, so that no program of ours takes them for its own.
    """

    def __init__(self, environment: MutableMapping[str, str], process: int) -> None:
        self._at = environment.pop("NOTIFY_SOCKET", "")
        mine = environment.pop("LISTEN_PID", "") == str(process)
        count = environment.pop("LISTEN_FDS", "")
        environment.pop("LISTEN_FDNAMES", None)
        self._count = int(count) if mine and count.isdigit() else 0
        asked = environment.pop("WATCHDOG_USEC", "")
        watched = environment.pop("WATCHDOG_PID", str(process)) == str(process)
        self.alive_every = int(asked) / 2e6 if watched and asked.isdigit() and int(asked) else 0.0
        """Seconds after which alive() is expected again; 0 where nobody watches."""

    def sockets(self) -> Sequence[socket.socket]:
        """The listening sockets that were handed over."""
        found = [socket.socket(fileno=FIRST + number) for number in range(self._count)]
        for each in found:
            os.set_inheritable(each.fileno(), False)
            each.setblocking(False)
        self._count = 0
        return found

    def ready(self, status: str) -> None:
        """Everything is up; after a reload, too."""
        self._say(f"READY=1\nSTATUS={status}\nMAINPID={os.getpid()}")

    def reloading(self) -> None:
        """Rules and certificates are read again; ready() follows."""
        self._say(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Nobody new is taken any more."""
        self._say("STOPPING=1")

    def alive(self) -> None:
        """The event loop turns."""
        self._say("WATCHDOG=1")

    def _say(self, text: str) -> None:
        if not self._at:
            return
        # An @ is a name of Linux's that is no file.
        address = "\0" + self._at[1:] if self._at.startswith("@") else self._at
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                out.setblocking(False)  # visitors do not wait for a manager that is busy
                out.connect(address)
                out.sendall(text.encode())
        except OSError:  # a manager that is gone is no reason to go, too
            return
