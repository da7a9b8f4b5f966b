"""The certificate from files: what is wrong with them is said, and a renewed one is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme
from mitmproxy import certs

from stagedoor.fronts.mitmproxy.tls_files import EVERY, ServedCertificate
from stagedoor.model.errors import StagedoorError


def write(folder: Path, name: str = "music.example") -> None:
    made = trustme.CA().issue_cert(name)
    (folder / "key.pem").write_bytes(made.private_key_pem.bytes())
    (folder / "chain.pem").write_bytes(b"".join(part.bytes() for part in made.cert_chain_pems))


@pytest.fixture
def store(tmp_path: Path) -> certs.CertStore:
    return certs.CertStore.from_store(tmp_path / "store", "mitmproxy", 2048)


def test_a_renewed_one_takes_the_place_of_the_old(tmp_path: Path, store: certs.CertStore) -> None:
    write(tmp_path)
    now = [0.0]
    served = ServedCertificate(tmp_path / "chain.pem", tmp_path / "key.pem", lambda: now[0])
    served.load()
    served.put_into(store)
    first = store.certs["*"].cert
    assert store.get_cert("anything.example", []).cert is first
    now[0] = EVERY
    assert not served.look()
    write(tmp_path, "other.example")
    assert not served.look(), "it looks every few seconds only"
    now[0] = 2 * EVERY
    assert served.look()
    served.put_into(store)
    assert store.certs["*"].cert.serial != first.serial
    assert "music.example" not in store.certs
    before = store.certs["*"]
    (tmp_path / "key.pem").write_text("half of it")
    now[0] = 3 * EVERY
    assert not served.look()
    served.put_into(store)
    assert store.certs["*"] is before


@pytest.mark.parametrize(
    ("certificate", "key", "said"),
    [
        ("none.pem", "key.pem", "cannot be read"),
        ("key.pem", "key.pem", "there is no certificate in it"),
        ("chain.pem", "chain.pem", "there is no private key"),
        ("chain.pem", "other.pem", "is not the key of"),
    ],
)
def test_what_cannot_be_used_says_why(
    certificate: str, key: str, said: str, tmp_path: Path
) -> None:
    write(tmp_path)
    other = trustme.CA().issue_cert("other.example")
    (tmp_path / "other.pem").write_bytes(other.private_key_pem.bytes())
    with pytest.raises(StagedoorError, match=said):
        ServedCertificate(tmp_path / certificate, tmp_path / key).load()
