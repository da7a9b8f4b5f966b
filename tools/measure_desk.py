"""What being watched costs: `python -m tools.measure_desk [ROUNDS]`.

One guard under load, crawlers among the visitors. In every other window the desk is looked at: a page
that is loaded and follows its events, and a scrape of the metrics every second. Prints requests a
second and CPU a request for both, and what drawing the page and one scrape take.
"""

from __future__ import annotations

import http.client
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import Self

from .bench import cast, origin
from .bench.door import CONNECTIONS, GUARD, _mitmdump
from .bench.processes import Processes, ask, free_port

SECONDS, WARM = 4.0, 0.5


class Watcher:
    """A reader with the desk open, and a Prometheus in a hurry."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=one) for one in (self._follow, self._scrape)]
        self.events = 0
        self.scrapes: list[float] = []
        self.pages: list[float] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _get(self, path: str) -> float:
        wire = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        began = time.perf_counter()
        wire.request("GET", path)
        assert wire.getresponse().read()
        wire.close()
        return time.perf_counter() - began

    def _follow(self) -> None:
        self.pages.append(self._get("/"))
        wire = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        wire.request("GET", "/events")
        answer = wire.getresponse()
        while not self._stop.is_set():
            self.events += answer.readline().startswith(b"data:")
        wire.close()

    def _scrape(self) -> None:
        while not self._stop.is_set():
            self.scrapes.append(self._get("/metrics"))
            self._stop.wait(1)


def _measurable() -> list[str]:
    """Everybody's requests but for pages and robots.txt: changed, they have no length the load waits for."""
    return [
        one for one in cast.everybody() if one.split(" ", 2)[1] not in (*cast.PAGES, *cast.SIGNALS)
    ]


def main(rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="stagedoor-") as name:
        folder = Path(name)
        with Processes(folder) as processes:
            site = origin.build(folder, 1_000_000, 1_000_000)
            behind, _ = origin.start(processes, folder, site)
            port, desk = free_port(), free_port()
            words = [_mitmdump(), "-q", "-s", str(GUARD), "--listen-host", "127.0.0.1"]
            words += ["--mode", f"reverse:http://127.0.0.1:{behind}", "--listen-port", str(port)]
            for option in (f"confdir={folder / 'mitmproxy'}", f"guard_metrics=127.0.0.1:{desk}",
                           f"guard_state={folder / 'state'}"):  # fmt: skip
                words += ["--set", option]
            guard = processes.start("guard", words, desk)
            job = {
                "port": port, "pid": guard.pid, "requests": _measurable(),
                "connections": CONNECTIONS, "seconds": SECONDS, "warm": WARM,
            }  # fmt: skip
            ask(job)
            alone, watched, watchers = [], [], []
            for number in range(rounds):
                for looked_at in (False, True) if number % 2 else (True, False):
                    if not looked_at:
                        alone.append(ask(job))
                        continue
                    with Watcher(desk) as watcher:
                        watched.append(ask(job))
                    watchers.append(watcher)
    for title, found in (("alone", alone), ("watched", watched)):
        rates = [one["rate"] for one in found]
        print(
            f"{title:8} {median(rates):7.0f} requests/s ({min(rates):.0f} to {max(rates):.0f}), "
            f"{median(one['cpu'] for one in found) * 1e3:.3f} ms CPU a request"
        )
    pairs = [one["rate"] / two["rate"] for one, two in zip(watched, alone, strict=True)]
    print(f"ratio    {median(pairs):.3f}, median of {rounds} pairs")
    scrapes = [one for watcher in watchers for one in watcher.scrapes]
    pages = [one for watcher in watchers for one in watcher.pages]
    print(
        f"under that load: a page {median(pages) * 1e3:.0f} ms, a scrape "
        f"{median(scrapes) * 1e3:.0f} ms, {sum(w.events for w in watchers)} events"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
