"""Recordings with content credentials, signed by a certificate of the day."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import c2pa as library
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from e2e.programs import program
from stagedoor.load.credentials import MEDIA_TYPES

Make = Callable[..., Path]


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey
) -> bytes:
    """PEM of a certificate for `key`, an authority's when it is its own issuer."""
    authority = name == issuer
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False
        )
        .add_extension(_key_usage(authority=authority), critical=True)
    )
    if authority:
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = builder.add_extension(identifier, critical=False)
    else:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(usage, critical=False)
    return builder.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Stagedoor's tests"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def maker(folder: Path) -> Make:
    """Makes audio files in `folder`; those with assertions (label → entries) are signed."""
    authority, artist = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    chain = certificate("artist", artist, "authority", authority)
    chain += certificate("authority", authority, "authority", authority)
    key = artist.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )

    def made(ending: str, assertions: Mapping[str, object] | None = None) -> Path:
        plain = folder / f"plain{ending}"
        if not plain.exists():
            sine = ["-f", "lavfi", "-i", "sine=duration=1"]
            subprocess.run([program("ffmpeg"), "-v", "error", *sine, plain], check=True)
        if assertions is None:
            return plain
        created = {
            "action": "c2pa.created",
            "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
        }
        manifest = {
            "claim_generator_info": [{"name": "stagedoor-tests", "version": "1"}],
            "assertions": [
                {"label": "c2pa.actions", "data": {"actions": [created]}},
                *({"label": label, "data": {"entries": of}} for label, of in assertions.items()),
            ],
        }
        signed = folder / f"signed-{len(list(folder.iterdir()))}{ending}"
        info = library.C2paSignerInfo(b"es256", chain, key, None)
        with (
            library.Signer.from_info(info) as signer,
            library.Builder(manifest) as builder,
            plain.open("rb") as source,
            signed.open("w+b") as target,
        ):
            builder.sign(signer, MEDIA_TYPES[ending], source, target)
        return signed

    return made
