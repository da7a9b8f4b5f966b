"""`stagedoor top`: who visits right now, drawn anew every two seconds until q is pressed."""

from __future__ import annotations

import argparse
import contextlib
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from stagedoor.cli.shared_options import add_desk
from stagedoor.cli.status import ask, screen
from stagedoor.model.errors import StagedoorError

EVERY = 2.0
"""Seconds between two looks, like the desk's own."""
_ENDS = frozenset("qQ\x1b\x03\x04")
_FURNITURE = 16
"""Lines that are no crawlers."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    add_desk(parser)


def run(options: argparse.Namespace) -> int:
    """Until q, Escape or Ctrl-C. A guard that goes away and comes back is waited for."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise StagedoorError("top needs a terminal — use `stagedoor status` for files and pipes")
    ask(
        options.at, options.site
    )  # a wrong address or password is reported before the screen is taken over
    console = Console(highlight=False)
    with _keys(), Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(_drawn(options.at, options.site, console), refresh=True)
            if _pressed(EVERY):
                return 0


def _drawn(at: str, site: str, console: Console) -> RenderableType:
    foot = Text("q ends", "dim")
    try:
        found = ask(at, site)
    except StagedoorError as error:
        return Group(Text(str(error), "bold red"), Text(), foot)
    return Group(screen(found, max(3, console.height - _FURNITURE)), Text(), foot)


@contextlib.contextmanager
def _keys() -> Iterator[None]:
    """Keys come one by one and are not shown; afterwards the terminal is as it was."""
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _pressed(seconds: float) -> bool:
    """Wait so long for a key that ends it."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if not select.select([sys.stdin], [], [], left)[0]:
            return False
        key = sys.stdin.read(1)
        if not key or key in _ENDS:
            return True
    return False
