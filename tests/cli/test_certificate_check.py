"""What `stagedoor doctor` says of a certificate: real ones, served by a real TLS server."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from stagedoor.cli.certificate_check import certificate, judged
from stagedoor.cli.stand_in_certificate import write_stand_in

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def made(begins: float, ends: float) -> x509.Certificate:
    """A certificate that began and ends so many days from NOW."""
    found = trustme.CA().issue_cert(
        "music.example",
        not_before=NOW + timedelta(days=begins), not_after=NOW + timedelta(days=ends),
    )  # fmt: skip
    return x509.load_pem_x509_certificate(found.cert_chain_pems[0].bytes())


@pytest.mark.parametrize(
    ("begins", "ends", "trouble", "said"),
    [
        (-10, 80, "", "✓ the certificate is good until 2027-02-17 (80 days)"),
        (-75, 15, "", "! the certificate is good until 2026-12-14 (15 days) — `certbot renew`"),
        (-70, 20, "", "✓ the certificate is good until 2026-12-19 (20 days)"),
        (-2, 4, "", "✓ the certificate is good until 2026-12-03 (4 days)"),
        (-5, 1, "", "! the certificate is good until 2026-11-30 (1 days)"),
        (-90, -1, "certificate has expired", "✗ the certificate ended on 2026-11-28"),
        (-1, 89, "Hostname mismatch", "✗ no browser believes the certificate: Hostname mismatch"),
    ],
)
def test_what_is_left_counts_by_its_whole_life(
    begins: float, ends: float, trouble: str, said: str
) -> None:
    assert str(judged(made(begins, ends), trouble, NOW)).startswith(said)


@contextmanager
def served(chain: Path, key: Path) -> Iterator[str]:
    """A TLS server that only shakes hands; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    with socket.create_server(("127.0.0.1", 0)) as door:

        def answer() -> None:
            while True:
                try:
                    wire, _ = door.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(wire, server_side=True).close()
                except OSError:
                    wire.close()

        threading.Thread(target=answer, daemon=True).start()
        yield f"https://localhost:{door.getsockname()[1]}"
        door.shutdown(socket.SHUT_RDWR)


def test_one_that_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    pair = authority.issue_cert("localhost")
    (tmp_path / "chain.pem").write_bytes(b"".join(each.bytes() for each in pair.cert_chain_pems))
    (tmp_path / "key.pem").write_bytes(pair.private_key_pem.bytes())
    with served(tmp_path / "chain.pem", tmp_path / "key.pem") as site:
        assert "no browser believes the certificate: unable to get" in str(certificate(site))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        assert certificate(site).outcome == "good"


def test_the_one_of_setup_is_known(tmp_path: Path) -> None:
    write_stand_in("localhost", tmp_path / "chain.pem", tmp_path / "key.pem")
    with served(tmp_path / "chain.pem", tmp_path / "key.pem") as site:
        found = certificate(site)
    assert found.failed
    assert "the one that `stagedoor setup` made" in found.text


def test_what_cannot_be_reached_is_not_judged() -> None:
    assert certificate("https://127.0.0.1:9").outcome == "unknown"
    assert certificate("https://music..example").outcome == "unknown"
