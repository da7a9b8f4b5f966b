"""mitmproxy's side for tests: flows through a reverse proxy, and a guard in a mitmproxy without a net.

The guard's rules are a small set, laid where the shipped one would be.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from mitmproxy import http
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.options import Options
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import taddons, tflow, tutils

from making import CATALOGUE, TRAINING_OFF, sources
from stagedoor.fronts.mitmproxy.addon import Guard
from stagedoor.load import rule_folder
from stagedoor.model.events import Decided
from stagedoor.record.recorders import Handlers

REVERSE = "reverse:http://localhost:8000"


def flow(
    target: str = "/",
    agent: str = "",
    method: str = "GET",
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
    peer: str = "198.51.100.7",
    mode: str = REVERSE,
) -> http.HTTPFlow:
    """A request that has just come in, answered by nobody yet."""
    fields = {
        "Host": "music.example",
        **({"User-Agent": agent} if agent else {}),
        **(headers or {}),
    }
    request = tutils.treq(
        method=method.encode(),
        path=target.encode("latin-1"),
        host="localhost",
        port=8000,
        headers=http.Headers([(k.encode(), v.encode("latin-1")) for k, v in fields.items()]),
        content=content,
    )
    found = tflow.tflow(req=request)
    found.client_conn.proxy_mode = ProxyMode.parse(mode)
    found.client_conn.peername = (peer, 4711)
    found.client_conn.timestamp_tls_setup = None
    found.client_conn.tls = False
    return found


def answered(
    found: http.HTTPFlow, content_type: str = "text/html", status: int = 200, **headers: str
) -> http.Response:
    """Let the site's response headers come in; its body may follow."""
    fields = {"content-type": content_type, **{k.replace("_", "-"): v for k, v in headers.items()}}
    found.response = http.Response.make(status, b"", fields)
    found.response.headers.pop("content-length", None)
    found.response.headers.update({k: v for k, v in fields.items() if v})
    return found.response


class Remembered:
    """A recorder that keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[Decided] = []

    def handlers(self) -> Handlers:
        return {Decided: self.record}

    def record(self, event: Decided) -> None:
        self.events.append(event)

    def close(self) -> None:
        """Nothing to write."""

    @property
    def verdicts(self) -> list[str]:
        """The verdicts that were recorded, in order."""
        return [event.verdict.label for event in self.events]


class Broken:
    """A recorder that cannot write, as on a full disk."""

    def handlers(self) -> Handlers:
        return {Decided: self.record}

    def record(self, event: Decided) -> None:
        raise OSError(28, "No space left on device", event.request.path)

    def close(self) -> None:
        """Nothing to write."""


@contextlib.contextmanager
def mitmproxy_with(guard: Guard, mode: str = REVERSE) -> Iterator[taddons.context]:
    """A mitmproxy that has loaded `guard`, and listens nowhere."""
    options = Options()
    options.update(mode=[mode])
    with taddons.context(Proxyserver(), guard, options=options) as context:
        try:
            yield context
        finally:
            context.master._legacy_log_events.uninstall()


def lay(folder: Path, files: Mapping[str, str]) -> Path:
    """Write a rules directory."""
    for source in sources(files):
        path = folder / source.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.data)
    return folder


def lay_shipped(folder: Path, files: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay `files` where the shipped rules would be."""
    monkeypatch.setattr(rule_folder, "SHIPPED_RULES", lay(folder / "shipped", files))
    return rule_folder.SHIPPED_RULES


SMALL_RULES = {
    **CATALOGUE,
    "20-ai.yaml": TRAINING_OFF,
    "90-free.yaml": "- {id: no-live, title: No live stream, when: {resource: audio, client.name: unknown}, then: block}",
    "stance.yaml": "artist: {name: Us, contact: 'mailto:us@example.org'}",
}

OFF = {"guard_metrics": "off"}


class GuardFixture:
    """A guard that has read its options, and what it records."""

    def __init__(self, guard: Guard, context: taddons.context) -> None:
        self.guard = guard
        self.context = context
        self.recorded = Remembered()
        self.metrics = guard.service.suite.metrics
        guard.service.suite.add(self.recorded)

    def enter(self, found: http.HTTPFlow) -> http.HTTPFlow:
        """Let a request come in."""
        self.guard.requestheaders(found)
        return found

    def value(self, name: str, **labels: str) -> float:
        """One of the guard's counters."""
        return self.metrics.registry.get_sample_value(f"stagedoor_{name}", labels) or 0

    def set(self, **options: str) -> None:
        """Change options, as a person would while the program runs."""
        self.context.configure(self.guard, **options)

    def run(self) -> None:
        """The proxy is up."""

        async def up() -> None:
            self.guard.running()
            if hasattr(self.guard, "_lean"):
                await self.guard._lean

        asyncio.run(up())


OpenGuard = Callable[..., GuardFixture]
"""Opens guards: `opened({"stance.yaml": "mode: observe"}, guard_state="…")`."""


@contextlib.contextmanager
def opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenGuard]:
    """Everything that was opened is closed at the end."""
    with contextlib.ExitStack() as stack:

        def open_guard(files: Mapping[str, str] | None = None, **options: str) -> GuardFixture:
            lay_shipped(tmp_path, {**SMALL_RULES, **(files or {})}, monkeypatch)
            guard = Guard()
            found = GuardFixture(guard, stack.enter_context(mitmproxy_with(guard)))
            found.set(**{**OFF, **options})
            return found

        yield open_guard
