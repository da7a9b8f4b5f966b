"""The state directory: addresses and evidence lie there, so it is for the guard's user alone.

Directories are 0700 and files 0600, also those that an older program left open to all. A directory
that holds other things, too, keeps its mode: it may be one that others need.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from stagedoor.config.site_stances import FOLDER as SITES
from stagedoor.load.trap_recordings import FOLDER as TRAPS
from stagedoor.verify.range_files import KEYS, RANGES

_OWN = re.compile(
    r"ledger(-form-\d+)?\.(sqlite(-wal|-shm|-journal)?|lock)(\.part)?|decisions\.jsonl(\.\d+)?"
    r"|polls\.json|(licences|downloads(\.unread)?|passes(\.uses)?)\.json|passes\.lock|(marks|shop)\.key|\..*\.tmp"
)
_FOLDERS = (RANGES, KEYS, TRAPS, SITES)
_OTHERS = 0o077

_log = logging.getLogger("stagedoor.state")


def prepare(state: Path) -> None:
    """Make the directory where it is missing; close it, and what is ours in it, to other users.

    Raises OSError where it cannot be made. What belongs to another user is left as it is.
    """
    if not state.is_dir():
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
    tightened = [path.name or str(path) for path in _open_to_others(state) if _tighten(path)]
    if tightened:
        _log.warning(
            "The state directory %s is for its owner alone now: other users could read %s.",
            state, _some(tightened),
        )  # fmt: skip


def _open_to_others(state: Path) -> Iterator[Path]:
    shared = False
    for path in sorted(state.iterdir()):
        if path.name in _FOLDERS and path.is_dir() and not path.is_symlink():
            yield path
            yield from (one for one in sorted(path.iterdir()) if one.suffix in {".json", ".tmp"})
        elif _OWN.fullmatch(path.name):
            yield path
        else:
            shared = True
    if shared and state.stat().st_mode & _OTHERS:
        _log.warning(
            "The state directory %s holds other files, too, so its mode stays as it is; give the "
            "guard a directory of its own with --set guard_state=DIR.", state,
        )  # fmt: skip
    elif not shared:
        yield state


def _tighten(path: Path) -> bool:
    """Whether its mode was changed."""
    try:
        found = path.lstat()
        regular = stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)
        if not regular or not found.st_mode & _OTHERS or found.st_uid != os.geteuid():
            return False
        path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS, follow_symlinks=True)
    except OSError:
        return False
    return True


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")
