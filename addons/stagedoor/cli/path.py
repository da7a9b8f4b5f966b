"""`stagedoor path`: where the addon script lies, for mitmdump's `-s`."""

from __future__ import annotations

import argparse

from stagedoor.load import rule_folder


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the command takes no arguments."""


def run(_options: argparse.Namespace) -> int:
    """Print the path."""
    print(rule_folder.GUARD_SCRIPT)
    return 0
