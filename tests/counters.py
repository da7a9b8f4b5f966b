"""A counter for unit tests: real sockets and a real service, in a thread with a loop of its own."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from making import FIREFOX
from stagedoor.fronts.addresses import networks
from stagedoor.fronts.authorize.running import Running, place
from stagedoor.fronts.mitmproxy.options import Settings


@dataclass(frozen=True)
class Told:
    """What a counter has answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Counting:
    """A running counter."""

    running: Running
    loop: asyncio.AbstractEventLoop
    port: int

    def do[T](self, act: Callable[[], T]) -> T:
        """Do something in the counter's own thread."""

        async def run() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(30)

    def get(self, path: str, method: str = "GET", **headers: str) -> Told:
        """Ask, as a front does; `X_Name` is the header X-Name."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            fields = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=fields)
            answer = connection.getresponse()
            return Told(
                answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
            )
        finally:
            connection.close()

    def asked(
        self,
        target: str,
        agent: str = FIREFOX,
        path: str = "/authorize",
        address: str = "198.51.100.7",
        method: str = "GET",
        **more: str,
    ) -> Told:
        """Ask about a request of a visitor."""
        about = {
            "X_Forwarded_Method": method,
            "X_Forwarded_Uri": target,
            "X_Forwarded_Host": "music.example",
            "X_Forwarded_For": address,
            "User_Agent": agent,
            "Accept_Language": "en",
        }
        return self.get(path, **(about | more))

    def logs(self, *lines: bytes) -> None:
        """Send lines as a front does, and wait until they are read."""
        reports = self.running.reports
        before = reports.lines
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for line in lines:
                out.sendto(line, ("127.0.0.1", self.port))
        for _ in range(3000):
            if self.do(lambda: reports.lines) >= before + len(lines):
                break
            threading.Event().wait(0.01)
        self.do(lambda: None)

    def sample(self, name: str, **labels: str) -> float:
        """A metric now."""
        from prometheus_client.parser import text_string_to_metric_families

        def start(_status: str, _headers: Any, _error: Any = None, /) -> Callable[[bytes], object]:
            return lambda _: None

        chunks = self.running.service.suite.metrics.exposition(
            {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics"}, start
        )
        text = b"".join(chunks).decode()
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == f"stagedoor_{name}" and labels.items() <= sample.labels.items()
        )


@contextmanager
def counting(
    rules: Path | None = None,
    upstream: str = "",
    trusted: str = "",
    state: Path | None = None,
    logs: tuple[str, ...] = (),
) -> Iterator[Counting]:
    """A counter for as long as the block lasts."""
    settings = Settings(
        rules=rules,
        state=state,
        metrics=None,
        mode=None,
        trusted_proxies=networks(trusted.split(",")) if trusted else None,
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> tuple[Running, int]:
        found = Running(settings, place("127.0.0.1:0", logs, upstream))
        return found, (await found.open())[1]

    try:
        running, port = asyncio.run_coroutine_threadsafe(begin(), loop).result(60)
        yield Counting(running, loop, port)
        asyncio.run_coroutine_threadsafe(running.close(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
