"""`stagedoor update`: fetch the operators' lists anew, keep the last good copy, say what changed.

Meant to run daily from cron or a timer. Whatever goes wrong with one list leaves the copy that was
there: a failed fetch, a page that is no list, a list that has lost more than half of its networks.
Nothing is asked more often than hourly, however often this runs.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stagedoor.cli import signer_list
from stagedoor.cli.shared_options import add_rules
from stagedoor.cli.slow_notice import notice
from stagedoor.cli.update_targets import Target
from stagedoor.fetch.client import HttpClient
from stagedoor.fetch.exchange import Response
from stagedoor.fetch.fetch_policy import FetchError, FetchPolicy
from stagedoor.fetch.public_addresses import anywhere
from stagedoor.fetch.uses import LISTS
from stagedoor.identify.keys import KeysError, read_keys
from stagedoor.identify.origins import key_set_of
from stagedoor.identify.proof import Claim
from stagedoor.identify.ranges import parse_ranges
from stagedoor.load import rule_folder
from stagedoor.model.edges import EDGES
from stagedoor.model.errors import ConfigError, Location, Problem, StagedoorError, listed
from stagedoor.verify.range_files import (
    KEYS,
    RANGES,
    Copy,
    path_of,
    read_copy,
    write_copy,
    write_whole,
)

HOURLY = 3600.0
"""Seconds between two requests for one address; the operators ask for it."""
AT_ONCE = 8
POLLS = "polls.json"
"""In the state directory: when each address was last asked, also in vain."""
COMMON = 4
"""Lists that fail alike are one line, not one each, from this number on."""
SHOWN = 3
"""Added or removed networks that are named; of more, only the number is shown."""


class Get(Protocol):
    """Anything that fetches: raises FetchError."""

    async def fetch(self, url: str) -> Response: ...


def range_targets(claims: Iterable[Claim], *, local: bool = False) -> list[Target]:
    """Every list of addresses that the catalogue names, once."""
    read = partial(_networks, local=local)
    found = {
        url: Target(url, claim.operator, RANGES, read)
        for claim in claims
        for url in claim.proof.ranges
    }
    return sorted(found.values(), key=lambda target: (target.operator.lower(), target.url))


def edge_targets(*, local: bool = False) -> list[Target]:
    """The lists of the networks that pass requests on (`model.edges`)."""
    read = partial(_networks, local=local)
    return [Target(url, edge.name, RANGES, read) for edge in EDGES for url in edge.lists]


def key_targets(claims: Iterable[Claim]) -> list[Target]:
    """The key directory of everybody whose signatures the catalogue knows, once."""
    found = {
        claim.proof.web_bot_auth: Target(
            key_set_of(claim.proof.web_bot_auth), claim.operator, KEYS, _thumbprints
        )
        for claim in claims
        if claim.proof.web_bot_auth
    }
    return sorted(found.values(), key=lambda target: (target.operator.lower(), target.url))


def _thumbprints(data: bytes, place: str) -> frozenset[str]:
    try:
        return frozenset(read_keys(data))
    except KeysError as error:
        raise ConfigError([Problem(Location(place), f"it {error}")]) from error


def _networks(data: bytes, place: str, *, local: bool) -> frozenset[str]:
    return frozenset(map(str, parse_ranges(data, place, local=local)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. `fetched` is the copy's date now, 0 where there is none."""

    target: Target
    result: Literal["new", "changed", "same", "failed", "early"]
    fetched: float
    entries: int = 0
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    why: str = ""


async def refresh(
    state: Path,
    targets: Sequence[Target],
    fetcher: Get,
    *,
    now: Callable[[], float] = time.time,
    force: bool = False,
    accept_smaller: bool = False,
) -> list[Outcome]:
    """Fetch what is due, in the order of `targets`. StagedoorError where nothing can be written."""
    polls = _read_polls(state / POLLS)
    due = {t.url for t in targets if force or not 0 <= now() - polls.get(t.url, 0.0) < HOURLY}
    polls |= dict.fromkeys(due, now())
    try:  # before asking: a run that is killed has asked all the same
        write_whole(state / POLLS, orjson.dumps(polls, option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise StagedoorError(
            f"the state directory {state} cannot be written: {error.strerror or error} — "
            "choose another with --state DIR, or fix its rights"
        ) from error
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(target: Target) -> Outcome:
        before = _before(state, target)
        if target.url not in due:
            return Outcome(target, "early", before.fetched, len(before.entries))
        async with gate:
            try:
                body = (await fetcher.fetch(target.url)).body
                entries = target.read(body, target.url)
                if not accept_smaller and len(entries) * 2 < len(before.entries):
                    raise FetchError(
                        f"it shrank from {len(before.entries)} entries to {len(entries)} — "
                        "if that is right, run again with --accept-smaller --force"
                    )
                copy = Copy(target.url, target.operator, now(), body)
                write_copy(state / target.folder, copy)
            except OSError as error:
                return _failed(target, before, f"cannot be written: {error.strerror or error}")
            except StagedoorError as error:
                return _failed(target, before, _first(error))
        added, removed = entries - before.entries, before.entries - entries
        return Outcome(
            target,
            "new" if not before.fetched else "changed" if added or removed else "same",
            copy.fetched,
            len(entries),
            tuple(sorted(added)),
            tuple(sorted(removed)),
        )

    return list(await asyncio.gather(*map(one, targets)))


@dataclass(frozen=True, slots=True)
class _Before:
    fetched: float = 0.0
    entries: frozenset[str] = frozenset()


def _before(state: Path, target: Target) -> _Before:
    """The copy there is; a copy that cannot be used is as good as none."""
    path = path_of(state / target.folder, target.url)
    try:
        copy = read_copy(path)
        return _Before(copy.fetched, target.read(copy.body, str(path)))
    except ConfigError:
        return _Before()


def _failed(target: Target, before: _Before, why: str) -> Outcome:
    return Outcome(target, "failed", before.fetched, len(before.entries), why=why)


def _first(error: StagedoorError) -> str:
    """One line: a page that is no list has a mistake in every line."""
    if not isinstance(error, ConfigError):
        return str(error)
    problem, more = error.problems[0], len(error.problems) - 1
    place = f"line {problem.location.line}: " if problem.location.line else ""
    fix = f" — {problem.fix}" if problem.fix else ""
    return place + problem.message + (f" (and {more} more)" if more else "") + fix


def _read_polls(path: Path) -> dict[str, float]:
    try:
        found = orjson.loads(path.read_bytes())
        return {str(url): float(at) for url, at in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # the worst that follows is one request too early


# -- telling it --------------------------------------------------------------------------------


def table(outcomes: Iterable[Outcome], now: float) -> Table:
    """What changed, a line a file."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column("operator")
    shown.add_column("list", overflow="fold")
    shown.add_column("entries", justify="right")
    shown.add_column("what changed", overflow="fold")
    shown.add_column("age", justify="right", no_wrap=True)
    for outcome in outcomes:
        words, style = _words(outcome)
        shown.add_row(
            Text(outcome.target.operator),
            Text(outcome.target.url.partition("//")[2]),
            str(outcome.entries) if outcome.fetched else "–",
            Text(words, style),
            _age(now - outcome.fetched) if outcome.fetched else "–",
        )
    return shown


def _words(outcome: Outcome) -> tuple[str, str]:
    if outcome.result == "failed":
        kept = "the last good copy stays" if outcome.fetched else "there is no copy yet"
        return f"failed: {outcome.why}; {kept}", "red"
    if outcome.result == "early":
        return "asked less than an hour ago; --force asks again", "dim"
    if outcome.result == "same":
        return "unchanged", "dim"
    if outcome.result == "new":
        return "new", "green"
    return ", ".join(
        f"{sign}{len(what)} ({listed(what, SHOWN)})"
        for sign, what in (("+", outcome.added), ("−", outcome.removed))
        if what
    ), "yellow"


def common_failures(outcomes: Sequence[Outcome]) -> Mapping[str, list[Outcome]]:
    """Failures that several lists share, by what is wrong; without a network that is all of them."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.result == "failed":
            host = urlsplit(outcome.target.url).netloc
            found.setdefault(outcome.why.replace(f" {host}", ""), []).append(outcome)
    return {why: those for why, those in found.items() if len(those) >= COMMON}


def common_line(why: str, failed: Sequence[Outcome], asked: int) -> str:
    """One line about a failure that lists share: its cause, and what counts in the meantime."""
    kept = [outcome.fetched for outcome in failed if outcome.fetched]
    stays = []
    if kept:
        oldest = datetime.fromtimestamp(min(kept), UTC).date()
        stays.append(f"for {len(kept):,} the last good copy is in use (the oldest is of {oldest})")
    if lacking := len(failed) - len(kept):
        stays.append(f"for {lacking:,} the list that ships with the program is in use")
    lost = len(failed) == asked and not why.startswith("the server answers")
    hint = " — is this machine on the Internet?" if lost else "."
    return f"{len(failed):,} lists could not be fetched: {why}{hint} Now {', '.join(stays)}."


def _age(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return "now"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument(
        "--state", type=Path, required=True, metavar="DIR", help="the guard's state directory"
    )
    add_rules(parser)
    parser.add_argument("--force", action="store_true", help="also what was asked within the hour")
    parser.add_argument(
        "--accept-smaller", action="store_true", help="also lists that lost more than half"
    )
    parser.add_argument(
        "--registry",
        action="append",
        default=[],
        metavar="URL",
        help="also read a registry of signers (Web Bot Auth) and the cards it lists, and show them",
    )
    parser.add_argument(
        "--card", action="append", default=[], metavar="URL", help="also read a signer's card"
    )
    parser.add_argument(
        "--allow-private",
        action="store_true",
        help="also servers and networks that are not on the Internet: for tests",
    )


def policy_for(*, private: bool) -> FetchPolicy:
    """How lists are fetched; `private` lets servers on loopback and in private networks be asked."""
    return replace(LISTS, addresses=anywhere) if private else LISTS


def run(options: argparse.Namespace) -> int:
    """Update what the catalogue names; 1 only where all that was asked failed.

    `options` has state, rules, force, accept_smaller, registry, card and allow_private.
    """
    claims = rule_folder.load(options.rules).catalogue.signatures
    private = options.allow_private
    targets = [
        *range_targets(claims, local=private),
        *key_targets(claims),
        *edge_targets(local=private),
    ]
    client = HttpClient(policy_for(private=private))

    def refreshed(wanted: Sequence[Target]) -> list[Outcome]:
        return asyncio.run(
            refresh(
                options.state,
                wanted,
                client,
                force=options.force,
                accept_smaller=options.accept_smaller,
            )
        )

    registries = signer_list.registry_targets(options.registry)
    with notice(f"asking operators for {len(targets)} lists"):
        outcomes = refreshed([*targets, *registries])
        urls = list(
            dict.fromkeys([*options.card, *signer_list.listed(options.state, options.registry)])
        )
        outcomes += refreshed(signer_list.card_targets(urls)) if urls else []
    asked = [outcome for outcome in outcomes if outcome.result != "early"]
    failed = [outcome for outcome in asked if outcome.result == "failed"]
    common = common_failures(failed)
    told = {id(outcome) for those in common.values() for outcome in those}
    rest = [outcome for outcome in outcomes if id(outcome) not in told]
    if rest:
        Console().print(table(rest, time.time()))
    for why, those in common.items():
        print(common_line(why, those, len(asked)))
    if found := signer_list.cards(options.state, urls):
        Console().print(signer_list.table(found, claims))
    print(
        f"{len(asked) - len(failed)} of {len(asked)} refreshed, {len(outcomes) - len(asked)} not "
        f"due, in {options.state}."
    )
    return 1 if asked and len(failed) == len(asked) else 0
