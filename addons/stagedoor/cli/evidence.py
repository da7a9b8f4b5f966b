"""`stagedoor evidence`: what crawlers were notified of, and what they took in spite of it.

list     every crawler's tally
verify   is the chain whole?
export   a folder for one crawler: a report to print, the entries, and a program that checks them
head     the line to keep elsewhere, for --holds
backup   a copy of the ledger, also while the guard runs
complaint  a letter to the operator of crawlers, with what it rests on
erase    personal parts, for a request under data-protection law; the chain stays whole
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from stagedoor.cli.invocation import as_called
from stagedoor.cli.shared_options import add_rules, add_site
from stagedoor.model.errors import StagedoorError
from stagedoor.model.languages import DEFAULT, LANGUAGES, Language

if TYPE_CHECKING:
    from stagedoor.cli.evidence_folder import Wanted
    from stagedoor.evidence.verification import Findings
    from stagedoor.record.ledger.database import Book
    from stagedoor.record.ledger.transactions import Test

_DAY = 86_400_000
_LANGUAGE = "English, German, French, Spanish; without it: the artist's, as the stance says it"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands that this one has."""
    what = parser.add_subparsers(
        dest="what", required=True, metavar="COMMAND", parser_class=argparse.ArgumentParser
    )
    state = argparse.ArgumentParser(add_help=False)
    state.add_argument(
        "--state", type=Path, required=True, metavar="DIR", help="the guard's state directory"
    )
    add_site(state)
    tallies = what.add_parser(
        "list", parents=[state], help="every crawler: notified of, taken, refused"
    )
    tallies.add_argument("--wide", action="store_true", help="one long line for each crawler")
    held = argparse.ArgumentParser(add_help=False)
    held.add_argument(
        "--holds", action="append", default=[], metavar="ENTRY:HASH|FILE",
        help="the ledger must hold this entry with this hash, noted earlier (a seal from the log); "
        "or every one in this file, which `head` wrote",
    )  # fmt: skip
    what.add_parser("verify", parents=[state, held], help="is the ledger's chain whole?")
    what.add_parser("head", parents=[state], help="the line to keep elsewhere, for --holds")
    copy = what.add_parser(
        "backup", parents=[state], help="copy the ledger, also while the guard runs"
    )
    copy.add_argument("out", type=Path, metavar="FILE", help="a file that is not there yet")
    export = what.add_parser(
        "export", parents=[held], help="a folder: report, entries, texts, and a verifier"
    )
    export.add_argument(
        "--state", type=Path, required=True, action="append", metavar="DIR",
        help="the guard's state directory; once for each of several guards",
    )  # fmt: skip
    add_site(export)
    export.add_argument("--crawler", required=True, metavar="NAME", help="as `list` names it")
    export.add_argument("--since", required=True, metavar="DATE", help="2026-10-01 (UTC)")
    export.add_argument("--until", metavar="DATE", help="that day included; without it: to now")
    export.add_argument(
        "--rules", type=Path, metavar="DIR",
        help="the site's address is read from the stance there; without it: from the ledger",
    )  # fmt: skip
    export.add_argument("--language", choices=LANGUAGES, help=_LANGUAGE)
    export.add_argument(
        "--no-addresses", action="store_true", help="leave out addresses and user agents"
    )
    export.add_argument(
        "--timestamp", metavar="URL", help="have a time-stamping server (RFC 3161) sign the chain"
    )
    export.add_argument(
        "--timestamp-ca", type=Path, metavar="PEM", help="certificates its signature must lead to"
    )
    export.add_argument("out", type=Path, metavar="OUT", help="a folder that is not there yet")
    letter = what.add_parser(
        "complaint", parents=[state, held],
        help="a letter to the operator of crawlers, with what it rests on",
    )  # fmt: skip
    letter.add_argument("operator", metavar="OPERATOR", help="OpenAI, Common Crawl, …")
    letter.add_argument("--out", type=Path, required=True, metavar="DIR",
                        help="a folder that is not there yet")  # fmt: skip
    letter.add_argument("--since", required=True, metavar="DATE", help="2026-10-01 (UTC)")
    letter.add_argument("--until", metavar="DATE", help="that day included; without it: to now")
    letter.add_argument("--language", choices=LANGUAGES, help=_LANGUAGE)
    letter.add_argument("--to", default="", metavar="ADDRESS",
                        help="where it goes, if the catalogue does not know")  # fmt: skip
    add_rules(letter)
    erase = what.add_parser(
        "erase", parents=[state], help="erase personal parts; the chain stays whole"
    )
    whose = erase.add_mutually_exclusive_group(required=True)
    whose.add_argument("--address", metavar="A", help="an address, or a network (A/24)")
    whose.add_argument("--agent", metavar="TEXT", help="a whole user agent")


def run(options: argparse.Namespace) -> int:
    """Run one of them; 0 where all is well."""
    import sqlite3

    from stagedoor.record.ledger.database import Book

    if isinstance(options.state, list):  # of export: several guards may stand before one site
        options.states, options.state = options.state, options.state[0]
    try:
        book = Book(options.state)
        try:
            return _COMMANDS[options.what](book, options)
        finally:
            book.close()
    except sqlite3.Error as error:
        print(f"The ledger in {options.state} cannot be read: {error}", file=sys.stderr)
        return 1


def _list(book: Book, options: argparse.Namespace) -> int:
    import orjson

    from stagedoor.cli import evidence_list
    from stagedoor.evidence.account import survey
    from stagedoor.evidence.wording import ENGLISH

    with book.reading():
        waiting = book.counting()
        # What is still being counted is known, though no entry says it yet.
        found = survey(
            chain(
                (orjson.loads(row.body) for row in book.rows()),
                ({**one.body(), "kind": one.kind} for one in waiting),
            )
        )
    if not found:
        print("No crawler was notified of anything yet, and nothing was taken.")
        return 0
    for line in evidence_list.lines(found, wide=options.wide or evidence_list.is_wide()):
        print(line)
    if waiting:
        print(f"Refused: {ENGLISH.counting(sum(one.count for one in waiting))}.")
    return 0


def _verify(book: Book, options: argparse.Namespace) -> int:
    from stagedoor.cli.safekeeping import holds as noted
    from stagedoor.evidence.verification import check

    holds = noted(options.holds)
    with book.reading():
        damage = book.damage()
        if damage:
            print(f"BROKEN: SQLite finds the file damaged: {damage}", file=sys.stderr)
            return 1
        found = check(book.stored(), holds)
    if found.broken:
        print(f"BROKEN: {found.broken}", file=sys.stderr)
        return 1
    for line in verified(found, len(holds)):
        print(as_called(line))
    return 0


def verified(found: Findings, held: int = 0) -> list[str]:
    """What `verify` says of a whole ledger; `held`: how many hashes it was compared with."""
    from stagedoor.evidence.wording import ENGLISH, when

    if not found.first:
        return ["OK: the ledger is empty."]
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in found.kinds.most_common())
    lines = [
        f"OK: {sum(found.kinds.values()):,} entries, {found.first:,} to {found.last:,}, "
        f"{when(found.since)} to {when(found.until)} UTC; {found.texts:,} published texts.",
        f"  {kinds}",
    ]
    lines += [f"  pruned: {line}" for line in ENGLISH.pruned(found)]
    lines += [f"  made room: {line}" for line in ENGLISH.thinned(found)]
    lines += [f"  lost: {line}" for line in ENGLISH.lost(found)]
    lines += [f"  {line}" for line in ENGLISH.interrupted(found)]
    lines += [f"  erased: {line}" for line in ENGLISH.erased(found)]
    lines += [f"  entry {seq:,} was pruned: its hash cannot be compared" for seq in found.gone]
    if held:
        lines.append(f"Compared with {held:,} hashes that were kept elsewhere: all are as noted.")
    else:
        lines.append(
            f"Compared with no hash that was kept elsewhere. {ENGLISH.cut_off} To find that, keep what "
            "`stagedoor evidence head` prints in another place, and name it with --holds."
        )
    lines.append(f"Note this elsewhere, and ask for it later with --holds: "
                 f"{found.last}:{found.head.hex()}")  # fmt: skip
    return lines


def _head(book: Book, _options: argparse.Namespace) -> int:
    from stagedoor.cli import safekeeping

    print(safekeeping.head(book))
    return 0


def _backup(book: Book, options: argparse.Namespace) -> int:
    from stagedoor.cli import safekeeping

    for line in safekeeping.backup(book, options.out):
        print(line)
    return 0


def _export(book: Book, options: argparse.Namespace) -> int:
    from stagedoor.cli import evidence_folder

    wanted = replace(
        _wanted(options),
        crawler=options.crawler,
        personal=not options.no_addresses,
        timestamp=options.timestamp or "",
        authorities=options.timestamp_ca,
    )
    if len(options.states) > 1:
        from stagedoor.cli import joint_evidence

        lines = joint_evidence.export(options.states, wanted, options.out)
    else:
        lines = evidence_folder.export(book, wanted, options.out).lines
    for line in lines:
        print(line)
    return 0


def _complaint(book: Book, options: argparse.Namespace) -> int:
    from stagedoor.cli import complaint_folder

    order = complaint_folder.Order(options.operator, options.rules, _wanted(options), options.to)
    for line in complaint_folder.write(book, order, options.out):
        print(line)
    return 0


def _wanted(options: argparse.Namespace) -> Wanted:
    """The time of an export, and the hashes to compare it with."""
    from stagedoor.cli.evidence_folder import Wanted
    from stagedoor.cli.safekeeping import holds

    now = int(time.time() * 1000)
    site, language = _site(options.rules)
    wanted = Wanted(
        crawler="",
        since=moment(options.since, "--since"),
        until=min(moment(options.until, "--until", end=True), now) if options.until else now,
        now=now,
        holds=holds(options.holds),
        site=site,
        language=options.language or language,
    )
    if wanted.since >= wanted.until:
        raise StagedoorError("--since is not before --until, or lies ahead — name an earlier day")
    return wanted


def _site(rules: Path | None) -> tuple[str, Language]:
    """The site's address and the artist's language, as the stance in `rules` says them."""
    if rules is None:
        return "", DEFAULT
    from stagedoor.load import rule_folder

    stance = rule_folder.load(rules).stance
    return stance.publish.address, stance.artist.language or DEFAULT


def moment(text: str, option: str, *, end: bool = False) -> int:
    """A day or a time as Unix milliseconds, UTC unless it says otherwise; `end`: the day's end."""
    try:
        if len(text) == len("2026-10-01"):
            day = date.fromisoformat(text)
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            return int(start.timestamp() * 1000) + (_DAY - 1 if end else 0)
        found = datetime.fromisoformat(text)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise StagedoorError(f"{option} {text}: that is no day — write 2026-10-01") from error


def _erase(book: Book, options: argparse.Namespace) -> int:
    from stagedoor.evidence.entries import Limits

    meant = _agent(options.agent) if options.address is None else _address(options.address)
    with book.writing(int(time.time() * 1000), Limits()) as writer:
        gone = writer.erase(meant)
    clean = book.forget()
    print(
        f"{gone:,} personal parts erased; the ledger says that they were, and its chain is whole."
    )
    if not clean:
        print("Another program reads the ledger: the freed space is overwritten when it has ended.")
    print(
        "Not touched: exports made before, copies (also ledger-form-1.sqlite, if it is there), "
        "and the decision log (decisions.jsonl)."
    )
    return 0


def _agent(agent: str) -> Test:
    return lambda part: part.get("agent") == agent


def _address(text: str) -> Test:
    """An address is looked for among whole ones; a network also among those that were cut."""
    try:
        wanted = ip_network(text)
    except ValueError as error:
        raise StagedoorError(
            f"--address {text}: that is no address and no network — write 198.51.100.7, or "
            "198.51.100.0/24 for all of whom only the network is kept"
        ) from error
    return lambda part: _inside(part, wanted)


def _inside(part: Mapping[str, str], wanted: IPv4Network | IPv6Network) -> bool:
    try:
        if address := part.get("address"):
            return ip_address(address.partition("%")[0]) in wanted
        if cut := part.get("network"):
            found = ip_network(cut)
            return found.version == wanted.version and found.subnet_of(wanted)  # type: ignore[arg-type]
    except ValueError:  # what was recorded is no address
        pass
    return False


_COMMANDS = {
    "list": _list, "verify": _verify, "head": _head, "export": _export, "backup": _backup,
    "complaint": _complaint, "erase": _erase,
}  # fmt: skip
