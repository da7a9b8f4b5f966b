"""Options that several commands have."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from stagedoor.config.site_names import is_site_name
from stagedoor.config.site_stances import FOLDER
from stagedoor.load import rule_folder, site_policies
from stagedoor.model.errors import StagedoorError, did_you_mean, listed

SITE = "one of several sites behind a guard, as the stance calls it"
RULES = "a directory with stance.yaml and rules, laid over the shipped ones"
_DESK = "127.0.0.1:9464"


def add_rules(parser: argparse.ArgumentParser) -> None:
    """`--rules DIR`: a Path or None."""
    parser.add_argument("--rules", type=Path, metavar="DIR", help=RULES)


def add_site(parser: argparse.ArgumentParser) -> None:
    """`--site NAME`: main() lets `--rules` and `--state` be those of that site (in_site)."""
    parser.add_argument("--site", default="", metavar="NAME", help=SITE)


def in_site(options: argparse.Namespace) -> None:
    """Where one of several sites is named, take its rules and its state for those of the guard.

    StagedoorError where there is no such site.
    """
    site = getattr(options, "site", "")
    if not site or not is_site_name(site):
        return  # the commands that take an address say what is wrong with it
    given = vars(options)
    rules = given.get("rules")
    if isinstance(rules, Path):
        known = site_policies.names(rules, rule_folder.load(rules))
        if site not in known:
            raise StagedoorError(_unknown(site, known, str(rules)))
        given["rules"] = site_policies.rules_of(rules, site)
    state = given.get("state")
    if "rules" in given and rules is None and state is None:
        raise StagedoorError(f"whose site is {site}? Name its rules, too: --rules DIR")
    if isinstance(state, list):
        given["state"] = [_of_site(one, site) for one in state]
    elif isinstance(state, Path):
        given["state"] = _of_site(state, site)


def _of_site(state: Path, site: str) -> Path:
    folder = state / FOLDER
    if not (folder / site).is_dir():
        known = sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []
        raise StagedoorError(_unknown(site, known, str(state)))
    return folder / site


def _unknown(site: str, known: Sequence[str], where: str) -> str:
    fix = did_you_mean(site, known) or (f"known: {listed(known)}" if known else "leave --site out")
    return f'there is no site "{site}" in {where} — {fix}'


def add_guard(parser: argparse.ArgumentParser) -> None:
    """`--rules DIR`, `--state DIR` and `--mode MODE`, each None where it is not given."""
    from stagedoor.model.facts import MODES

    add_rules(parser)
    parser.add_argument("--state", type=Path, metavar="DIR", help="keep the decision log there")
    parser.add_argument("--mode", choices=MODES, help="observe refuses nobody")


def add_upstream_trust(parser: argparse.ArgumentParser) -> None:
    """`--upstream-ca FILE` and `--upstream-insecure`: which certificates of the site are believed."""
    parser.add_argument(
        "--upstream-ca",
        type=Path,
        metavar="FILE",
        help="the certificate to believe of a site behind https://, or of its authority",
    )
    parser.add_argument(
        "--upstream-insecure",
        action="store_true",
        help="believe every certificate of a site on this machine or in a private network",
    )


def add_desk(parser: argparse.ArgumentParser, *, sites: bool = True) -> None:
    """`--at HOST:PORT`, with the description that the commands of the desk share; with `sites`, the
    choice of one.
    """
    parser.description = (
        "Asks the desk, on the address of the metrics. Where it wants a password, put it into the "
        "environment as STAGEDOOR_DESK_PASSWORD."
    )
    if sites:
        add_site(parser)
    parser.add_argument("--at", default=_DESK, metavar="HOST:PORT", help=f"the desk ({_DESK})")
