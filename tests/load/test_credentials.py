"""Credentials in real audio files, signed by a certificate of the day."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import c2pa as library
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from datadiligence.rules import C2PAMetadataRule

from e2e.programs import program
from stagedoor.load import credentials
from stagedoor.signals.meaning import Said

NO_TRAINING = {"cawg.ai_training": {"use": "notAllowed"}, "cawg.ai_inference": {"use": "allowed"}}

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


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Make an audio file; with assertions (label → entries) it is signed."""
    folder = tmp_path_factory.mktemp("credentials")
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
            builder.sign(signer, credentials.MEDIA_TYPES[ending], source, target)
        return signed

    return made


@pytest.mark.parametrize("ending", [".mp3", ".wav", ".flac", ".m4a"])
def test_a_signed_file_says_what_was_signed(make: Make, ending: str) -> None:
    found = credentials.read(make(ending, {"cawg.training-mining": NO_TRAINING}))
    assert found
    assert found.said == Said(train="no", input="yes")
    assert found.text.splitlines()[-1] == "(Valid)"  # the signer is nobody's acquaintance
    assert credentials.read(make(ending)) is None
    assert credentials.read(make(ending, {})) is None


def test_the_older_label_is_read_by_others_too(make: Make) -> None:
    entries = {"c2pa.ai_generative_training": {"use": "notAllowed"}}
    file = make(".wav", {"c2pa.training-mining": entries})
    found = credentials.read(file)
    assert found
    assert found.said == Said(train="no")
    assert C2PAMetadataRule().is_allowed(path=str(file)) is False


def test_a_file_that_was_changed_afterwards_says_nothing(make: Make, tmp_path: Path) -> None:
    data = bytearray(make(".wav", {"cawg.training-mining": NO_TRAINING}).read_bytes())
    data[2_000] ^= 0xFF  # a sample of the sound
    changed = tmp_path / "changed.wav"
    changed.write_bytes(data)
    found = credentials.read(changed)
    assert found
    assert found.said == Said()
    assert found.text.splitlines()[-1] == "(Invalid)"


def test_endings_that_cannot_carry_credentials(tmp_path: Path) -> None:
    assert credentials.read(tmp_path / "not-even-there.ogg") is None


@pytest.mark.parametrize("ending", [".wav", ".flac", ".m4a", ".mp4"])
def test_a_file_that_is_no_audio_says_so(ending: str, tmp_path: Path) -> None:
    broken = tmp_path / f"broken{ending}"
    broken.write_bytes(b"RIFF")
    with pytest.raises(
        credentials.CredentialsError, match=r"cannot be read .* — does it play"
    ) as at:
        credentials.read(broken)
    assert str(at.value).startswith(f"{broken}: content credentials")


@pytest.mark.parametrize("ending", credentials.MEDIA_TYPES)
def test_noise_carries_no_credentials(ending: str, tmp_path: Path) -> None:
    noise = tmp_path / f"noise{ending}"
    noise.write_bytes(b"\xff" * 5_000)
    assert credentials.read(noise) is None


def test_a_file_that_is_missing_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        credentials.read(tmp_path / "missing.mp3")


def test_without_the_library_the_message_says_how_to_get_it(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    with pytest.raises(credentials.CredentialsError, match=r"pip install 'stagedoor\[c2pa\]'"):
        credentials.read(make(".mp3"))
