"""The certificate that visitors see, from the files that certbot, lego or acme.sh keep up to date.

mitmproxy reads one file at the start. Here the files are looked at every few seconds, and a renewed
certificate counts for the next handshake; connections that stand go on. Files that do not fit together
(one is written before the other) or cannot be read change nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from mitmproxy import certs
from mitmproxy.net import tls

from stagedoor.model.errors import StagedoorError

_log = logging.getLogger("stagedoor.door")
EVERY = 5.0
"""Seconds between two looks at the files."""
SILENCE = 600.0
"""Seconds between two lines about files that cannot be used."""

_Stamp = tuple[tuple[int, int, int], ...]


class ServedCertificate:
    """`certificate` is a PEM file with the certificate and those it rests on, `key` one with its
    private key. They may be one file.
    """

    def __init__(
        self, certificate: Path, key: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._certificate, self._key, self._clock = certificate, key, clock
        self._stamp: _Stamp = ()
        self._entry: certs.CertStoreEntry | None = None
        self._put: certs.CertStoreEntry | None = None
        self._store: Any = None
        self._looked = self._said = -SILENCE

    def load(self) -> None:
        """Read the files; StagedoorError says what is wrong with them."""
        stamp = self._now()
        try:
            chain_bytes, key_bytes = self._certificate.read_bytes(), self._key.read_bytes()
        except OSError as error:
            raise StagedoorError(
                f"{error.filename}: the certificate cannot be read ({error.strerror}) — let the "
                "user of the guard read it"
            ) from error
        try:
            chain = [certs.Cert(one) for one in x509.load_pem_x509_certificates(chain_bytes)]
        except ValueError as error:
            raise StagedoorError(
                f"{self._certificate}: there is no certificate in it — name the file with the "
                "certificate and its chain, in PEM (fullchain.pem)"
            ) from error
        try:
            key: Any = load_pem_private_key(key_bytes, None)
        except (ValueError, TypeError) as error:
            raise StagedoorError(
                f"{self._key}: there is no private key without a password in it — name the file with "
                "the key, in PEM (privkey.pem)"
            ) from error
        if chain[0].public_key() != key.public_key():
            raise StagedoorError(
                f"{self._key} is not the key of {self._certificate} — name two files that were made "
                "together"
            )
        self._entry = certs.CertStoreEntry(chain[0], key, self._certificate, chain)
        self._stamp = stamp
        self._store = None

    def put_into(self, store: Any) -> None:
        """Let mitmproxy's store of certificates hand it out under every name."""
        if store is not self._store and self._entry is not None:
            # What was made for another chain in the same file must not be used again.
            tls.create_client_proxy_context.cache_clear()
            for name in [name for name, entry in store.certs.items() if entry is self._put]:
                del store.certs[name]
            store.add_cert(self._entry, "*")
            self._store, self._put = store, self._entry

    def look(self) -> bool:
        """Read the files again where they have changed; whether another certificate is served."""
        now = self._clock()
        if now - self._looked < EVERY:
            return False
        self._looked = now
        try:
            if self._now() == self._stamp:
                return False
            self.load()
        except (OSError, StagedoorError) as error:
            if now - self._said >= SILENCE:
                self._said = now
                _log.warning("the certificate in use stays: %s", error)
            return False
        assert self._entry is not None
        until = self._entry.cert.notafter
        _log.info("a renewed certificate is served from now on, good until %s", f"{until:%Y-%m-%d}")
        return True

    def _now(self) -> _Stamp:
        found = []
        for path in (self._certificate, self._key):
            try:
                state = path.stat()
            except OSError as error:
                raise StagedoorError(f"{path} cannot be read ({error.strerror})") from error
            found.append((state.st_mtime_ns, state.st_ino, state.st_size))
        return tuple(found)
