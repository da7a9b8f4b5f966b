"""Licences that the artist has granted, and what the token of a request is worth.

A client sends `Authorization: License <token>` (RSL 1.0, crawler authorisation). Only the SHA-256 of
a token is kept, so a copy of the file lets nobody in. A licence bound to a key counts only on
requests that this signer has provably signed (Web Bot Auth).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from stagedoor.model.facts import Client, LicenceStanding, Request
from stagedoor.model.globs import Globs
from stagedoor.resources.readings import readings
from stagedoor.signals.meaning import USES_OF

SCHEME = "license "
MOST_TOKEN = 256
"""Characters; what is longer is nobody's."""
MOST_SHOWN = 64


@dataclass(frozen=True, slots=True)
class Licence:
    """One grant. Dates are UTC, `until` included; None: without an end. `uses` are words of the
    stance (train, input, search); `key` is the origin of a signer, or empty.
    """

    id: str
    to: str
    token_digest: str
    uses: tuple[str, ...]
    paths: tuple[str, ...]
    granted: date
    until: date | None = None
    key: str = ""
    revoked: date | None = None

    def text(self) -> str:
        """What stands in the ledger: the whole grant, but for its token."""
        lines = (
            f"Licence {self.id} to {self.to}",
            f"Uses: {', '.join(self.uses)}",
            f"Paths: {', '.join(self.paths)}",
            f"Granted: {self.granted}",
            f"Until: {self.until or 'it is revoked'}",
            *((f"Only with the signature of: {self.key}",) if self.key else ()),
            f"Token, SHA-256: {self.token_digest}",
        )
        return "\n".join(lines) + "\n"


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def token_of(request: Request) -> str | None:
    """The token that a request carries; None where it carries none."""
    sent = request.header("authorization")
    if sent[: len(SCHEME)].lower() != SCHEME:
        return None
    return sent[len(SCHEME) :].strip()[: MOST_TOKEN + 1]


@dataclass(frozen=True, slots=True)
class Held:
    """What a request's token is worth, and the licence it belongs to."""

    standing: LicenceStanding
    licence: Licence | None = None


NO_LICENCE = Held("none")


@dataclass(frozen=True, slots=True)
class Licences:
    """All that were granted, by the digest of their tokens."""

    by_digest: Mapping[str, Licence] = field(default_factory=dict)
    _globs: Mapping[str, Globs] = field(default_factory=dict)

    @classmethod
    def of(cls, granted: Iterable[Licence]) -> Licences:
        """Licences by their tokens' digests; paths are made ready to be compared."""
        found = {one.token_digest: one for one in granted}
        return cls(found, {of: Globs(one.paths) for of, one in found.items()})

    def held(self, request: Request, client: Client, signer: str, today: date) -> Held:
        """What `request` is allowed by the token it carries."""
        token = token_of(request)
        if token is None:
            return NO_LICENCE
        key = digest(token) if len(token) <= MOST_TOKEN else ""
        licence = self.by_digest.get(key)
        if licence is None:
            return Held("unknown")
        return Held(self._standing(key, licence, request, client, signer, today), licence)

    def _standing(
        self,
        key: str,
        licence: Licence,
        request: Request,
        client: Client,
        signer: str,
        today: date,
    ) -> LicenceStanding:
        if licence.revoked is not None:
            return "revoked"
        if licence.until is not None and today > licence.until:
            return "expired"
        if licence.key and signer != licence.key:
            return "unsigned"
        # Whatever the site makes of the target must lie within: /free/..;/paid/a.mp3 is both to some.
        if not all(map(self._globs[key].match, readings(request.target or request.path))):
            return "other-path"
        # A script without a known purpose comes for what its licence names.
        uses = {USES_OF[purpose] for purpose in client.purposes if purpose in USES_OF}
        return "valid" if uses <= set(licence.uses) else "other-use"
