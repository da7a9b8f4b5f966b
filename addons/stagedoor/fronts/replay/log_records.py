"""One request of the past, as a log or a capture shows it.

Texts are bytes as they came over the wire: what the server escaped when writing is unescaped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from stagedoor.model.facts import Arrival, Request

MAX_LINE = 1 << 20
"""Bytes of a line; longer ones are not looked at. Servers take requests of some ten kilobytes."""


class Hit(NamedTuple):  # not a dataclass: making a million of those takes a second longer
    """One line of an access log: no headers but the user agent.

    `address` may name several, see times_and_addresses.chain().
    `at` is Unix seconds, 0 where the line has no time. `host` is empty where the format has none.
    `size` is the response's bytes, as the server counts them. `agent` is None where the format does
    not say who asked, and empty where nobody said. `content_type` is the response's, where known.
    """

    at: float
    address: bytes
    method: bytes
    host: bytes
    target: bytes
    status: int
    size: int
    agent: bytes | None
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with all its headers and what came back, from a capture."""

    at: float
    request: Request
    arrival: Arrival
    status: int
    size: int
    content_type: str


@dataclass(frozen=True, slots=True)
class NoRequest:
    """A line about a connection on which nobody asked for anything: TLS bytes at an HTTP port, a
    connection that was closed before it said a word.
    """

    at: float


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something in a log that could not be understood, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Aside:
    """A line that says nothing for itself: a comment, a name of fields, a piece of a longer one."""


ASIDE = Aside()

Line = Hit | NoRequest | Unreadable | Aside
Parse = Callable[[bytes], Line]
"""Reads one line, without its line break."""
