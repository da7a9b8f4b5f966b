"""`stagedoor evidence backup`, `head`, and `--holds`: what is kept of a ledger in another place.

A ledger whose newest entries were cut off looks whole by itself. So its head, one line, is kept
elsewhere: by a cron job, a mail, another guard. `--holds` compares.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from stagedoor.model.errors import StagedoorError

if TYPE_CHECKING:
    from stagedoor.record.ledger.database import Book

MOST_BYTES = 64 << 20
"""Of a file with heads: a line a minute for three years is more than enough."""


def holds(words: Sequence[str]) -> dict[int, bytes]:
    """Entries and their hashes: from `1234:9f86d0…`, or from a file of such lines.

    In a file only the first word of a line counts; empty lines and those that begin with # do not.
    Raises StagedoorError where a word is neither, or where two hashes are given for one entry.
    """
    found: dict[int, bytes] = {}
    for word in words:
        for line in _lines(word):
            number, of = _head(line, word)
            if found.setdefault(number, of) != of:
                raise StagedoorError(
                    f"--holds {word}: two hashes for entry {number} — one of them is of another "
                    "ledger, or of one that was written anew; keep both, they are evidence"
                )
    return found


def _lines(word: str) -> Sequence[str]:
    path = Path(word)
    try:
        if not path.is_file():
            return [word]
        if path.stat().st_size > MOST_BYTES:
            raise StagedoorError(f"--holds {word}: the file is too large — keep its newest lines")
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        raise StagedoorError(
            f"--holds {word}: it cannot be read: {error.strerror or error}"
        ) from error
    lines = [line.split()[0] for line in text.splitlines() if line.strip()]
    found = [line for line in lines if not line.startswith("#")]
    if not found:
        raise StagedoorError(
            f"--holds {word}: there is no head in this file — `stagedoor evidence head` prints them"
        )
    return found


def _head(text: str, word: str) -> tuple[int, bytes]:
    number, _, of = text.partition(":")
    try:
        found = int(number), bytes.fromhex(of)
    except ValueError:
        found = 0, b""
    if len(found[1]) != 32:
        raise StagedoorError(
            f'--holds {word}: “{text[:80]}” is no entry and hash — write it as "1234:9f86d0…", or '
            "name a file of such lines"
        )
    return found


def head(book: Book) -> str:
    """The line to keep elsewhere: `1234:9f86d0…  2026-10-01 12:00:00 UTC`."""
    from stagedoor.evidence.wording import when

    found = book.head()
    if found is None:
        raise StagedoorError(f"{book.path} has no entry yet — start the guard first")
    seq, of, at = found
    return f"{seq}:{of.hex()}  {when(at)} UTC"


BACKED_UP = "backed-up"
"""An empty file in the state directory: its time is that of the last backup, for `stagedoor doctor`."""


def backup(book: Book, out: Path) -> Sequence[str]:
    """Copy the ledger to `out` and check the copy; returns what to print."""
    from stagedoor.evidence.verification import check

    if out.exists():
        raise StagedoorError(f"{out} is there already — name a file that is not")
    try:
        book.backup(out)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise StagedoorError(f"{out} cannot be written: {reason}") from error
    copy = type(book)(out.parent, file=out.name)
    try:
        with copy.reading():
            damage = copy.damage()
            found = check(copy.stored())
        line = head(copy)
    finally:
        copy.close()
    if damage or found.broken:
        raise StagedoorError(
            f"{out} was written, but is not whole ({damage or found.broken}) — see `stagedoor "
            "evidence verify`"
        )
    # Where the directory may only be read, the copy is worth as much.
    with suppress(OSError):
        marker = book.path.parent / BACKED_UP
        marker.touch(mode=0o600)
        os.utime(marker)
    return [
        f"{out}: {sum(found.kinds.values()):,} entries, checked. To use it, put it into a state "
        "directory as ledger.sqlite while no guard runs there.",
        f"Its head, to keep in another place: {line}",
    ]
