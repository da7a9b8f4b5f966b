"""A certificate of our own, in the place of the one that certbot or lego will bring.

With it the guard starts at once, and answers at port 80 what the certificate authority asks there. No
browser believes it; `stagedoor doctor` knows it by its issuer.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

GOOD_FOR = timedelta(days=364)
ISSUER = "Stagedoor, until certbot brings a certificate"
"""By this name `stagedoor doctor` knows it."""


def write_stand_in(domain: str, certificate: Path, key: Path) -> None:
    """Write both files, the key readable for its owner alone. FileExistsError where one is there."""
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ISSUER)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + GOOD_FOR)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
        .sign(secret, hashes.SHA256())
    )
    certificate.parent.mkdir(parents=True, exist_ok=True)
    private = secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with open(key, "xb", opener=_private) as file:
        file.write(private)
    with certificate.open("xb") as file:
        file.write(made.public_bytes(Encoding.PEM))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
