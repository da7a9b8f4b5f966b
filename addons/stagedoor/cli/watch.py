"""`./run watch`: the proxy, and a browser with a fresh profile that uses it and trusts it alone.

Nothing of the system is changed: the certificate is trusted by this profile only, and the profile
is deleted at the end.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError

_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FIREFOXES = ("firefox", "firefox-esr")
_PATIENCE = 20.0
"""Seconds for mitmproxy to make its certificate and to listen."""
BY_HAND = """By hand, with a browser of your own:
  1. mitmdump -s {script} --listen-host 127.0.0.1 --listen-port {port}
     (for a phone: --mode wireguard; scan or copy the configuration that it prints)
  2. make a new profile in the browser, and set its HTTP proxy to 127.0.0.1:{port}
  3. import {certificate} into that profile, as an authority for web sites
  4. surf; the page with all platforms is http://127.0.0.1:9465/
  5. to undo it: delete the profile, or take out the proxy and the certificate
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where the history is kept, and which browser."""
    for name, default, metavar, text in (
        ("--state", Path("~/.stagedoor"), "DIR", "where the history is kept (~/.stagedoor)"),
        ("--rules", None, "DIR", "laid over the shipped profiles"),
    ):
        parser.add_argument(name, type=Path, default=default, metavar=metavar, help=text)
    parser.add_argument(
        "--host", action="append", default=[], metavar="NAME", help="a further host, by name"
    )
    parser.add_argument("--browser", metavar="PROGRAM", help="chromium, firefox, or its path")
    parser.add_argument("--port", type=int, default=8081, help="of the proxy (8081)")
    parser.add_argument("--fetch", action="store_true", help="also fetch robots.txt once a day")
    parser.add_argument("--no-browser", action="store_true", help="start the proxy alone")


def run(options: argparse.Namespace) -> int:
    """Until the browser is closed, or Ctrl-C."""
    state = options.state.expanduser()
    confdir = state / "authority"
    confdir.mkdir(parents=True, exist_ok=True, mode=0o700)
    certificate = confdir / "mitmproxy-ca-cert.pem"
    browser = None if options.no_browser else find(options.browser)
    proxy = subprocess.Popen(command(options, confdir))  # noqa: S603 (our own command line)
    try:
        _wait_for(certificate, proxy)
        print(
            BY_HAND.format(
                script=rule_folder.WATCH_SCRIPT, port=options.port, certificate=certificate
            )
        )
        if browser is None:
            return proxy.wait()
        with tempfile.TemporaryDirectory(prefix="stagedoor-watch-") as folder:
            words = start_words(browser, Path(folder), options.port, certificate)
            return subprocess.run(words, check=False).returncode  # noqa: S603
    except KeyboardInterrupt:
        return 130
    finally:
        proxy.terminate()
        proxy.wait(timeout=10)


def command(options: argparse.Namespace, confdir: Path) -> list[str]:
    """mitmdump with the watch."""
    settings = {
        "confdir": confdir,
        "watch_state": options.state.expanduser(),
        "watch_rules": options.rules,
        "watch_hosts": ",".join(options.host) or None,
        "watch_fetch": "on" if options.fetch else None,
    }
    sets = [f"{name}={value}" for name, value in settings.items() if value is not None]
    return [
        str(Path(sys.executable).parent / "mitmdump"),
        *("-s", str(rule_folder.WATCH_SCRIPT), "--mode", "regular"),
        *("--listen-host", "127.0.0.1", "--listen-port", str(options.port)),
        *(word for text in sets for word in ("--set", text)),
    ]


def find(wanted: str | None) -> str:
    """The browser's program. Raises StagedoorError where there is none."""
    for name in (wanted,) if wanted else (*_CHROMIUMS, *_FIREFOXES):
        path = shutil.which(name or "")
        if path:
            return path
    raise StagedoorError(
        "there is no Chromium and no Firefox — name one with --browser, or use --no-browser"
    )


def start_words(browser: str, profile: Path, port: int, certificate: Path) -> list[str]:
    """How the browser is started with a fresh profile that trusts the proxy's certificate."""
    start = "https://soundcloud.com/"
    if "firefox" in Path(browser).name:
        _firefox_profile(profile, port, certificate)
        return [browser, "--no-remote", "--profile", str(profile), start]
    return [
        browser,
        f"--user-data-dir={profile}",
        f"--proxy-server=http://127.0.0.1:{port}",
        # The proxy's own key and no other: all other certificates are checked as ever.
        f"--ignore-certificate-errors-spki-list={key_hash(certificate)}",
        *("--no-first-run", "--no-default-browser-check", "--disable-sync", start),
    ]


def key_hash(certificate: Path) -> str:
    """SHA-256 of the key of a certificate in a PEM file, in base64, as Chromium wants it."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def _firefox_profile(profile: Path, port: int, certificate: Path) -> None:
    lines = {
        "network.proxy.type": 1,
        "network.proxy.http": '"127.0.0.1"',
        "network.proxy.http_port": port,
        "network.proxy.ssl": '"127.0.0.1"',
        "network.proxy.ssl_port": port,
        "network.http.http3.enable": "false",
        # No pages of its own before the first one, and no questions.
        "browser.aboutwelcome.enabled": "false",
        "browser.shell.checkDefaultBrowser": "false",
        "datareporting.policy.dataSubmissionEnabled": "false",
        "startup.homepage_welcome_url": '""',
        "termsofuse.bypassNotification": "true",
    }
    text = "".join(f'user_pref("{name}", {value});\n' for name, value in lines.items())
    (profile / "user.js").write_text(text, "utf-8")
    certutil = shutil.which("certutil")
    if certutil is None:
        raise StagedoorError(
            "Firefox needs certutil to trust the proxy in this profile alone — install it "
            "(Debian, Ubuntu: libnss3-tools), or use Chromium"
        )
    database = f"sql:{profile}"
    for words in (
        ("-N", "--empty-password"),
        ("-A", "-n", "Stagedoor watch", "-t", "C,,", "-i", str(certificate)),
    ):
        subprocess.run([certutil, *words, "-d", database], check=True)  # noqa: S603


def _wait_for(certificate: Path, proxy: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE
    while not certificate.is_file():
        if proxy.poll() is not None or time.monotonic() > end:
            raise StagedoorError("the proxy did not start; its lines above say why")
        time.sleep(0.1)
