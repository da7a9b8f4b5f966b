"""Path globs: `*` within a folder, `**` across folders, `?` one character.

Compiled to RE2, so that no pattern and no path can take more than linear time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import re2

_PARTS = re.compile(r"/\*\*/|\*\*|\*|\?|[^*?]+?(?=/\*\*/|[*?]|\Z)", re.DOTALL)


class Globs:
    """One or more globs; a path matches when any of them does."""

    def __init__(self, globs: Sequence[str]) -> None:
        options = re2.Options()
        options.never_capture = True
        options.dot_nl = True
        self._compiled = re2.compile("|".join(f"(?:{_translate(glob)})" for glob in globs), options)

    def match(self, path: str) -> bool:
        """Whether `path`, the whole of it, is one of these."""
        return self._compiled.fullmatch(path) is not None


def _translate(glob: str) -> str:
    """`/**/` also matches a single slash, so that `/music/**/a.mp3` holds for `/music/a.mp3`."""
    words = {"/**/": "/(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(words.get(part) or re2.escape(part) for part in _PARTS.findall(glob))
