"""A time stamp (RFC 3161) from a server the artist names: that the chain existed at that time.

Only the SHA-256 of the chain goes there.
"""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from stagedoor.evidence.wording import TimeStamp
from stagedoor.fetch.client import fetch
from stagedoor.fetch.fetch_policy import FetchError
from stagedoor.fetch.uses import TIMESTAMP
from stagedoor.model.errors import StagedoorError


def stamp(data: bytes, url: str, authorities: Path | None) -> tuple[bytes, TimeStamp]:
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
    found = TimeStamp(
        int(info.gen_time.replace(tzinfo=UTC).timestamp() * 1000),
        urlsplit(url).hostname or "",
        checked=bool(roots),
    )
    if not roots:
        return answer, found
    builder = rfc3161.VerifierBuilder.from_request(query)
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(response, data)
    except rfc3161.VerificationError as error:
        raise StagedoorError(
            f"the time stamp of {url} is not signed under {authorities}: {error}"
        ) from error
    return answer, found


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StagedoorError(
            f"{path}: no certificates can be read from it — name a PEM file"
        ) from error


def _ask(url: str, query: bytes) -> bytes:
    try:
        return fetch(url, TIMESTAMP, method="POST", body=query).body
    except FetchError as error:
        if error.cause in {"address", "escapes", "odd"}:
            why = "that is no address of a server — write http://…"
            raise StagedoorError(f"--timestamp {url}: {why}") from error
        if error.cause == "large":
            raise StagedoorError(
                f"{url} answers with more than {TIMESTAMP.most:,} bytes"
            ) from error
        raise StagedoorError(f"{url} sets no time stamp: {error}") from error
