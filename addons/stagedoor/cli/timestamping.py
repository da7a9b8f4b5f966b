"""A time stamp (RFC 3161) from a server the artist names: that the chain existed at that time.

Only the SHA-256 of the chain goes there.
"""

from __future__ import annotations

import http.client
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from cryptography import x509

from stagedoor.model.errors import StagedoorError

TIMEOUT = 20.0
"""Seconds without a byte from the server."""
MAX_BYTES = 256 << 10


def stamp(data: bytes, url: str, authorities: Path | None) -> tuple[bytes, str]:
    """The server's response (DER, RFC 3161 §2.4.2), and what to tell of it.

    Nonce and imprint must be ours; with `authorities`, a file of PEM certificates, the signature
    must lead to one of them. Raises StagedoorError.
    """
    try:
        import rfc3161_client as rfc3161
    except ImportError as error:
        raise StagedoorError(
            "time stamps need one more package — pip install 'stagedoor[timestamp]'"
        ) from error
    roots = _certificates(authorities) if authorities else []
    query = (
        rfc3161.TimestampRequestBuilder()
        .data(data)
        .hash_algorithm(rfc3161.HashAlgorithm.SHA256)
        .build()
    )
    answer = _ask(url, query.as_bytes())
    try:
        response = rfc3161.decode_timestamp_response(answer)
        if response.status not in {0, 1}:  # granted, granted with modifications (§2.4.2)
            why = "; ".join(response.status_string) or f"status {response.status}"
            raise StagedoorError(f"{url} refuses to set a time stamp: {why}")
        info = response.tst_info
    except ValueError as error:
        raise StagedoorError(f"{url} answers, but with no time stamp: {error}") from error
    if info.nonce != query.nonce or info.message_imprint.message != query.message_imprint.message:
        raise StagedoorError(f"{url} answers with a time stamp of something else")
    at = info.gen_time.strftime("%Y-%m-%d %H:%M:%S UTC")
    host = urlsplit(url).hostname
    if not roots:
        return answer, f"{at}, by {host}; its signature was not checked (--timestamp-ca)"
    builder = rfc3161.VerifierBuilder.from_request(query)
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(response, data)
    except rfc3161.VerificationError as error:
        raise StagedoorError(
            f"the time stamp of {url} is not signed under {authorities}: {error}"
        ) from error
    return answer, f"{at}, by {host}, signature checked"


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StagedoorError(
            f"{path}: no certificates can be read from it — name a PEM file"
        ) from error


def _ask(url: str, query: bytes) -> bytes:
    """RFC 3161 §3.4, over HTTP: many such servers have no https, and the answer is signed."""
    try:
        known = urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        known = False
    if not known:
        raise StagedoorError(f"--timestamp {url}: that is no address of a server — write http://…")
    request = Request(  # noqa: S310 (the scheme was looked at)
        url,
        data=query,
        headers={"Content-Type": "application/timestamp-query", "User-Agent": "Stagedoor"},
    )
    try:
        with urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            answer: bytes = response.read(MAX_BYTES + 1)
    except (URLError, OSError, http.client.HTTPException) as error:
        why = getattr(error, "reason", "") or error
        raise StagedoorError(f"{url} sets no time stamp: {why}") from error
    if len(answer) > MAX_BYTES:
        raise StagedoorError(f"{url} answers with more than {MAX_BYTES:,} bytes")
    return answer
