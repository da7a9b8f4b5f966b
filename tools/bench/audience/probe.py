"""Loaded beside the guard by `./run bench listening`: what it remembers of each visitor.

A script of mitmproxy, that changes no decision. It writes down how far each fact of listening rose, and
lets visitors on this machine come from public addresses, because some traits are not asked of others.
With LISTENING_CLOCK the guard's clock of listening is the float in that file.

Environment: LISTENING_FACTS (file to write, as JSON), LISTENING_CLOCK (optional).
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from stagedoor.model.client_keys import network_key
from stagedoor.model.heard import SCOPES, Heard, Listener
from stagedoor.model.sound import SoundSent
from stagedoor.store.interface import Query
from stagedoor.store.memory import MemoryStore

PUBLIC = "81."
"""127.1.2.3 comes from 81.1.2.3."""
CLOCKED = ("stagedoor.fronts.decision_point", "stagedoor.fronts.sound_reports")
"""Modules that ask for the time in which listening is counted."""
EVERY = 0.3
"""Seconds between two writings."""

_counted = MemoryStore.sounded


class Probe:
    """The addon."""

    def __init__(self) -> None:
        self._most: dict[str, dict[str, dict[str, float]]] = defaultdict(
            lambda: {scope: dict.fromkeys(Heard._fields, 0.0) for scope in SCOPES}
        )
        self._changed, self._lock = False, threading.Lock()
        self._file = Path(os.environ["LISTENING_FACTS"])
        self._ended = threading.Event()

    def running(self) -> None:
        """The guard has opened its store."""
        probe = self

        def sounded(store: MemoryStore, listener: Listener, sent: SoundSent, at: float) -> None:
            _counted(store, listener, sent, at)
            probe.look(store, listener, at)

        MemoryStore.sounded = sounded  # type: ignore[method-assign, assignment]
        if clock := os.environ.get("LISTENING_CLOCK"):
            _set_clock(Path(clock))
        threading.Thread(target=self._write, daemon=True).start()

    def client_connected(self, client: Any) -> None:
        """Somebody has come."""
        address, *rest = client.peername
        if address.startswith("127.") and address != "127.0.0.1":
            client.peername = (PUBLIC + address.partition(".")[2], *rest)

    def look(self, store: MemoryStore, listener: Listener, at: float) -> None:
        """How far the facts of this visitor are now."""
        query = Query(listener.household, at, listener=listener, listening=SCOPES)
        heard = store.read(query).behaviour.listening
        with self._lock:
            most = self._most[network_key(listener.household)]
            for scope in SCOPES:
                facts = most[scope]
                for name, value in getattr(heard, scope)._asdict().items():
                    facts[name] = max(facts[name], float(value))
            self._changed = True

    def done(self) -> None:
        """The guard stops."""
        self._ended.set()
        self._put()

    def _write(self) -> None:
        while not self._ended.wait(EVERY):
            self._put()

    def _put(self) -> None:
        with self._lock:
            if not self._changed:
                return
            self._changed = False
            text = json.dumps(self._most)
        new = self._file.with_suffix(".new")
        new.write_text(text, "utf-8")
        new.replace(self._file)


def _set_clock(path: Path) -> None:
    with path.open("rb") as file:
        shared = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)

    def monotonic() -> float:
        return float(struct.unpack("d", shared[:8])[0])

    words = {name: getattr(time, name) for name in dir(time)}
    clock = SimpleNamespace(**{**words, "monotonic": monotonic})
    for name in CLOCKED:
        sys.modules[name].time = clock  # type: ignore[attr-defined]


addons = [Probe()]
