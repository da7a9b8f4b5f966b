"""Time stamps from a real RFC 3161 server on loopback: OpenSSL's, behind a few lines of HTTP."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ledgers import Clock, day_of_visits
from stagedoor.cli import main, time_stamp
from stagedoor.evidence.wording import ENGLISH
from stagedoor.model.errors import StagedoorError
from stagedoor.record.ledger.verifier import Broken, verify

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")

CONFIG = """
[tsa]
default_tsa = mine
[mine]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
[strict]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha512
[stamps]
extendedKeyUsage = critical,timeStamping
"""


def openssl(folder: Path, *words: object) -> bytes:
    run = subprocess.run(
        ["openssl", *map(str, words)], cwd=folder, capture_output=True, check=False
    )
    assert run.returncode == 0, run.stderr.decode()
    return run.stdout


@dataclass
class Server:
    """A time-stamping authority; `status` and `body` are said instead of its own."""

    url: str
    folder: Path
    answers: list[bytes] = field(default_factory=list)
    status: int = 200
    body: bytes | None = None
    section: str = "mine"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys and certificates."""
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    for name in ("ca", "other"):
        openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key",
                "-out", f"{name}.pem", "-days", "3", "-subj", f"/CN=Test {name}")  # fmt: skip
    openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr",
            "-subj", "/CN=Test TSA")  # fmt: skip
    openssl(folder, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", "tsa.cnf", "-extensions", "stamps",
            "-out", "tsa.pem")  # fmt: skip
    return folder


@pytest.fixture
def server(authority: Path) -> Iterator[Server]:
    """The authority at work on a free port."""
    told = Server("", authority)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            query = self.rfile.read(int(self.headers["Content-Length"]))
            (authority / "query.tsq").write_bytes(query)
            openssl(authority, "ts", "-reply", "-config", "tsa.cnf", "-section", told.section, "-queryfile",
                    "query.tsq", "-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "answer.tsr")  # fmt: skip
            told.answers.append((authority / "answer.tsr").read_bytes())
            body = told.answers[-1] if told.body is None else told.body
            self.send_response(told.status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silence."""

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        told.url = f"http://127.0.0.1:{http.server_port}/tsr"
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        try:
            yield told
        finally:
            http.shutdown()
            thread.join()


def test_an_export_is_stamped_and_openssl_agrees(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day_of_visits(tmp_path / "state", Clock())
    out = tmp_path / "out"
    words = ["evidence", "export", "--state", tmp_path / "state", "--crawler", "GPTBot", "--since",
             "2026-10-01", "--timestamp", server.url, "--timestamp-ca", server.folder / "ca.pem", out]  # fmt: skip
    assert main(list(map(str, words))) == 0, capsys.readouterr().err
    assert "by 127.0.0.1, signature checked" in capsys.readouterr().out
    assert "signature checked" in (out / "report.html").read_text()
    told = openssl(out, "ts", "-verify", "-data", "chain.txt", "-in", "chain.tsr", "-CAfile",
                   server.folder / "ca.pem")  # fmt: skip
    assert b"OK" in told
    assert "chain.tsr names chain.txt; to check its signature:" in verify(out)
    (out / "chain.tsr").write_bytes(time_stamp.stamp(b"something else", server.url, None)[0])
    with pytest.raises(Broken, match=r"SHA256SUMS does not fit: chain\.tsr"):
        verify(out)


def test_without_authorities_it_says_that_the_signature_was_not_checked(server: Server) -> None:
    _, found = time_stamp.stamp(b"chain", server.url, None)
    assert not found.checked
    assert "signature was not checked" in ENGLISH.stamp(found)


def test_a_stamp_of_another_authority_is_refused(server: Server) -> None:
    with pytest.raises(StagedoorError, match="is not signed under"):
        time_stamp.stamp(b"chain", server.url, server.folder / "other.pem")


def test_a_stamp_of_something_else_is_refused(server: Server) -> None:
    time_stamp.stamp(b"one chain", server.url, None)
    server.body = server.answers[-1]  # replayed: right in itself, but of another request
    for chain in (b"another chain", b"one chain"):
        with pytest.raises(StagedoorError, match="a time stamp of something else"):
            time_stamp.stamp(chain, server.url, server.folder / "ca.pem")


def test_a_refusal_in_the_protocols_own_words_is_told(server: Server) -> None:
    server.section = "strict"  # SHA-512 and nothing else
    with pytest.raises(StagedoorError, match=r"refuses to set a time stamp: .*[Mm]essage digest"):
        time_stamp.stamp(b"chain", server.url, None)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, b"<html>sorry</html>", "answers, but with no time stamp"),
        (200, b"", "answers, but with no time stamp"),
        (200, bytes.fromhex("30053003020100"), "answers, but with no time stamp"),
        (200, b"x" * 300_000, "more than 262,144 bytes"),
        (503, b"later", "sets no time stamp"),
    ],
)
def test_whatever_else_it_answers_is_told(
    server: Server, status: int, body: bytes, told: str
) -> None:
    server.status, server.body = status, body
    with pytest.raises(StagedoorError, match=told):
        time_stamp.stamp(b"chain", server.url, None)


@pytest.mark.parametrize(
    ("url", "told"),
    [("ftp://127.0.0.1/", "no address of a server"), ("http://127.0.0.1:1/", "sets no time stamp"),
     ("http://[::1/", "no address of a server")],
)  # fmt: skip
def test_an_address_that_is_none_is_reported(url: str, told: str) -> None:
    with pytest.raises(StagedoorError, match=told):
        time_stamp.stamp(b"chain", url, None)


def test_authorities_that_are_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(StagedoorError, match="name a PEM file"):
        time_stamp.stamp(b"chain", "http://127.0.0.1:1/", tmp_path / "ca.pem")
