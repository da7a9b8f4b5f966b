"""A guard that runs for a moment on a port of its own, and four visitors: does the whole way work?

Nothing of it is kept. It enforces, whatever the stance says, so that a refusal can be seen.
"""

from __future__ import annotations

import asyncio
import os
import queue
import re
import shlex
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from stagedoor.audit.responses import Fetched
from stagedoor.cli.examination import Finding, bad, good, unknown, warning
from stagedoor.cli.setup_files import Plan
from stagedoor.cli.site_client import Asker, Wish
from stagedoor.cli.slow_notice import notice

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CRAWLER = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"
PLAYER = "mpv 0.40.0"
PATIENCE = 180.0
"""Seconds until the guard must be there: a small machine needs ten, a busy one more than a minute."""
_STARTED = re.compile(r"visitors come to (\S+)")
_WARNING = re.compile(r"(the site's port .*)")
_RECORDING = re.compile(
    r"""(?:href|src)\s*=\s*["']?([^"'>\s]+\.(?:mp3|ogg|opus|flac|m4a|wav))""", re.IGNORECASE
)
_NOT_THERE = "/stagedoor-trial.mp3"


def try_out(plan: Plan) -> Iterator[Finding]:
    """What is seen on the way, in its order, each as soon as it is seen."""
    direct = asyncio.run(_get(plan.upstream + "/", BROWSER))
    if direct.trouble:
        yield bad(f"your site: {plan.upstream} {direct.trouble}", "start it, then run this again")
        return
    yield good(f"your site answers at {plan.upstream} ({direct.status})")
    with notice("starting a guard; the first time that takes longest"), _guard(plan) as guard:
        if guard.address:
            yield from asyncio.run(_visits(guard.address, direct))
        elif guard.ended:
            yield bad(
                "the guard does not start", " / ".join(guard.said[-3:]) or "it printed nothing"
            )
        else:
            yield bad(
                f"the guard was not there after {PATIENCE:.0f} s",
                f"start it by hand, and read what it prints: {shlex.join(plan.serve)}",
            )
        for line in guard.said:
            if match := _WARNING.search(line):
                yield warning(match[1])


async def _get(url: str, agent: str, most: int = 200_000) -> Fetched:
    asker = Asker(agent)
    return await asker.get(url, Wish(most, seconds=15))


async def _visits(door: str, direct: Fetched) -> Sequence[Finding]:
    found = []
    page = await _get(door + "/", BROWSER)
    same = page.status == direct.status
    found.append(
        good(f"a browser gets your page through the guard ({page.status})")
        if same
        else bad(
            f"a browser gets {page.status or page.trouble} through the guard, and {direct.status} "
            "without it",
            "`stagedoor explain --ua BROWSER --path /` says why",
        )
    )
    path = recording(page)
    asked = path or _NOT_THERE
    crawler = await _get(door + asked, CRAWLER, 1_000)
    found.append(
        good(f"GPTBot asks for {asked} and is refused ({crawler.status})")
        if crawler.status in {402, 403}
        else warning(
            f"GPTBot asks for {asked} and gets {crawler.status or crawler.trouble}",
            "right, if your stance says ai: {train: yes}",
        )
    )
    if path:
        player = await _get(door + path, PLAYER, 1_000)
        found.append(
            good(f"a player asks for the same and gets it ({player.status})")
            if player.status in {200, 206}
            else bad(
                f"a player asks for {path} and gets {player.status or player.trouble}",
                f'`stagedoor explain --ua "{PLAYER}" --path {path}` says why',
            )
        )
    else:
        found.append(unknown("your first page links no recording, so no player was tried"))
    robots = await _get(door + "/robots.txt", CRAWLER)
    found.append(
        good("robots.txt says it, too")
        if b"Stagedoor" in robots.body
        else warning(
            f"robots.txt ({robots.status or robots.trouble}) says nothing of it",
            "right, if publish: {robots: no}",
        )
    )
    return found


def recording(page: Fetched) -> str:
    """The path of the first recording that a page of this site links; empty where there is none."""
    base = page.final or page.url
    for link in _RECORDING.findall(page.body.decode("utf-8", "replace")):
        parts = urlsplit(urljoin(base, link))
        if parts.netloc == urlsplit(base).netloc:
            return str(parts.path)
    return ""


@dataclass(frozen=True, slots=True)
class _Running:
    """A guard: where visitors come to (empty: it did not start), and its lines so far."""

    address: str
    said: Sequence[str]
    ended: bool


@contextmanager
def _guard(plan: Plan) -> Iterator[_Running]:
    with tempfile.TemporaryDirectory(prefix="stagedoor-trial-") as folder:
        command = [
            *plan.command, "serve", "--rules", str(plan.rules), "--state", folder,
            "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--mode", "enforce", *plan.tls,
        ]  # fmt: skip
        process = subprocess.Popen(  # noqa: S603 (this program itself)
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        lines: queue.Queue[str] = queue.Queue()
        said: list[str] = []
        assert process.stdout is not None
        reader = threading.Thread(target=_read, args=(process.stdout, lines, said), daemon=True)
        reader.start()
        try:
            address = _address(lines)
            yield _Running(address or "", said, ended=address == "")
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            reader.join(5)
            process.stdout.close()


def _read(stream: Iterable[str], lines: queue.Queue[str], said: list[str]) -> None:
    for line in stream:
        said.append(line.strip())
        lines.put(line)
    lines.put("")


def _address(lines: queue.Queue[str]) -> str | None:
    """Where visitors come to; empty where the guard ended, None where it took too long."""
    while True:
        try:
            line = lines.get(timeout=PATIENCE)
        except queue.Empty:
            return None
        if not line:
            return ""
        if found := _STARTED.search(line):
            address: str = found[1].rstrip("/")
            return address if "://" in address else f"http://{address}"
