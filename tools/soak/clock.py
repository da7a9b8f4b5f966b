"""A clock that can be moved for one program: a small library in C, loaded before all others."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path

SOURCE = Path(__file__).with_name("moved_clock.c")


class Clock:
    """Moves the time of day of every program that is started with its `environment`."""

    def __init__(self, folder: Path) -> None:
        """Build the library in `folder`. Raises RuntimeError where that is not possible."""
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise RuntimeError(
                "a C compiler is needed to move the guard's clock (Debian, Ubuntu: apt install gcc "
                "libc6-dev)"
            )
        library = folder / "moved_clock.so"
        built = subprocess.run(
            [compiler, "-O2", "-shared", "-fPIC", "-o", library, SOURCE],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if built.returncode:
            raise RuntimeError(f"{SOURCE.name} does not compile:\n{built.stderr}")
        self._file = folder / "clock"
        self._file.write_bytes(struct.pack("q", 0))
        self.environment: Mapping[str, str] = {
            "LD_PRELOAD": str(library), "SOAK_CLOCK": str(self._file)
        }  # fmt: skip

    def move(self, seconds: int) -> None:
        """From now on it is so many seconds later than it is."""
        with self._file.open("r+b", buffering=0) as file:
            file.write(struct.pack("q", seconds))
