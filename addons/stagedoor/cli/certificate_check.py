"""Whether visitors' browsers believe the certificate of a site, and for how long."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography import x509

from stagedoor.cli.examination import Finding, bad, good, unknown, warning
from stagedoor.cli.stand_in_certificate import ISSUER

PATIENCE = 10.0
"""Seconds for a connection and its handshake."""
_LATE = 0.2
"""What is left of a certificate's life when something is wrong with its renewal: certbot and lego renew
with a third of it left."""
_RENEW = "`certbot renew` (or `lego renew`) says why it was not renewed"


def certificate(site: str, now: datetime | None = None) -> Finding:
    """Look at the certificate that is served at https://…; `now` is the time in UTC."""
    parts = urlsplit(site)
    where = (parts.hostname or "", parts.port or 443)
    try:
        trouble = ""
        try:
            made = _served(where, ssl.create_default_context())
        except ssl.SSLCertVerificationError as error:
            trouble = error.verify_message
            made = _served(where, _blind())
    except (OSError, ValueError) as error:
        return unknown(f"the certificate of {site} was not looked at ({error})")
    return judged(x509.load_der_x509_certificate(made), trouble, now or datetime.now(UTC))


def judged(found: x509.Certificate, trouble: str, now: datetime) -> Finding:
    """`trouble` is what a browser has against it, if anything."""
    begins, ends = found.not_valid_before_utc, found.not_valid_after_utc
    left = ends - now
    if any(name.value == ISSUER for name in found.issuer):
        return bad(
            "the certificate is the one that `stagedoor setup` made: no browser believes it",
            "fetch one with certbot or lego, as `stagedoor setup` says at its end",
        )
    if left.total_seconds() <= 0:
        return bad(f"the certificate ended on {ends:%Y-%m-%d}: browsers show an error", _RENEW)
    if trouble:
        return bad(
            f"no browser believes the certificate: {trouble}",
            "serve the file with the whole chain (fullchain.pem), made for this name",
        )
    text = f"the certificate is good until {ends:%Y-%m-%d} ({left.days} days)"
    return warning(text, _RENEW) if left < (ends - begins) * _LATE else good(text)


def _served(where: tuple[str, int], context: ssl.SSLContext) -> bytes:
    with (
        socket.create_connection(where, timeout=PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname=where[0]) as wire,
    ):
        return wire.getpeercert(binary_form=True) or b""


def _blind() -> ssl.SSLContext:
    """For a look at a certificate that was not believed: nothing is sent on this connection."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
