"""`stagedoor status`: the desk on one screen of the terminal, for people on ssh (see top.py).

What is printed came over the network: nothing in it is obeyed by the terminal.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import orjson
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from stagedoor.cli.shared_options import add_desk
from stagedoor.cli.site_choice import which
from stagedoor.config.address_values import split_listen
from stagedoor.evidence.wording import size
from stagedoor.model.errors import StagedoorError
from stagedoor.record.terminal import printable

PASSWORD = "STAGEDOOR_DESK_PASSWORD"  # noqa: S105 (the variable's name)
PATIENCE = 10.0
MOST = 4 << 20
"""Bytes of an answer."""
TOP = 10
WIDTH = 110
"""Columns where the output goes into a file or a pipe."""
_BARS = " ▁▂▃▄▅▆▇█"

Status = Mapping[str, Any]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    add_desk(parser)
    parser.add_argument("--json", action="store_true", help="for programs")


def run(options: argparse.Namespace) -> int:
    """Print it; 0 where the guard is up and has the rules that are on disk."""
    found = ask(options.at, options.site, several=True)
    each = found.get("sites", {"": found})
    if options.json:
        print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    else:
        console = Console(highlight=False)
        if not console.is_terminal:
            console = Console(highlight=False, width=WIDTH)
        for name, one in each.items():
            if name:
                console.rule(name, align="left")
            console.print(screen(one, TOP))
    return 0 if all(one["rules"]["current"] for one in each.values()) else 1


def ask(at: str, site: str = "", *, several: bool = False) -> Status:
    """What the desk says, of one of several sites; of all of them, by their names under `sites`, where
    `several` may be answered. Raises StagedoorError, which says what to do.
    """
    try:
        host, port = split_listen(at)
    except ValueError as error:
        raise StagedoorError(f"--at {at}: {error}") from error
    headers = {}
    if password := os.environ.get(PASSWORD):
        given = base64.b64encode(f"desk:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {given}"
    connection = http.client.HTTPConnection(host or "127.0.0.1", port, timeout=PATIENCE)
    try:
        path = f"/sites/{quote(site, safe='')}" if site else ""
        connection.request("GET", f"{path}/status.json", headers=headers)
        answer = connection.getresponse()
        body = answer.read(MOST)
    except (OSError, http.client.HTTPException) as error:
        raise StagedoorError(
            f"nobody answers at {at}: {error} — is the guard running? Name its metrics' address "
            "with --at HOST:PORT"
        ) from error
    finally:
        connection.close()
    if site and answer.status == http.client.NOT_FOUND:
        raise StagedoorError(
            f'there is no site "{site}" at {at} — without --site, the sites there are listed'
        )
    if answer.status == http.client.UNAUTHORIZED:
        raise StagedoorError(f"the desk at {at} wants its password — put it into {PASSWORD}")
    try:
        found = orjson.loads(body)
        sites = found.get("sites")
        if isinstance(sites, dict) and not several:
            raise StagedoorError(which(tuple(sites)))
        for one in sites.values() if isinstance(sites, dict) else (found,):
            one["rules"]["current"], one["words"], one["crawlers"], one["hours"]
    except (ValueError, TypeError, KeyError) as error:
        raise StagedoorError(
            f"what answers at {at} ({answer.status}) is no desk — name the metrics' address of the "
            "guard with --at HOST:PORT"
        ) from error
    return dict(found)


def screen(found: Status, rows: int) -> RenderableType:
    """The whole of it, with so many crawlers."""
    return Group(*_head(found), Text(), *_words(found), Text(), crawlers(found, rows))


def _head(found: Status) -> Sequence[Text]:
    rules = found["rules"]
    enforcing = found["mode"] == "enforce"
    mode = "enforces" if enforcing else "observes: nobody is refused"
    lines = [
        Text.assemble(
            (f"Stagedoor {_safe(found['program'])} is up and ", ""),
            (mode, "bold green" if enforcing else "bold yellow"),
            f"; counting since {_clock(found['since'])}",
        ),
        Text(f"{rules['loaded']} rules loaded, {rules['in_force']} in force"
             + ("" if found["ledger"] else "; no ledger is kept")),
    ]  # fmt: skip
    if not rules["current"]:
        lines.append(Text("The rules on disk have mistakes, those from before stay:", "bold red"))
        lines += [Text(f"  {_safe(line, 300)}", "red") for line in rules["trouble"][:5]]
    lines += [Text(f"  {_safe(line, 300)}", "yellow") for line in rules["advice"][:3]]
    return lines


def _words(found: Status) -> Sequence[Text]:
    hours = found["hours"]
    most = max((h["machines"] + h["people"] for h in hours), default=0) or 1
    bars = "".join(_BARS[-(-(h["machines"] + h["people"]) * 8 // most)] for h in hours)
    return [
        *(Text(_safe(text, 300), "bold" if not n else "") for n, text in enumerate(found["words"])),
        Text.assemble("0 h ", (bars, "cyan"), " 24 h"),
    ]


def crawlers(found: Status, rows: int) -> Table:
    """Those with the most requests."""
    table = Table(box=None, pad_edge=False)
    for name in ("Who", "Identity", "Comes for"):
        table.add_column(name, overflow="ellipsis", no_wrap=True)
    heads = ("Now", "Requests", "Refused", "Took", "Bytes", "Came back", "Last")
    for name in heads:
        table.add_column(name, justify="right", no_wrap=True)
    for row in found["crawlers"][:rows]:
        table.add_row(
            Text(_safe(row["name"], 40), "bold"), _safe(row["proof"], 12), _safe(row["purpose"], 20),
            *(f"{row[key]:,}" for key in ("now", "knocks", "refused", "taken")),
            size(row["bytes"]), f"{row['against']:,}", _clock(row["last"]),
        )  # fmt: skip
    return table


def _safe(text: object, most: int = 120) -> str:
    return printable(str(text), most)


def _clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at)) if at else "–"
