"""The policy of one use of the client: what it may do, and how it words a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urljoin

from stagedoor.fetch.public_addresses import Allowed, anywhere, is_public
from stagedoor.model.errors import StagedoorError

Cause = Literal[
    "address",
    "certificate",
    "coding",
    "dead",
    "encoded",
    "escapes",
    "inside",
    "large",
    "lookup",
    "nameless",
    "odd",
    "protocol",
    "redirects",
    "silent",
    "slow",
    "status",
    "tls",
    "type",
]
"""Why there is no answer; see WORDS."""

WORDS: Mapping[Cause, str] = {
    "address": "{url} is not asked: it must be {schemes} and without a password",
    "certificate": "its certificate is not valid: {why}",
    "coding": "sends a body that cannot be unpacked ({why})",
    "dead": "{host} does not answer: {why}",
    "encoded": "is encoded ({why}), which nobody asked for",
    "escapes": "{url} is not asked: write it percent-encoded",
    "inside": "{host} is {first}, which is not on the Internet",
    "large": "its answer is larger than {most:,} bytes",
    "lookup": "the name {host} cannot be looked up: {why}",
    "nameless": "the name {host} has no address",
    "odd": "{why}",
    "protocol": "its answer is not HTTP: {why}",
    "redirects": "more than {redirects} redirects",
    "silent": "{host} does not answer",
    "slow": "no whole answer within {seconds:g} seconds",
    "status": "the server answers {why}",
    "tls": "TLS failed: {why}",
    "type": "is {why}, not {types}",
}
"""How a failure is worded where a policy says nothing else.

May hold {url}, {host}, {why}, {addresses} and {first} of what was looked up, and what the policy
says: {schemes}, {types}, {most}, {seconds}, {redirects}.
"""


class FetchError(StagedoorError):
    """There is no answer that could be used. The message is worded as the policy says.

    `url` is the address that failed, after `hops` redirects; both may be missing where somebody
    else than the client raises it.
    """

    def __init__(
        self, message: str, cause: Cause | None = None, *, url: str = "", hops: int = 0
    ) -> None:
        super().__init__(message)
        self.cause, self.url, self.hops = cause, url, hops


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """What one use may ask, of whom, and how much it takes."""

    # -- what is asked -------------------------------------------------------------------------
    schemes: frozenset[str] = frozenset({"https"})
    methods: frozenset[str] = frozenset({"GET"})
    headers: tuple[tuple[str, str], ...] = ()
    """Sent with each request, after Host and before those of the request itself."""

    # -- whom ----------------------------------------------------------------------------------
    addresses: Allowed = is_public
    """Which addresses may be connected to. It is asked about those a name leads to, and again about
    the one at the other end of the connection."""
    mixed: Literal["refuse", "skip"] = "refuse"
    """Where a name leads to allowed addresses and to others: refuse it, or skip the others."""
    like_the_first: bool = False
    """Where the first server that a client asks is not allowed itself, everything is: it is the
    owner's, beside this machine. The others of a public one have to be public, too."""
    proxies: bool = False
    """Whether the proxies that the environment names are used; then it is their address that is
    checked, so this goes with `addresses=anywhere` alone."""

    # -- how far -------------------------------------------------------------------------------
    redirects: int = 0
    """How many are followed; each target is checked like a first address."""
    last_redirect: Literal["refuse", "return"] = "refuse"
    """A redirect that may not be followed: an error, or the answer itself."""
    join: Callable[[str, str], str] = urljoin
    """Address and Location → the next address; empty where it is none."""

    # -- how much ------------------------------------------------------------------------------
    most: int
    """Bytes of the body, decoded; 0: only the head is wanted."""
    longer: Literal["refuse", "cut"] = "refuse"
    """A longer body: an error, or its first `most` bytes."""
    head: int = 16 << 10
    """Bytes of the status line and the headers."""
    seconds: float
    """For all of it: look-up, connection, TLS, redirects, the whole answer."""
    connect: float
    """Seconds for one address, so that a second one gets its turn."""
    connect_last: float | None = None
    """Seconds for the last address; None: as for the others."""

    # -- what counts as an answer --------------------------------------------------------------
    statuses: frozenset[int] = frozenset({200})
    """Empty: all."""
    types: frozenset[str] = frozenset()
    """Media types in lower case, without parameters; empty: all."""
    codings: Literal["refuse", "decode"] = "refuse"
    """A body with a content coding: an error, or decoded where the coding is known."""

    words: Mapping[Cause, str] = field(default_factory=dict)
    """How failures are worded where WORDS does not fit."""

    def __post_init__(self) -> None:
        if self.proxies and self.addresses is not anywhere:
            raise ValueError("through a proxy no address can be checked")
        if self.redirects and self.methods != {"GET"}:
            raise ValueError("only a GET follows redirects")
