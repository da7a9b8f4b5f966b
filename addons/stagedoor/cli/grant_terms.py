"""What `stagedoor licence` and `stagedoor pass` have in common: state, days, and whether one is in force."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
from pathlib import Path

from stagedoor.model.errors import StagedoorError


def state_option() -> argparse.ArgumentParser:
    """`--state DIR`, for each of their commands."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "--state", type=Path, required=True, metavar="DIR", help="the guard's state directory"
    )
    return parent


def add_until(parser: argparse.ArgumentParser) -> None:
    """`--until DATE`: see until()."""
    parser.add_argument("--until", metavar="DATE", help="2027-06-30, that day included (UTC)")


def today() -> date:
    """The day, by UTC."""
    return datetime.now(UTC).date()


def until(text: str | None) -> date | None:
    """The last day, None for no end; StagedoorError where it is none, or over."""
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise StagedoorError(f"--until {text}: that is no day — write 2027-06-30") from error
    if found < today():
        raise StagedoorError(f"--until {text}: that day is over — name a later one")
    return found


def standing(revoked: date | None, last: date | None) -> str:
    """What has become of it, as text."""
    if revoked:
        return f"revoked on {revoked}"
    return f"over since {last}" if last and last < today() else "in force"
