"""Several ranges in one response (`multipart/byteranges`, RFC 9110, section 14.6), as they pass."""

from __future__ import annotations

import re
from typing import Final

_RANGE = re.compile(
    rb"\r\n--[^\r\n]{1,200}\r\n(?:[^\r\n]{0,1000}\r\n){0,8}?"
    rb"content-range:[ \t]*bytes[ \t]+(\d{1,15})-(\d{1,15})/(\d{1,15}|\*)",
    re.IGNORECASE,
)
_CARRY: Final = 2048
_ASKED = re.compile(r"(\d{1,15})?[ \t]*-[ \t]*(\d{1,15})?", re.ASCII)
_MOST_ASKED: Final = 32
"""Parts of a request that are told apart; all further ones count as one with the last."""
MOST: Final = 1000
"""Parts that are noted in one portion; all further ones count as one with the last."""


class Parts:
    """Which bytes of a file have gone out. What stands between the parts is looked at, not kept."""

    __slots__ = ("_carry", "_left", "_place", "_taken", "size")

    def __init__(self) -> None:
        self._carry = b"\r\n"
        self._taken: list[tuple[int, int]] = []
        self._left = self._place = 0
        self.size = 0
        """Of the whole file, 0 where the parts do not say."""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        data = self._carry + chunk
        at = 0
        if self._left:  # the bytes of a part: what looks like a head in them is none
            at = min(self._left, len(chunk))
            self._pass(at)
            data = chunk[at:] if self._left == 0 else b""
            at = 0
        while data and (found := _RANGE.search(data, at)) is not None:
            start, end = int(found[1]), int(found[2]) + 1
            self.size = self.size if found[3] == b"*" else int(found[3])
            body = data.find(b"\r\n\r\n", found.end())
            if body < 0:
                break
            self._place, self._left = start, max(0, end - start)
            at = body + 4
            step = min(self._left, len(data) - at)
            self._pass(step)
            at += step
        self._carry = b"" if self._left else data[at:][-_CARRY:]

    def _pass(self, size: int) -> None:
        if size <= 0:
            return
        begin, self._place, self._left = self._place, self._place + size, self._left - size
        if self._taken and (self._taken[-1][1] == begin or len(self._taken) >= MOST):
            self._taken[-1] = self._taken[-1][0], max(self._taken[-1][1], self._place)
        else:
            self._taken.append((begin, self._place))

    def taken(self) -> list[tuple[int, int]]:
        """The bytes that have gone out since this was last asked."""
        taken, self._taken = self._taken, []
        return taken


def asked_parts(text: str, size: int) -> list[tuple[int, int]]:
    """Which bytes of a file of `size` bytes a Range asks for: begin and end, in the file's order,
    those that touch as one. Empty where it is no range of bytes, or one that the file does not have.
    """
    unit, equals, rest = text.partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return []
    found: list[tuple[int, int]] = []
    for part in rest.split(","):
        said = _ASKED.fullmatch(part.strip())
        if said is None or not (said[1] or said[2]):
            return []
        begin = int(said[1]) if said[1] else max(0, size - int(said[2]))
        end = min(size, int(said[2]) + 1) if said[1] and said[2] else size
        if begin < end:
            found.append((begin, end))
    parts: list[tuple[int, int]] = []
    for begin, end in sorted(found):
        if parts and (begin <= parts[-1][1] or len(parts) >= _MOST_ASKED):
            parts[-1] = parts[-1][0], max(parts[-1][1], end)
        else:
            parts.append((begin, end))
    return parts
