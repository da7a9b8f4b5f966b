"""Evidence as a zip file: made by `stagedoor evidence export`, in a process of its own.

It reads and checks the whole ledger. Done inside the guard, that would hold up visitors.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stagedoor.model.errors import StagedoorError
from stagedoor.model.languages import Language

PATIENCE = 300.0
"""Seconds."""
_ADDONS = Path(__file__).resolve().parents[3]


def export(state: Path, crawler: str, days: int, language: Language, folder: Path) -> Path:
    """A zip file in `folder`, with the report in this language. Blocks. Raises StagedoorError with what the command said."""
    name = f"evidence-{re.sub(r'[^A-Za-z0-9._-]+', '-', crawler)[:60]}"
    since = (datetime.now(UTC) - timedelta(days=days)).date().isoformat()
    command = [sys.executable, "-m", "stagedoor", "evidence", "export"]
    command += [
        "--state",
        str(state),
        f"--crawler={crawler}",
        "--since",
        since,
        "--language",
        language,
    ]
    try:
        done = subprocess.run(  # noqa: S603 (no shell; the name is one word of the command)
            [*command, str(folder / name)], capture_output=True, text=True, check=False,
            timeout=PATIENCE, env=_environment(),
        )  # fmt: skip
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise StagedoorError(f"the export could not be made: {error}") from error
    if done.returncode:
        raise StagedoorError(done.stderr.strip()[-2000:] or "the export could not be made")
    packed = folder / f"{name}.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((folder / name).rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return packed


def _environment() -> Mapping[str, str]:
    """The guard's own, in which `stagedoor` is found also where it is not installed."""
    paths = [str(_ADDONS), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
