"""`stagedoor demo`: a small music site, the guard in front of it, and a cast that knocks."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse

from stagedoor import house
from stagedoor.audio.paths import normalise
from stagedoor.demo import origin
from stagedoor.demo.cast import CAST, Knock
from stagedoor.errors import StagedoorError
from stagedoor.facts import Client, Request, Verdict
from stagedoor.rules.policy import Policy

_HERE = "127.0.0.1"
PATIENCE = 60.0
"""Seconds for the guard to come up; a cold start on a slow machine takes ten."""


def run(options: argparse.Namespace) -> int:
    """Play the demo; stays up until it is interrupted, unless `--once`."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_play(once=options.once))
    return 0


async def _play(*, once: bool) -> None:
    console = Console(highlight=False)
    door, metrics = free_port(8080), free_port(9464)
    public = f"http://{_HERE}:{door}"
    server, behind = await origin.serve(_HERE, 0, public_url=public)
    console.print(
        f"A small music site plays at http://{_HERE}:{behind}; the guard steps in front …"
    )
    try:
        async with _guard(behind, door, metrics):
            answers = [(knock, await _knock(public, knock)) for knock in CAST]
            console.print(table(answers, house.load()))
            _farewell(console, public, metrics)
            if not once:
                await asyncio.Event().wait()
    finally:
        server.stop()


@contextlib.asynccontextmanager
async def _guard(behind: int, door: int, metrics: int) -> AsyncIterator[None]:
    """A real mitmdump with the real script, up and listening."""
    with tempfile.TemporaryDirectory(prefix="stagedoor-demo-") as folder:
        log = Path(folder) / "guard.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                "from mitmproxy.tools.main import mitmdump; mitmdump()",
                "-s",
                str(house.GUARD_SCRIPT),
                "--mode",
                f"reverse:http://{_HERE}:{behind}@{_HERE}:{door}",
                "--set",
                f"guard_metrics={_HERE}:{metrics}",
                stdout=output,
                stderr=output,
            )
        try:
            await _wait_for(door, process, log)
            await _wait_for(metrics, process, log)
            yield
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()


async def _wait_for(port: int, process: asyncio.subprocess.Process, log: Path) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    while process.returncode is None and loop.time() < deadline:
        try:
            _, writer = await asyncio.open_connection(_HERE, port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    said = await asyncio.to_thread(log.read_text)
    raise StagedoorError(f"the guard did not come up; it said:\n{said}")


async def _knock(public: str, knock: Knock) -> HTTPResponse:
    request = HTTPRequest(
        public + knock.path,
        headers={"User-Agent": knock.agent, **knock.headers},
        decompress_response=False,
        request_timeout=20,
    )
    return await AsyncHTTPClient().fetch(request, raise_error=False)


def table(answers: list[tuple[Knock, HTTPResponse]], policy: Policy) -> Table:
    """Who knocked, what came back, and why."""
    shown = Table(title="Who came to the door", title_justify="left", pad_edge=False)
    shown.add_column("Who", ratio=5)
    shown.add_column("Asked for", ratio=5, overflow="fold")
    shown.add_column("Answer", no_wrap=True)
    shown.add_column("Why", ratio=7)
    for knock, response in answers:
        client, verdict = _reason(policy, knock)
        refused = response.code == verdict.status
        answer = Text(f"{response.code} ", style="bold red" if refused else "green")
        answer.append("refused" if refused else _size(len(response.body)))
        shown.add_row(knock.who, knock.path.partition("?")[0], answer, _why(client, verdict))
    return shown


def _reason(policy: Policy, knock: Knock) -> tuple[Client, Verdict]:
    """What the rules say of a knock; the answer beside it is what really came back."""
    request = Request("GET", _HERE, normalise(knock.path), knock.path, knock.agent)
    client, _, verdict = policy.judge(request)
    return client, verdict


def _why(client: Client, verdict: Verdict) -> str:
    if verdict.title:
        return verdict.title
    return f"{client.name}, a {client.purpose.replace('-', ' ')}: let in"


def _size(count: int) -> str:
    return f"{count:,} B" if count < 10_000 else f"{count / 1000:,.0f} kB"


def _farewell(console: Console, public: str, metrics: int) -> None:
    console.print(
        f"\nThe site, guarded   {public}\n"
        f"Metrics             http://{_HERE}:{metrics}/metrics\n"
        f"Who may do what     {house.shown(house.SHIPPED_RULES)}/stance.yaml\n\n"
        f"Knock yourself:     curl -i -A GPTBot/1.2 {public}/music/ghost-light.mp3\n"
        f"Your own site:      ./run serve --upstream http://localhost:8000\n"
        f"Ctrl-C ends this.",
        soft_wrap=True,
    )


def free_port(wanted: int) -> int:
    """`wanted`, or any other port where that one is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind((_HERE, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StagedoorError("no port is free on 127.0.0.1")
