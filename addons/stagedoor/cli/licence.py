"""`stagedoor licence`: let one person or company take what others may not.

grant    print a token for them, once
list     every licence, and what has become of it
revoke   take one back
"""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stagedoor.cli import grant_terms
from stagedoor.cli.invocation import as_called
from stagedoor.cli.shared_options import add_site
from stagedoor.model.errors import StagedoorError, did_you_mean, listed

if TYPE_CHECKING:
    from stagedoor.identify.licences import Licence

_PREFIX = "sdl_"
_MOST = 10_000
"""Licences in all; each is one person or company that asked."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands that this one has."""
    what = parser.add_subparsers(
        dest="what", required=True, metavar="COMMAND", parser_class=argparse.ArgumentParser
    )
    state = grant_terms.state_option()
    add_site(state)
    grant = what.add_parser("grant", parents=[state], help="print a token for them, once")
    grant.add_argument("to", metavar="NAME", help="who it is for")
    grant.add_argument(
        "--uses", default="train,input,search", metavar="A,B",
        help="train, input, search (all of them)",
    )  # fmt: skip
    grant.add_argument(
        "--paths", action="append", default=[], metavar="GLOB",
        help="what it is for: '/music/ep1/**'; may be repeated (everything)",
    )  # fmt: skip
    grant_terms.add_until(grant)
    grant.add_argument(
        "--key", default="", metavar="URL",
        help="counts only on requests that this origin has signed (Web Bot Auth)",
    )  # fmt: skip
    what.add_parser("list", parents=[state], help="every licence, and what has become of it")
    revoke = what.add_parser("revoke", parents=[state], help="take one back")
    revoke.add_argument("id", metavar="ID", help="as `list` shows it")


def run(options: argparse.Namespace) -> int:
    """Run one of them; 0 where all is well."""
    return {"grant": _grant, "list": _list, "revoke": _revoke}[options.what](options)


def _grant(options: argparse.Namespace) -> int:
    from stagedoor.identify.licences import Licence, digest
    from stagedoor.identify.origins import signer_of
    from stagedoor.verify.licence_file import read_licences

    before = read_licences(options.state)
    if len(before) >= _MOST:
        raise StagedoorError(f"there are {len(before):,} licences already, and no room for more")
    key = signer_of(options.key) if options.key else ""
    if options.key and not key:
        raise StagedoorError(
            f"--key {options.key}: that is no signer — write https://a.example, or "
            "the address of its key set"
        )
    token = _PREFIX + secrets.token_urlsafe(24)
    licence = Licence(
        id=_free(before),
        to=_name(options.to),
        token_digest=digest(token),
        uses=_uses(options.uses),
        paths=_paths(options.paths),
        granted=grant_terms.today(),
        until=grant_terms.until(options.until),
        key=key,
    )
    _write(options.state, (*before, licence))
    print(f"Licence {licence.id} to {licence.to}, {_terms(licence)}.")
    print("Give them this token. It is shown once, and cannot be shown again:\n")
    print(f"    {token}\n")
    print(f"They send it with every request: Authorization: License {token}")
    print(
        as_called(f"To take it back: stagedoor licence revoke {licence.id} --state {options.state}")
    )
    return 0


def _free(before: Sequence[Licence]) -> str:
    taken = {one.id for one in before}
    while True:
        found = secrets.token_hex(4)
        if found not in taken:
            return found


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > 100 or not name.isprintable():
        raise StagedoorError("who is it for? Write a name of at most 100 letters: 'Label X'")
    return name


def _uses(text: str) -> tuple[str, ...]:
    from stagedoor.signals.meaning import USES

    found = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    for word in found:
        if word not in USES:
            raise StagedoorError(
                f"--uses {word}: that is not one of: {listed(USES)} — "
                f"{did_you_mean(word, USES) or 'write train'}"
            )
    if not found:
        raise StagedoorError("--uses names no use — write train, input or search")
    return found


def _paths(given: Sequence[str]) -> tuple[str, ...]:
    for path in given:
        if not path.startswith("/"):
            raise StagedoorError(f"--paths {path}: a path begins with / — write /{path}")
    return tuple(given) or ("/**",)


def _terms(licence: Licence) -> str:
    until = f"until {licence.until}" if licence.until else "without an end"
    key = f", signed by {licence.key}" if licence.key else ""
    return f"{', '.join(licence.uses)} of {', '.join(licence.paths)}, {until}{key}"


def _list(options: argparse.Namespace) -> int:
    from stagedoor.verify.licence_file import read_licences

    found = read_licences(options.state)
    if not found:
        print(as_called("No licence was granted yet: stagedoor licence grant NAME --state DIR"))
    for one in found:
        state = grant_terms.standing(one.revoked, one.until)
        print(f"{one.id}  {one.to}: {state}\n          {_terms(one)}; granted on {one.granted}")
    return 0


def _revoke(options: argparse.Namespace) -> int:
    from stagedoor.verify.licence_file import read_licences

    before = read_licences(options.state)
    found = next((one for one in before if one.id == options.id), None)
    if found is None:
        raise StagedoorError(f"there is no licence {options.id} — see `stagedoor licence list`")
    if found.revoked:
        print(f"Licence {found.id} to {found.to} was revoked on {found.revoked} already.")
        return 0
    gone = replace(found, revoked=grant_terms.today())
    _write(options.state, [gone if one is found else one for one in before])
    print(f"Licence {found.id} to {found.to} is revoked. A running guard knows it in a second.")
    return 0


def _write(state: Path, licences: Sequence[Licence]) -> None:
    from stagedoor.record import state_directory
    from stagedoor.verify.licence_file import write_licences

    try:
        state_directory.prepare(state)
        write_licences(state, licences)
    except OSError as error:
        print(f"{state} cannot be written: {error.strerror or error}", file=sys.stderr)
        raise SystemExit(1) from error
