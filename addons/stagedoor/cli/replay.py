"""`stagedoor replay`: what would these rules have done to last month?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from stagedoor.cli import log_files, replay_report, site_choice
from stagedoor.cli.shared_options import add_rules, add_site
from stagedoor.config.site_stances import hosts_of
from stagedoor.fronts.addresses import Proxies, networks
from stagedoor.fronts.replay.formats import FORMATS, Format
from stagedoor.fronts.replay.site_tally import SiteTally
from stagedoor.fronts.replay.summary import as_json, summarise
from stagedoor.fronts.replay.tally import Tally
from stagedoor.load import rule_folder
from stagedoor.load.site_policies import load_sites
from stagedoor.model.errors import StagedoorError
from stagedoor.rules.policy import Policy
from stagedoor.verify.edge_files import read_edges


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="access logs (of nginx, Apache, Caddy, Traefik, HAProxy, IIS, clouds; from files, Docker "
        "or the journal), HAR or mitmproxy flow files, packed or not; - reads standard input",
    )
    add_rules(parser)
    add_site(parser)
    parser.add_argument(
        "--diff", type=Path, metavar="DIR", help="rules from before: show whose verdict changes"
    )
    parser.add_argument(
        "--trusted-proxies",
        metavar="A,B",
        help="whose X-Forwarded-For in the log is believed; else what the stance says",
    )
    parser.add_argument(
        "--format", choices=FORMATS, default="auto", metavar="FORMAT",
        help=f"{', '.join(FORMATS)}, if it is not guessed",
    )  # fmt: skip
    parser.add_argument("--since", metavar="DAY", help="2026-10-01, or a time; UTC")
    parser.add_argument(
        "--until", metavar="DAY", help="the last day (or a time that is no more in)"
    )
    parser.add_argument("--json", action="store_true", help="everything, for programs")


def run(options: argparse.Namespace) -> int:
    """Replay `options.files`; 1 where one of them could not be read to its end, or has no request.

    `options` has files, rules, diff (a directory with the rules before, or None), format, since,
    until and json.
    """
    new = rule_folder.load(options.rules)
    sites = load_sites(options.rules, new)
    if sites and log_files.STDIN in options.files:
        raise StagedoorError(site_choice.which(tuple(sites)))
    console = Console(highlight=False, markup=False, emoji=False)
    answers: dict[str, Any] = {}
    failed = False
    for name, policy in (sites or {"": new}).items():
        before = (rule_folder.load(options.diff),) if options.diff is not None else ()
        tally = _tally((*before, policy), options, new.stance.site.default, name)
        faults = _read(options.files, options.format, tally)
        failed |= bool(faults)
        summary = summarise(tally)
        if options.json:
            answers[name] = {
                "files": list(options.files),
                "faults": faults,
                "claims_checked": False,
                **as_json(summary),
            }
            continue
        if name:
            console.rule(f"{name}: {', '.join(hosts_of(policy.stance))}", align="left")
        replay_report.show(summary, console)
    if options.json:
        found = {"sites": answers} if sites else answers[""]
        sys.stdout.buffer.write(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
        sys.stdout.buffer.flush()
    return int(failed)


def _tally(
    policies: tuple[Policy, ...], options: argparse.Namespace, default: str, name: str
) -> Tally:
    """What counts the requests of a site: of `name` among several, of that of --site, or of all."""
    bounds: dict[str, Any] = {
        "since": _moment(options.since) if options.since else float("-inf"),
        "until": _moment(options.until, whole_day=True) if options.until else float("inf"),
        "trusted": _proxies(options.trusted_proxies),
    }
    if not name and not rule_folder.split(options.rules)[1]:
        return Tally(policies, **bounds)
    unsaid = not name or name == default
    return SiteTally(policies, hosts_of(policies[-1].stance), unsaid=unsaid, **bounds)


def _read(names: Sequence[str], form: Format, tally: Tally) -> list[str]:
    """Count all files; the messages about those that cannot be read, which are printed as well."""
    console = Console(stderr=True, highlight=False, markup=False)
    columns = (
        TextColumn("reading", markup=False),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    sizes = [log_files.size_of(name) for name in names]
    total = None if None in sizes else sum(size for size in sizes if size)
    faults: list[str] = []
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("", total=total)
        for name in names:
            lines, found = tally.lines, tally.found + tally.others
            try:
                log_files.replay(name, form, tally, lambda n: progress.advance(task, n))
                read = tally.found + tally.others > found
                fault = "" if read else _nothing(name, tally, tally.lines - lines)
            except log_files.LogError as error:
                fault = str(error)
            if fault:
                faults.append(replay_report.clean(fault))
                console.print(faults[-1], soft_wrap=True)
    return faults


def _nothing(name: str, tally: Tally, lines: int) -> str:
    """What to say about a log in which no request was found."""
    place = "standard input" if name == log_files.STDIN else name
    if not lines:
        return f"{place}: it is empty — is it the access log, and has it been rotated?"
    here = [trouble for trouble in tally.troubles if trouble.place == place]
    why = f": {here[0].why}" if here else ""
    count = "its one line" if lines == 1 else f"its {lines:,} lines"
    return f"{place}: no request was found in {count}{why} — is it an access log?"


def _proxies(words: str | None) -> Proxies | None:
    """The trusted proxies of the command line."""
    if words is None:
        return None
    try:
        return networks(words.split(","), read_edges(None))
    except ValueError as error:
        raise StagedoorError(f"--trusted-proxies: {error}") from error


def _moment(text: str, *, whole_day: bool = False) -> float:
    """A day or a time (UTC unless it says otherwise) in Unix seconds; `whole_day`: a day's end."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise StagedoorError(f'"{text}" is no day — write it like 2026-10-31') from error
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    if whole_day and len(text) == len("2026-10-31"):
        when += timedelta(days=1)
    return when.timestamp()
