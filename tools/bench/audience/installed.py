"""Programs that are installed here."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from tools.bench.processes import BenchError


def found(name: str) -> str | None:
    """The path of a program: this environment's first, then PATH's and the system's."""
    here = str(Path(sys.executable).parent)
    return shutil.which(name, path=os.pathsep.join([here, os.environ.get("PATH", ""), "/usr/sbin"]))


def program(name: str) -> str:
    """The same, of one that this cannot do without."""
    path = found(name)
    if path is None:
        raise BenchError(f"this needs {name} (Debian, Ubuntu: apt install {name})")
    return path
