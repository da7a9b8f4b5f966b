"""Makes the announcement anew: `python -m tools.make_announcement` (needs ffmpeg with flite).

The words are ours, the voice is flite's "slt" (a permissive licence). The file is part of the package,
so that nothing has to be installed for it.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

WORDS = "This site does not send you the recording now. Please try again later."
FILE = Path(__file__).resolve().parents[1] / "addons/stagedoor/fronts/announcement.mp3"
_FORM = ("-ac", "1", "-ar", "24000", "-b:a", "32k", "-map_metadata", "-1", "-fflags", "+bitexact")


def main() -> None:
    """Write the file."""
    spoken = f"flite=text='{WORDS}':voice=slt"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", spoken, *_FORM, str(FILE)]
    subprocess.run(command, check=True)
    print(FILE.name, FILE.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
