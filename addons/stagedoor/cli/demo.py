"""`stagedoor demo`: a small music site, the guard in front of it, and clients that visit it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import os
import re
import signal
import socket
import sys
import tempfile
import textwrap
import webbrowser
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import orjson
from rich import box
from rich.console import Console
from rich.table import Table
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse

from stagedoor.demo import origin
from stagedoor.demo.cast import CAST, SWEEP, Visit
from stagedoor.demo.traced_link import COLLECTOR, ELSEWHERE, FETCHER, links_in, write_list
from stagedoor.engine.order import judge
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError
from stagedoor.model.facts import Client, Request, Verdict
from stagedoor.resources.paths import normalise
from stagedoor.rules.policy import STANCE, Policy

_HERE = "127.0.0.1"
PATIENCE = 180.0
"""Seconds for the guard to come up; a cold start on a slow machine takes ten, on a busy one more."""
_PAUSE = 0.4
"""Seconds between two visits where somebody watches the desk."""
_UNTIL_SEEN = 1.5
"""Seconds until a browser shows a page."""
_STANCE = """\
artist:
  name: The Understudies
canaries: yes
"""
"""Beside the shipped rules: whose site it is, and links that can be traced."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("--once", action="store_true", help="end when everything was shown")
    parser.add_argument("--no-browser", action="store_true", help="do not open the desk")
    parser.add_argument(
        "--record", type=Path, metavar="FILE", help="draw what is shown as SVG, and end"
    )


def run(options: argparse.Namespace) -> int:
    """Play the demo; stays up until it is interrupted, unless `--once`."""
    once = options.once or options.record is not None
    if isinstance(sys.stdout, io.TextIOWrapper):  # also into a file or a pipe: it stays up for long
        sys.stdout.reconfigure(line_buffering=True)
    console = Console(highlight=False)
    if options.record is not None:
        console = Console(record=True, width=86, highlight=False, file=io.StringIO())
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_until_ended(play(console, once=once, show=not options.no_browser)))
    if options.record is not None:
        options.record.write_text(_picture(console), "utf-8")
        print(f"wrote {options.record}")
    return 0


def _picture(console: Console) -> str:
    """What was printed, as SVG. No font from elsewhere: who looks at it must fetch nothing."""
    drawn = console.export_svg(title="./run demo", theme=DIMMED_MONOKAI)
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    return drawn.replace("Fira Code", "ui-monospace")


async def _until_ended(playing: Coroutine[None, None, None]) -> None:
    """End on SIGTERM as on Ctrl-C: whatever was started is stopped first."""
    task = asyncio.ensure_future(playing)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task


async def play(console: Console, *, once: bool, show: bool = False) -> None:
    """Start site and guard, send the cast's requests, show the answers; stays up unless `once`.

    `show`: open the desk in a browser, where there is a screen.
    """
    door, metrics = free_port(8080), free_port(9464)
    public = f"http://{_HERE}:{door}"
    server, behind = await origin.serve(_HERE, 0, public_url=public)
    console.print(
        f"A small music site plays at http://{_HERE}:{behind}; the guard steps in front …"
    )
    desk = f"http://{_HERE}:{metrics}/"
    try:
        async with _guard(behind, door, metrics) as (rules, state):
            # Not in the picture: its port is another one each time.
            watched = not once and await _open(console, desk, show=show)
            policy = rule_folder.load(rules)
            answers = []
            for visit in CAST:
                answers.append((visit, await _send(public, visit)))
                await asyncio.sleep(_PAUSE if watched else 0)
            console.print()
            console.print(table(answers, policy))
            console.print()
            console.print(legend(answers, policy))
            console.print()
            await _sweep(console, public, _PAUSE if watched else 0)
            await _trace(console, public, state)
            report = await _evidence(console, state)
            if once:
                if not console.record:
                    console.print(
                        "\nWithout --once the demo stays up, and you can try it yourself."
                    )
                return
            _farewell(console, public, desk, report)
            await asyncio.Event().wait()
    finally:
        server.stop()


async def _open(console: Console, desk: str, *, show: bool) -> bool:
    """Name the desk, and open it where there is a screen; whether somebody looks at it now."""
    console.print(f"The desk: {desk}", soft_wrap=True)
    if not (show and sys.stdout.isatty() and _has_screen()):
        console.print("Open it in a browser: it shows who comes.")
        return False
    opened = await asyncio.to_thread(webbrowser.open, desk)
    if opened:
        await asyncio.sleep(_UNTIL_SEEN)
    return opened


async def _sweep(console: Console, public: str, pause: float) -> None:
    """One client takes the archive, until it is stopped; each answer is shown as it comes."""
    console.print(f"[bold]{SWEEP[0].who} takes the archive, {len(SWEEP)} recordings:[/bold]")
    taken, refused = 0, None
    for visit in SWEEP:
        response = await _send(public, visit)
        if response.code >= HTTPStatus.BAD_REQUEST:
            refused = response
            break
        taken += 1
        console.print("[green]♪[/green] ", end="")
        await asyncio.sleep(pause)
    if refused is None:
        console.print(f"\nall {taken} came")
        return
    wait = int(refused.headers.get("Retry-After", "0")) // 60
    console.print(
        f"[bold red]✗[/bold red]\n{taken} came; the next was refused ({refused.code}, come back in "
        f"{wait} minutes):\na browser's name, but no browser's headers. The desk counts it as a taker."
    )


async def _trace(console: Console, public: str, state: Path) -> None:
    """A list of links turns up, and says by itself to whom the links were handed."""
    page = await _send(public, COLLECTOR)
    links = links_in(page.body.decode())[:3]
    # A client of another network, where this system has one: all of 127.0.0.0/8 is this machine's on Linux.
    elsewhere = ELSEWHERE if sys.platform == "linux" else None
    await _send(public, Visit("Another client", links[0], FETCHER), elsewhere)
    found = write_list(state.parent, public, links)
    for _ in range(20):  # the ledger is written a moment later
        said = await _stagedoor(
            "canary", "find", found.name, "--state", str(state), cwd=state.parent
        )
        if "used on" in said:
            break
        await asyncio.sleep(0.1)
    console.print(
        "\n[bold]A traced link:[/bold] a script reads the front page; each link in it carries a mark.\n"
        f"Weeks later a list of links turns up. stagedoor canary find {found.name} says:"
    )
    for line in said.partition("\n\n")[2].partition("\n\n")[0].splitlines():
        for part in textwrap.wrap(line, 76, initial_indent="  ", subsequent_indent="        "):
            console.print(part, markup=False)


async def _stagedoor(*words: str, cwd: Path | None = None) -> str:
    """A command of this program; what it prints. StagedoorError where it fails."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "stagedoor", *words, cwd=cwd,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": _addons()},
    )  # fmt: skip
    said, _ = await started.communicate()
    if started.returncode:
        raise StagedoorError(
            f"stagedoor {words[0]} {words[1]} did not work: {said.decode(errors='replace')}"
        )
    return said.decode()


async def _evidence(console: Console, state: Path) -> Path:
    """Export what the ledger holds about GPTBot, and say what it is; returns the report."""
    folder = state / "evidence-GPTBot"
    await _stagedoor(
        "evidence", "export", "--state", str(state), "--crawler=GPTBot", "--since",
        datetime.now(UTC).date().isoformat(), str(folder),
    )  # fmt: skip
    entries = (folder / "entries.jsonl").read_bytes().splitlines()
    kinds = Counter(
        body["kind"] for line in entries if (body := orjson.loads(line).get("entry")) is not None
    )
    console.print(
        f"\n[bold]Evidence[/bold] about GPTBot, chained and checked: it was notified\n"
        f"{_times(kinds['notice'])}, asked for a recording all the same, and was refused "
        f"{_times(kinds['refusal'])}."
    )
    return folder / "report.html"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _addons() -> str:
    """Where this package lies, for a process that is started beside this one."""
    paths = [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
    return os.pathsep.join(filter(None, paths))


def _has_screen() -> bool:
    """Whether a browser would open a window, and not take the terminal."""
    return sys.platform == "darwin" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())


@contextlib.asynccontextmanager
async def _guard(behind: int, door: int, metrics: int) -> AsyncIterator[tuple[Path, Path]]:
    """A real mitmdump with the real script, up and listening; yields its rules and its state directory."""
    with tempfile.TemporaryDirectory(prefix="stagedoor-demo-") as folder:
        log, rules = Path(folder) / "guard.log", Path(folder) / "rules"
        rules.mkdir()
        (rules / STANCE).write_text(_STANCE, "utf-8")
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                "from mitmproxy.tools.main import mitmdump; mitmdump()",
                "-s",
                str(rule_folder.GUARD_SCRIPT),
                "--mode",
                f"reverse:http://{_HERE}:{behind}@{_HERE}:{door}",
                "--set",
                f"guard_metrics={_HERE}:{metrics}",
                "--set",
                f"guard_rules={rules}",
                "--set",
                f"guard_state={folder}/state",
                stdout=output,
                stderr=output,
            )
        try:
            await _wait_for(door, process, log)
            await _wait_for(metrics, process, log)
            yield rules, Path(folder) / "state"
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


async def _send(public: str, visit: Visit, source: str | None = None) -> HTTPResponse:
    request = HTTPRequest(
        public + visit.path,
        headers={"User-Agent": visit.agent, **visit.headers},
        decompress_response=False,
        request_timeout=20,
        network_interface=source,
    )
    return await AsyncHTTPClient().fetch(request, raise_error=False)


def table(answers: list[tuple[Visit, HTTPResponse]], policy: Policy) -> Table:
    """Who knocked, what came back, and why."""
    refused = sum(response.code >= HTTPStatus.BAD_REQUEST for _, response in answers)
    shown = Table(
        title=f"Who came to the door: {len(answers) - refused} let in, {refused} refused",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=0,  # 80 columns hold the longest rule
    )
    shown.add_column("Who", no_wrap=True, min_width=20)
    shown.add_column("Asked for", no_wrap=True, overflow="ellipsis", max_width=15)
    shown.add_column("Answer", no_wrap=True, min_width=11)
    shown.add_column("Why", no_wrap=True, overflow="fold", min_width=29)
    for visit, response in answers:
        closed = response.code >= HTTPStatus.BAD_REQUEST
        style = "red" if closed else "green"
        answer = Text(f"{response.code} ", style=f"bold {style}")
        answer.append("refused" if closed else _size(len(response.body)), style=style)
        client, verdict = _reason(policy, visit)
        why = verdict.rule or client.purpose.replace("-", " ")
        shown.add_row(visit.who, _short(visit.path), answer, f"{client.name}: {why}")
    return shown


def legend(answers: list[tuple[Visit, HTTPResponse]], policy: Policy) -> Table:
    """What the rules that the table names say."""
    shown = Table.grid(padding=(0, 2, 0, 0))
    verdicts = {v.rule: v for _, v in (_reason(policy, visit) for visit, _ in answers) if v.rule}
    for rule, verdict in verdicts.items():
        shown.add_row(Text(rule, style="bold"), verdict.title)
    return shown


def _reason(policy: Policy, visit: Visit) -> tuple[Client, Verdict]:
    """What the rules say of a request; the answer beside it is what really came back."""
    request = Request("GET", _HERE, normalise(visit.path), visit.path, visit.agent)
    judged = judge(policy, request)
    return judged.client, judged.verdict


def _short(path: str) -> str:
    """The end of a path, without its query: a folder matters less than the file."""
    return path.partition("?")[0].removeprefix("/music")


def _size(count: int) -> str:
    return f"{count:,} B" if count < 1000 else f"{count / 1000:,.0f} kB"


def _farewell(console: Console, public: str, desk: str, report: Path) -> None:
    console.print(
        f"\nThe site, guarded   {public}\n"
        f"The desk            {desk} (open it: who came, and what they got)\n"
        f"The evidence        {report.as_uri()}\n"
        f"Metrics             {desk}metrics\n"
        f"Who may do what     {rule_folder.shown(rule_folder.SHIPPED_RULES)}/stance.yaml\n\n"
        f"Try it yourself:    curl -i -A GPTBot/1.2 {public}/music/ghost-light.mp3\n"
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
