"""Responses of a site, as plain facts: what an audit works from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from stagedoor.signals.meaning import Statement

GONE = frozenset({404, 410})
"""There is none, which is an answer; any other 4xx is a refusal."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The last response for one address, after `hops` redirects; `status` None: there was none."""

    url: str
    status: int | None = None
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    final: str = ""
    """The address that answered; empty where it is `url` itself."""
    hops: int = 0
    trouble: str = ""
    """Why there was no answer, or not a whole one, as text."""
    cut: bool = False
    """More was there than was read."""

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def address(self) -> str:
        return self.final or self.url

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc.lower()

    @property
    def path(self) -> str:
        """Path and query of what answered."""
        parts = urlsplit(self.address)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    @property
    def content_type(self) -> str:
        """The media type in small letters, without parameters; empty where none is given."""
        return self._type_and_rest[0].strip().lower()

    @property
    def charset(self) -> str:
        """The charset parameter; may be empty."""
        for parameter in self._type_and_rest[2].split(";"):
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip('"')
        return ""

    @property
    def _type_and_rest(self) -> tuple[str, str, str]:
        values = (value for name, value in self.fields if name.lower() == "content-type")
        return next(values, "").partition(";")

    @property
    def outcome(self) -> str:
        """`answers 403`, or why there was no answer."""
        return f"answers {self.status}" if self.status is not None else self.trouble


@dataclass(frozen=True, slots=True)
class Site:
    """All that was fetched. `files` are by path (see `Registry.asked`), `licences` by address.

    `credentials` holds what content credentials say, by a recording's address; what is not in it
    was not looked at.
    """

    page: Fetched
    robots: Fetched
    files: Mapping[str, Fetched] = field(default_factory=dict)
    recordings: tuple[Fetched, ...] = ()
    feeds: tuple[Fetched, ...] = ()
    licences: Mapping[str, Fetched] = field(default_factory=dict)
    credentials: Mapping[str, Statement | None] = field(default_factory=dict)
    inside: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)
    """What licences inside the recordings say, by a recording's address."""
    elsewhere: tuple[str, ...] = ()
    """Recordings on other hosts, for which another robots.txt speaks: found and not asked."""
    left: int = 0
    """How many recordings were found besides, and not asked."""
    unread: tuple[str, ...] = ()
    """Why content credentials could not be read, as text."""
