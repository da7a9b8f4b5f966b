"""Options that several commands have."""

from __future__ import annotations

import argparse
from pathlib import Path

RULES = "a directory with stance.yaml and rules, laid over the shipped ones"
_DESK = "127.0.0.1:9464"


def add_rules(parser: argparse.ArgumentParser) -> None:
    """`--rules DIR`: a Path or None."""
    parser.add_argument("--rules", type=Path, metavar="DIR", help=RULES)


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


def add_desk(parser: argparse.ArgumentParser) -> None:
    """`--at HOST:PORT`, with the description that the commands of the desk share."""
    parser.description = (
        "Asks the desk, on the address of the metrics. Where it wants a password, put it into the "
        "environment as STAGEDOOR_DESK_PASSWORD."
    )
    parser.add_argument("--at", default=_DESK, metavar="HOST:PORT", help=f"the desk ({_DESK})")
