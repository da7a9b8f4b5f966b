"""Link headers (RFC 8288) and the absolute URLs that may stand in what is published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_LIMIT = 65_536
"""Characters of one header that are read."""

# Nothing here gives back what it has taken, and a quote that is never closed ends with the header.
_BETWEEN = re.compile(r"[\s,]*+")
_TARGET = re.compile(r"<([^<>]*+)>")
_PARAMETER = re.compile(
    r"""\s*+;\s*+(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]++)
        (?:\s*+=\s*+(?:"(?P<quoted>(?:[^"\\]++|\\.)*+)"?|(?P<token>[^\s",;<>]*+)))?""",
    re.VERBOSE | re.DOTALL,
)
_REST = re.compile(r"""(?:"(?:[^"\\]++|\\.)*+"?|[^",]++)*+""", re.DOTALL)
"""What is left of a link, up to the comma before the next."""

_ABSOLUTE = re.compile(
    r"""https?://[^\s/?#"'<>\\^`{|}]+(?:[/?#][^\s"'<>\\^`{|}]*)?""", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Link:
    """One link: its target as written, and its parameters; the first of each name counts."""

    target: str
    parameters: Mapping[str, str]

    @property
    def relations(self) -> frozenset[str]:
        """Its relation types, in small letters."""
        return frozenset(self.parameters.get("rel", "").lower().split())

    @property
    def media_type(self) -> str:
        """The type that is hinted at, without parameters and in small letters; may be empty."""
        return self.parameters.get("type", "").partition(";")[0].strip().lower()


def parse(value: str) -> Iterator[Link]:
    """The links of one header. What cannot be read is passed over."""
    value, at = value[:_LIMIT], 0
    while (at := _end(_BETWEEN, value, at)) < len(value):
        if target := _TARGET.match(value, at):
            at = target.end()
            parameters: dict[str, str] = {}
            while found := _PARAMETER.match(value, at):
                at = found.end()
                text = found["token"] or re.sub(r"\\(.)", r"\1", found["quoted"] or "")
                parameters.setdefault(found["name"].lower(), text)
            yield Link(target[1].strip(), parameters)
        at = _end(_REST, value, at)


def _end(pattern: re.Pattern[str], value: str, at: int) -> int:
    found = pattern.match(value, at)
    return found.end() if found else at


def is_absolute(url: str) -> bool:
    """Whether `url` is a whole http or https URL that may be written into a header as it is."""
    return url.isascii() and url.isprintable() and _ABSOLUTE.fullmatch(url) is not None


def absolute(url: str) -> str:
    """`url` itself. Raises ValueError where it is not absolute."""
    if not is_absolute(url):
        raise ValueError(f"{url!r} is not an absolute URL — write https://… with nothing unencoded")
    return url
