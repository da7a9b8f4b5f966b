"""Options that several commands have."""

from __future__ import annotations

import argparse
from pathlib import Path

RULES = "a directory with stance.yaml and rules, laid over the shipped ones"
_DESK = "127.0.0.1:9464"


def add_rules(parser: argparse.ArgumentParser) -> None:
    """`--rules DIR`: a Path or None."""
    parser.add_argument("--rules", type=Path, metavar="DIR", help=RULES)


def add_desk(parser: argparse.ArgumentParser) -> None:
    """`--at HOST:PORT`, with the description that the commands of the desk share."""
    parser.description = (
        "Asks the desk, on the address of the metrics. Where it wants a password, put it into the "
        "environment as STAGEDOOR_DESK_PASSWORD."
    )
    parser.add_argument("--at", default=_DESK, metavar="HOST:PORT", help=f"the desk ({_DESK})")
