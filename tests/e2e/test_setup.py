"""Installing it for good: `stagedoor setup` in front of a real site, the files that it writes read by
the programs they are for, and `stagedoor doctor` before and after.
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest
import trustme
import yaml

from stagedoor.cli.setup_files import Plan, snippet

from .clients import curl
from .guarding import confdir
from .programs import Program, free_port, program, run
from .site import Site

STAGEDOOR = (sys.executable, "-m", "stagedoor")


def test_from_five_answers_to_a_guarded_site(origin: Site, tmp_path: Path) -> None:
    listen, front, desk = free_port(), free_port(), free_port()
    done = run(
        *STAGEDOOR, "setup", "my", "--upstream", origin.url, "--domain", "music.example",
        "--front", "caddy", "--observe", "no", "--listen", f"127.0.0.1:{listen}", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    tried = [line.strip() for line in done.stdout.splitlines() if line.startswith("  ✓")]
    assert tried[0] == f"✓ your site answers at {origin.url} (200)"
    assert "✓ a browser gets your page through the guard (200)" in tried
    assert any(
        re.fullmatch(r"✓ GPTBot asks for /\S+ and is refused \(403\)", each) for each in tried
    )
    assert "✗" not in done.stdout
    made = tmp_path / "my"
    state = made / "state"
    doctor = (
        *STAGEDOOR, "doctor", "--rules", str(made / "rules"), "--state", str(state),
        "--at", f"127.0.0.1:{desk}", "--site", f"http://127.0.0.1:{front}",
    )  # fmt: skip
    before = run(*doctor, cwd=tmp_path)
    assert before.returncode == 1
    assert f"✗ nobody answers at 127.0.0.1:{desk}" in before.stdout
    caddyfile = (
        (made / "Caddyfile").read_text().replace("music.example", f"http://127.0.0.1:{front}")
    )
    (tmp_path / "Caddyfile").write_text("{\n admin off\n}\n" + caddyfile)
    guard = Program(
        *STAGEDOOR, "serve", "--rules", str(made / "rules"), "--state", str(state),
        "--metrics", f"127.0.0.1:{desk}", "--set", f"confdir={confdir()}",
        log=tmp_path / "guard.log",
    )  # fmt: skip
    caddy = Program(
        program("caddy"), "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile"),
        log=tmp_path / "caddy.log",
    )  # fmt: skip
    with guard, caddy:
        guard.listens(listen)
        guard.listens(desk)
        caddy.listens(front)
        after = run(*doctor, cwd=tmp_path)
    assert after.returncode == 0, after.stdout
    assert f"✓ a crawler at http://127.0.0.1:{front} is refused (403)" in after.stdout
    assert "✓ what you allow arrives at a crawler" in after.stdout
    assert "✓ the guard runs and enforces" in after.stdout
    assert "! the ledger was never backed up" in after.stdout


def test_https_without_a_second_program(
    origin: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the answers to a certificate that is believed, the way that certbot takes."""
    secure, plain, desk = free_port(), free_port(), free_port()
    done = run(
        *STAGEDOOR, "setup", "my", "--upstream", origin.url, "--domain", "localhost",
        "--front", "guard", "--observe", "no", "--listen", f"127.0.0.1:{secure}",
        "--redirect", f"127.0.0.1:{plain}", "--no-trial", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    made = tmp_path / "my"
    unit = (made / "stagedoor.service").read_text()
    [start] = re.findall(r"^ExecStart=(?:.* -m stagedoor|\S+/stagedoor) (.*)$", unit, re.MULTILINE)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    doctor = (
        *STAGEDOOR, "doctor", "--rules", str(made / "rules"), "--at", f"127.0.0.1:{desk}",
        "--site", f"https://localhost:{secure}",
    )  # fmt: skip
    guard = Program(
        *STAGEDOOR, *shlex.split(start), "--metrics", f"127.0.0.1:{desk}",
        "--set", f"confdir={confdir()}", log=tmp_path / "guard.log",
    )  # fmt: skip
    with guard:
        guard.listens(secure)
        guard.listens(plain)
        assert "the one that `stagedoor setup` made" in run(*doctor, cwd=tmp_path).stdout
        found = curl(f"http://127.0.0.1:{plain}/music/tone.mp3?x=1")
        assert (found.status, found.body) == (301, b"")
        assert found.headers["location"] == "https://127.0.0.1/music/tone.mp3?x=1"
        challenge = made / "acme" / ".well-known" / "acme-challenge" / "token"
        challenge.write_text("token.thumbprint")
        answer = curl(f"http://127.0.0.1:{plain}/.well-known/acme-challenge/token")
        assert (answer.status, answer.text) == (200, "token.thumbprint")
        pair = authority.issue_cert("localhost")
        live = tmp_path / "live"
        live.mkdir()
        pair.private_key_pem.write_to_path(str(live / "privkey.pem"))
        (live / "fullchain.pem").write_bytes(
            b"".join(each.bytes() for each in pair.cert_chain_pems)
        )
        monkeypatch.setenv("RENEWED_LINEAGE", str(live))
        assert run(str(made / "certificate.sh")).returncode == 0
        guard.says("a renewed certificate is served from now on")
        after = run(*doctor, cwd=tmp_path).stdout
        assert "✓ the certificate is good until" in after
        assert f"✓ a crawler at https://localhost:{secure} is refused (403)" in after


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate and its key in one file."""
    path = tmp_path_factory.mktemp("tls") / "music.example.pem"
    pair = trustme.CA().issue_cert("music.example")
    pair.private_key_and_cert_chain_pem.write_to_path(str(path))
    return path


def written(front: str, certificate: Path) -> str:
    """The snippet for a web server, with a certificate that is there."""
    plan = Plan(
        "http://127.0.0.1:8000", "127.0.0.1:8080", front, "music.example", Path("/rules"),
        Path("/state"), observe=True, command=("stagedoor",),
    )  # fmt: skip
    found = snippet(plan)
    assert found is not None
    return re.sub(r"/etc/\S+\.pem", str(certificate), found[1])


def test_nginx_takes_its_snippet(tmp_path: Path, certificate: Path) -> None:
    text = written("nginx", certificate)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; {text[text.index('server {') :]} }}"
    )
    done = run(program("nginx"), "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"))
    assert "test is successful" in done.stderr, done.stderr


def test_caddy_takes_its_snippet(tmp_path: Path, certificate: Path) -> None:
    (tmp_path / "Caddyfile").write_text(written("caddy", certificate))
    done = run(
        program("caddy"), "validate", "--adapter", "caddyfile", "--config",
        str(tmp_path / "Caddyfile"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_haproxy_takes_its_snippet(tmp_path: Path, certificate: Path) -> None:
    (tmp_path / "haproxy.cfg").write_text(written("haproxy", certificate))
    done = run(program("haproxy"), "-c", "-f", str(tmp_path / "haproxy.cfg"))
    assert done.returncode == 0, done.stderr


def test_apache_takes_its_snippet(tmp_path: Path, certificate: Path) -> None:
    modules = Path("/usr/lib/apache2/modules")
    load = "".join(
        f"LoadModule {name}_module {modules}/mod_{name}.so\n"
        for name in (
            "mpm_event",
            "authz_core",
            "ssl",
            "socache_shmcb",
            "proxy",
            "proxy_http",
            "headers",
        )
    )
    (tmp_path / "apache.conf").write_text(
        f"ServerName music.example\nServerRoot {tmp_path}\nErrorLog {tmp_path}/log\n{load}"
        + written("apache", certificate)
    )
    done = run(program("apache2"), "-t", "-f", str(tmp_path / "apache.conf"))
    assert "Syntax OK" in done.stderr, done.stderr


def test_traefiks_snippet_is_yaml_with_a_router_and_its_service(certificate: Path) -> None:
    """Traefik itself is not driven: Debian has no package of it."""
    found = yaml.safe_load(written("traefik", certificate))["http"]
    assert found["routers"]["music"]["service"] in found["services"]
