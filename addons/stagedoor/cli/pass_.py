"""`stagedoor pass`: let one buyer take the files that you have sold, whatever the limits on listening say.

grant    print a mark for their links, once
list     every pass that was sold, and what has become of it
revoke   take one back
secret   print a new secret, with which your shop asks a running guard for passes
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from stagedoor.cli import grant_terms
from stagedoor.cli.invocation import as_called
from stagedoor.cli.shared_options import add_site
from stagedoor.model.errors import StagedoorError

if TYPE_CHECKING:
    from stagedoor.verify.sold_passes import SoldPass


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands that this one has."""
    what = parser.add_subparsers(
        dest="what", required=True, metavar="COMMAND", parser_class=argparse.ArgumentParser
    )
    state = grant_terms.state_option()
    add_site(state)
    grant = what.add_parser("grant", parents=[state], help="print a mark for their links, once")
    grant.add_argument(
        "--path", action="append", required=True, metavar="GLOB", dest="paths",
        help="what was sold: '/music/ep1/**'; may be repeated",
    )  # fmt: skip
    grant_terms.add_until(grant)
    grant.add_argument(
        "--count", type=int, default=0, metavar="N",
        help="how often each file may be taken (as often as wished)",
    )  # fmt: skip
    grant.add_argument("--note", default="", metavar="TEXT", help="for you: an order's number")
    what.add_parser("list", parents=[state], help="every pass, and what has become of it")
    revoke = what.add_parser("revoke", parents=[state], help="take one back")
    revoke.add_argument("serial", metavar="SERIAL", help="as `list` shows it")
    what.add_parser(
        "secret", parents=[state], help="print a new secret for your shop; the old one ends"
    )


def run(options: argparse.Namespace) -> int:
    """Run one of them; 0 where all is well."""
    try:
        return _RUN[options.what](options)
    except OSError as error:
        print(f"{options.state} cannot be written: {error.strerror or error}", file=sys.stderr)
        return 1


def _grant(options: argparse.Namespace) -> int:
    from stagedoor.marks.marked_links import marked
    from stagedoor.record import state_directory
    from stagedoor.verify.mark_keys import read_keys
    from stagedoor.verify.sold_passes import sell

    for path in options.paths:
        if not path.startswith("/"):
            raise StagedoorError(f"--path {path}: a path begins with / — write /{path}")
    if options.count < 0:
        raise StagedoorError("--count is 1 or more; leave it out for as often as wished")
    until = grant_terms.until(options.until)
    note = " ".join(options.note.split())[:200]
    state_directory.prepare(options.state)
    first = not read_keys(options.state)
    mark, sold = sell(options.state, options.paths, until, options.count, note, time.time())
    print(f"Pass {sold.serial} for {_terms(sold)}.")
    print("Its links, which are shown once and cannot be shown again:\n")
    for path in sold.paths:
        print(f"    {marked(path, mark)}")
    if any("*" in path for path in sold.paths):
        print(f"\nFor * write the name of each file: behind it stands ?sd={mark}")
    _say_first(first=first)
    print(
        as_called(f"\nTo take it back: stagedoor pass revoke {sold.serial} --state {options.state}")
    )
    return 0


def _say_first(*, first: bool) -> None:
    """A guard that has no key looks at no request for passes."""
    if first:
        print(
            "\nThis is the first: a guard that is running looks for passes from its next start on,"
        )
        print("or once it is sent SIGHUP.")


def _terms(sold: SoldPass) -> str:
    until = f"until {sold.until}" if sold.until else "without an end"
    times = "as often as wished"
    if sold.count:
        times = "each file once" if sold.count == 1 else f"each file {sold.count:,} times"
    return f"{', '.join(sold.paths)}, {times}, {until}"


def _list(options: argparse.Namespace) -> int:
    from stagedoor.verify.sold_passes import read_sold

    found: Sequence[SoldPass] = read_sold(options.state)
    if not found:
        print(as_called("No pass was sold yet: stagedoor pass grant --path GLOB --state DIR"))
    for one in found:
        state = grant_terms.standing(one.revoked, one.until)
        note = f" ({one.note})" if one.note else ""
        print(f"{one.serial}{note}: {state}\n    {_terms(one)}; granted on {one.granted}")
    return 0


def _revoke(options: argparse.Namespace) -> int:
    from stagedoor.verify.sold_passes import revoke

    found = revoke(options.state, options.serial, time.time())
    if found is None:
        raise StagedoorError(f"there is no pass {options.serial} — see `stagedoor pass list`")
    if found.revoked:
        print(f"Pass {found.serial} was revoked on {found.revoked} already.")
    else:
        print(f"Pass {found.serial} is revoked. A running guard knows it in a second.")
    return 0


def _secret(options: argparse.Namespace) -> int:
    from stagedoor.record import state_directory
    from stagedoor.verify.mark_keys import ensure_keys, new_shop_secret, read_keys

    state_directory.prepare(options.state)
    first = not read_keys(options.state)
    ensure_keys(options.state, time.time())
    print("The secret of your shop. It is shown once; the one of before does not count any more:\n")
    print(f"    {new_shop_secret(options.state)}\n")
    print("Your shop sends POST /passes to the address of the metrics: docs/passes.md says how.")
    _say_first(first=first)
    return 0


_RUN = {"grant": _grant, "list": _list, "revoke": _revoke, "secret": _secret}
