"""Who is asking, really: what is found out about a client beside its request.

A user agent is a claim. Address lists, reverse DNS and signatures prove or contradict it, the TLS
handshake shows what program spoke. Nothing here waits: the first answer is provisional, and what
arrives in the meantime decides the next request.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path

from mitmproxy import connection, http, tls
from mitmproxy_rs.dns import DnsResolver

from stagedoor.fetch.client import HttpClient
from stagedoor.fetch.uses import KEY_DIRECTORY
from stagedoor.fronts.addresses import Network, is_trusted
from stagedoor.fronts.handshakes import Fingerprints
from stagedoor.fronts.mitmproxy.client_hello import arrival, learn
from stagedoor.fronts.mitmproxy.options import Settings
from stagedoor.identify.botauth import NONE, Outcome, check
from stagedoor.identify.catalogue import Signature
from stagedoor.identify.keys import KeysError, read_keys
from stagedoor.model.errors import ConfigError
from stagedoor.model.facts import Arrival, Proof, Request
from stagedoor.record.metrics import Metrics
from stagedoor.rules.policy import Policy
from stagedoor.verify.key_directories import LONGEST, Directories
from stagedoor.verify.key_directories import PATH as DIRECTORY
from stagedoor.verify.nonces import Replays
from stagedoor.verify.prover import Prover
from stagedoor.verify.range_files import KEYS, path_of, read_copy
from stagedoor.verify.reverse_dns import Lookups

_log = logging.getLogger("stagedoor.door")


async def _lookup(host: str) -> list[str]:
    """By hickory, in Rust: it never holds a thread that others wait for, as getaddrinfo does."""
    return list(await DnsResolver().lookup_ip(host))


client = HttpClient(KEY_DIRECTORY, lookup=_lookup)
"""Fetches key directories, from nowhere but the Internet."""


class Inquiry:
    """Everything that is asked beside the requests of one guard."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._fingerprints = Fingerprints()
        self._replays = Replays()
        self._lookups: Lookups | None = None
        self._prover: Prover | None = None
        self._directories: Directories | None = None
        self._state: Path | None = None
        self._ja4_header = ""

    def open(self, settings: Settings, policy: Policy) -> None:
        """Begin; needs the running event loop. StagedoorError where a resolver is none."""
        self._ja4_header = settings.ja4_header
        self._lookups = Lookups(settings.resolvers, count=self._metrics.lookup)
        self._prover = Prover(settings.state, self._lookups)
        self._state = settings.state
        self.follow(policy)

    def follow(self, policy: Policy) -> None:
        """Know the signers of another policy."""
        if self._lookups is None:  # not open yet
            return
        if self._directories is not None:
            if set(self._directories.origins) == set(policy.signers):
                return
            self._directories.close()
        self._directories = Directories(policy.signers, client=client, count=self._metrics.fetch)
        if self._state:
            self._learn(self._directories, self._state)

    def _learn(self, directories: Directories, state: Path) -> None:
        """Take the key directories that `stagedoor update` has left."""
        for origin in directories.origins:
            path = path_of(state / KEYS, origin + DIRECTORY)
            if not path.exists():
                continue
            try:
                copy = read_copy(path)
                directories.learn(origin, read_keys(copy.body), copy.fetched + LONGEST)
            except (ConfigError, KeysError) as error:
                _log.warning("%s", error)

    def close(self) -> None:
        """End every lookup that is under way."""
        if self._lookups is not None:
            self._lookups.close()
        if self._directories is not None:
            self._directories.close()

    def hello(self, data: tls.ClientHelloData) -> None:
        """Take the fingerprint of a handshake: later, nobody can see it any more."""
        learn(self._fingerprints, data)

    def forget(self, client: connection.Client) -> None:
        """The connection is gone."""
        self._fingerprints.forget(client.id)

    def arrival(self, flow: http.HTTPFlow, request: Request, trusted: Sequence[Network]) -> Arrival:
        """How the request came in."""
        return arrival(flow.client_conn, request, self._fingerprints, trusted, self._ja4_header)

    def signature(
        self, flow: http.HTTPFlow, request: Request, trusted: Sequence[Network]
    ) -> Outcome:
        """What the request's Web Bot Auth signature is worth; `botauth.NONE` where it has none."""
        if self._directories is None:
            return NONE
        now = time.time()
        peer = flow.client_conn.peername
        proxied = bool(trusted) and peer is not None and is_trusted(peer[0], trusted)
        told = request.header("x-forwarded-proto").rpartition(",")[2].strip().lower()
        secure = told == "https" if proxied and told else bool(flow.client_conn.tls)
        outcome = check(
            request,
            self._directories.keys_for,
            now,
            authority=flow.request.data.authority.decode("latin-1") or request.header("host"),
            scheme="https" if secure else "http",
        )
        if outcome is NONE or outcome.standing == "none":
            return outcome
        return self._replays.check(outcome, request.address, now)

    def prove(self, claim: Signature, request: Request, signed: Outcome) -> tuple[Proof, str]:
        """How sure a claim is, and why."""
        if self._prover is None:
            return "unverified", "the guard is still starting"
        found = self._prover.prove(claim, request.address, signed.standing, signed.signer)
        self._metrics.proof(claim.name, found[0])
        return found
