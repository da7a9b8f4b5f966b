"""Claims held against proof, in real runs: lists, names, signatures, handshakes.

The guard's visitors come through a trusted proxy here (X-Forwarded-For), because a test on loopback
has no address of the Internet to come from.
"""

from __future__ import annotations

import asyncio
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import dns.asyncresolver
import dns.message
import dns.rcode
import dns.reversename
import dns.rrset
import pytest
import requests
import trustme
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, algorithms
from http_message_signatures.resolvers import MappingKeyResolver

from e2e.clients import FIREFOX, curl
from e2e.guarding import Guard, running
from e2e.programs import PATIENCE, eventually
from making import GOOGLEBOT, ROOT
from signing import DIRECTORY, DIRECTORY_TYPE, Crawler, PrivateKey, jwk, keyid, p256, rsa_pss
from stagedoor.verify.reverse_dns import TIMEOUT

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
OURS, STRANGE = "20.171.207.9", "20.1.1.1"
GOOGLES, LIARS = "66.249.66.1", "20.1.1.2"
NAME = "crawl-66-249-66-1.googlebot.com"
TRUSTED = ("--set", "guard_trusted_proxies=127.0.0.1")


class Pages(http.server.ThreadingHTTPServer):
    """A server of a few fixed documents; with a certificate where `context` is given."""

    daemon_threads = True

    def __init__(
        self, pages: Mapping[str, tuple[str, bytes]], context: ssl.SSLContext | None = None
    ) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, body = pages.get(self.path, ("text/html", b"<p>hello"))
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        super().__init__(("127.0.0.1", 0), Handler)
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Names(asyncio.DatagramProtocol):
    """A name server: Google's crawler has its name, the liar says that it has the same."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        asked = query.question[0]
        answer = dns.message.make_response(query)
        texts = {
            str(dns.reversename.from_address(GOOGLES)): ("PTR", f"{NAME}."),
            str(dns.reversename.from_address(LIARS)): ("PTR", f"{NAME}."),
            str(dns.reversename.from_address(STRANGE)): ("PTR", "host.example."),
            f"{NAME}.": ("A", GOOGLES),
        }
        kind, text = texts.get(str(asked.name), ("", ""))
        if kind and dns.rdatatype.to_text(asked.rdtype) == kind:
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, text))
        elif not kind:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        assert isinstance(self.transport, asyncio.DatagramTransport)
        self.transport.sendto(answer.to_wire(), address)


@contextmanager
def name_server() -> Iterator[str]:
    """Its address, as `guard_resolvers` wants it."""
    loop = asyncio.new_event_loop()
    transport, _ = loop.run_until_complete(
        loop.create_datagram_endpoint(Names, local_addr=("127.0.0.1", 0))
    )
    port = transport.get_extra_info("sockname")[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{port}"
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    page = b"<!doctype html><html><head><title>S</title></head><body><p>hello</body></html>"
    pages = Pages({"/a.mp3": ("audio/mpeg", bytes(5000)), "/songs": ("text/html", page)})
    yield f"http://127.0.0.1:{pages.server_port}"
    pages.shutdown()


@pytest.fixture(scope="module")
def guard(
    site: str, authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guard]:
    """A guard with a fresh list of OpenAI's, fetched over https by `stagedoor update`."""
    folder = tmp_path_factory.mktemp("identity")
    listed = {"prefixes": [{"ipv4Prefix": "20.171.207.0/24"}]}
    lists = Pages(
        {"/gptbot.json": ("application/json", json.dumps(listed).encode())},
        certified(authority, "localhost"),
    )
    rules = folder / "rules"
    (rules / "crawlers").mkdir(parents=True)
    (rules / "stance.yaml").write_text("traps: yes\n")
    (rules / "crawlers" / "openai.yaml").write_text(
        "operator: OpenAI\nreviewed: 2026-11-23\ncrawlers:\n  - name: GPTBot\n    token: GPTBot\n"
        "    purpose: ai-search\n"
        f"    proof: {{ranges: 'https://localhost:{lists.server_port}/gptbot.json'}}\n"
    )
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    done = subprocess.run(
        [
            sys.executable, "-m", "stagedoor", "update", "--allow-private",
            "--state", str(folder / "state"), "--rules", str(rules),
        ],
        env={**os.environ, "SSL_CERT_FILE": str(folder / "ca.pem"), "COLUMNS": "160"},
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    with (
        name_server() as resolver,
        running(
            folder, site, *TRUSTED, "--set", f"guard_rules={rules}",
            "--set", f"guard_resolvers={resolver}",
        ) as found,
    ):  # fmt: skip
        yield found
    lists.shutdown()


def knock(guard: Guard, agent: str, address: str, path: str = "/a.mp3") -> int:
    return curl(f"{guard.url}{path}", "-H", f"X-Forwarded-For: {address}", agent=agent).status


def told(guard: Guard, address: str, proof: str) -> str:
    """Why, in the decision log, once a request from `address` came out as `proof`."""

    def look() -> list[str]:
        lines = (guard.state / "decisions.jsonl").read_text().splitlines()
        found = [json.loads(line) for line in lines]
        return [d["proof_why"] for d in found if d["address"] == address and d["proof"] == proof]

    return eventually(look, f"{address} to be {proof}")[0]


def test_a_crawler_from_its_operators_network_is_verified(guard: Guard) -> None:
    before = guard.counts()
    # The list is of OpenAI's search in this test: proven, it gets the recording.
    assert knock(guard, "GPTBot/1.2", OURS) == 200
    after = guard.counts()
    assert after("proofs_total", proof="verified") - before("proofs_total", proof="verified") == 1


def test_a_crawler_from_another_network_is_spoofed_and_refused(guard: Guard) -> None:
    assert knock(guard, "GPTBot/1.2", STRANGE, "/page") == 403
    assert "not in OpenAI's list of" in told(guard, STRANGE, "spoofed")
    assert knock(guard, "GPTBot/1.2", STRANGE, "/robots.txt") == 200


def test_google_is_known_by_its_name_and_let_in(guard: Guard) -> None:
    def verified() -> bool:
        return knock(guard, GOOGLEBOT, GOOGLES) == 200

    eventually(verified, "the lookup to end")
    assert knock(guard, GOOGLEBOT, GOOGLES, "/page") == 200


def test_a_search_engine_that_is_verified_is_shown_no_trap(guard: Guard) -> None:
    def page(agent: str, address: str) -> str:
        header = f"X-Forwarded-For: {address}"
        return curl(f"{guard.url}/songs", "-H", header, agent=agent).text

    eventually(lambda: "all-recordings-" not in page(GOOGLEBOT, GOOGLES), "the lookup to end")
    assert "hello" in page(GOOGLEBOT, GOOGLES)
    assert "all-recordings-" in page(CHROME, GOOGLES)


@pytest.mark.parametrize("address", [LIARS, "20.1.1.9"], ids=["a lying name", "no name"])
def test_a_false_googlebot_is_found_out(guard: Guard, address: str) -> None:
    eventually(lambda: knock(guard, GOOGLEBOT, address, "/page") == 403, "the lookup to end")
    assert told(guard, address, "spoofed")


def test_a_page_for_googlebot_behind_a_proxy_that_is_not_trusted(site: str, tmp_path: Path) -> None:
    """Everybody comes from 127.0.0.1 then; the search engines must not be lost for it."""
    with running(tmp_path, site) as found:
        for _ in range(3):
            assert curl(f"{found.url}/page", agent=GOOGLEBOT).status == 200


def test_no_request_waits_for_a_name_server_that_is_dead(site: str, tmp_path: Path) -> None:
    with running(tmp_path, site, *TRUSTED, "--set", "guard_resolvers=127.0.0.1:9") as found:
        assert knock(found, GOOGLEBOT, "20.2.0.1", "/page") == 200  # warm
        began = time.monotonic()
        for number in range(60):
            assert knock(found, GOOGLEBOT, f"20.3.0.{number}", "/page") == 200
        took = time.monotonic() - began
    assert took < 60 * TIMEOUT / 2  # however busy the machine is: they would take twice as long


def fetching_here(folder: Path) -> tuple[str, ...]:
    """Options for a guard whose key client may come to 127.0.0.1, and believes `folder`'s CA.

    The usual fetcher goes nowhere but to the Internet.
    """
    (folder / "here.py").write_text(
        "import ssl, sys\n"
        f"sys.path.insert(0, {str(ROOT / 'addons')!r})\n"
        "from dataclasses import replace\n"
        "from stagedoor.fetch.client import HttpClient\n"
        "from stagedoor.fetch.public_addresses import anywhere\n"
        "from stagedoor.fetch.uses import KEY_DIRECTORY\n"
        "from stagedoor.fronts.mitmproxy import key_client\n"
        "async def here(*_):\n    return ['127.0.0.1']\n"
        f"context = ssl.create_default_context(cafile={str(folder / 'ca.pem')!r})\n"
        "policy = replace(KEY_DIRECTORY, addresses=anywhere)\n"
        "key_client.client = HttpClient(policy, context=context, lookup=here)\n"
    )
    return ("-s", str(folder / "here.py"))


def test_a_signature_is_verified_and_counts_more_than_the_agent(
    site: str, authority: trustme.CA, tmp_path: Path
) -> None:
    """The real signer's way: a plain browser's agent, and a signature that says who it is."""
    context = certified(authority, "signer.example")
    keys: dict[str, tuple[str, bytes]] = {}
    pages = Pages(keys, context)
    origin = f"https://signer.example:{pages.server_port}"
    crawler = Crawler(origin)
    directory = crawler.directory()
    body = directory if isinstance(directory, bytes) else json.dumps(directory).encode()
    keys[DIRECTORY] = (DIRECTORY_TYPE, body)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    rules = tmp_path / "rules"
    (rules / "crawlers").mkdir(parents=True)
    (rules / "crawlers" / "signer.yaml").write_text(
        "operator: Signer\nreviewed: 2026-11-23\ncrawlers:\n  - name: SignerBot\n"
        "    token: SignerBot\n    purpose: ai-training\n"
        f"    proof: {{web_bot_auth: '{origin}'}}\n"
    )
    with running(
        tmp_path, site, *fetching_here(tmp_path), "--set", f"guard_rules={rules}"
    ) as found, requests.Session() as session:  # fmt: skip
        session.trust_env = False
        session.headers["User-Agent"] = FIREFOX
        url = f"{found.url}/page"

        def refused() -> bool:
            return session.get(url, auth=crawler, timeout=PATIENCE).status_code == 403

        eventually(refused, "the key directory to be fetched")
        assert found.counts()("proofs_total", crawler="SignerBot", proof="verified") >= 1
        assert session.get(url, timeout=PATIENCE).status_code == 200  # unsigned, it is a browser
        forged = Crawler(origin)
        assert session.get(url, auth=forged, timeout=PATIENCE).status_code == 200
    pages.shutdown()


PRIVATE: dict[str, tuple[type[algorithms.HTTPSignatureAlgorithm], PrivateKey]] = {
    "ed25519": (algorithms.ED25519, Ed25519PrivateKey.generate()),
    "ecdsa-p256-sha256": (algorithms.ECDSA_P256_SHA256, p256()),
    "rsa-pss-sha512": (algorithms.RSA_PSS_SHA512, rsa_pss()),
}


def library_signs(
    message: requests.PreparedRequest, name: str, agent: str, *, as_dictionary: bool
) -> None:
    """Sign as http-message-signatures does: a signer that is not ours."""
    algorithm, private = PRIVATE[name]
    own = '"signature-agent";key="sig1"' if as_dictionary else "signature-agent"
    message.headers["Signature-Agent"] = f'sig1="{agent}"' if as_dictionary else f'"{agent}"'
    HTTPMessageSigner(
        signature_algorithm=algorithm,
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={keyid(private): private}),
    ).sign(
        message,
        key_id=keyid(private),
        label="sig1",
        tag="web-bot-auth",
        include_alg=as_dictionary,
        covered_component_ids=("@authority", own),
        created=datetime.now(UTC),
        expires=datetime.now(UTC) + timedelta(minutes=5),
        nonce=os.urandom(16).hex(),
    )


def test_signers_of_both_drafts_with_three_algorithms(
    site: str, authority: trustme.CA, tmp_path: Path
) -> None:
    """-00 names an origin and -01 the key set; the signer is a library, the guard a real one."""
    body = json.dumps({"keys": [jwk(private) for _, private in PRIVATE.values()]}).encode()
    pages = Pages(
        {DIRECTORY: (DIRECTORY_TYPE, body), "/jwks.json": ("application/json", body)},
        certified(authority, "signer.example"),
    )
    origin = f"https://signer.example:{pages.server_port}"
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    rules = tmp_path / "rules"
    (rules / "crawlers").mkdir(parents=True)
    (rules / "crawlers" / "signer.yaml").write_text(
        "operator: Signer\nreviewed: 2026-11-29\ncrawlers:\n"
        + "".join(
            f"  - name: {name}\n    token: {name}\n    purpose: ai-training\n"
            f"    proof: {{web_bot_auth: '{address}'}}\n"
            for name, address in (("OriginBot", origin), ("KeySetBot", f"{origin}/jwks.json"))
        )
    )
    drafts = {
        ("OriginBot", origin, True),  # -00
        ("OriginBot", origin, False),  # as first deployed: one string
        ("OriginBot", f"{origin}{DIRECTORY}", True),  # -01, the same signer
        ("KeySetBot", f"{origin}/jwks.json", True),  # -01
    }
    with running(
        tmp_path, site, *fetching_here(tmp_path), "--set", f"guard_rules={rules}"
    ) as found, requests.Session() as session:  # fmt: skip
        session.trust_env = False

        def sent(name: str, agent: str, as_dictionary: bool) -> requests.Response:
            message = session.prepare_request(
                requests.Request("GET", f"{found.url}/page", headers={"User-Agent": FIREFOX})
            )
            library_signs(message, name, agent, as_dictionary=as_dictionary)
            return session.send(message, timeout=PATIENCE)

        def refused(*how: Any) -> bool:
            return sent(*how).status_code == 403

        for _, agent, as_dictionary in drafts:
            eventually(partial(refused, "ed25519", agent, as_dictionary), f"the keys of {agent}")
        before = found.counts()
        for name in PRIVATE:
            for _, agent, as_dictionary in drafts:
                answer = sent(name, agent, as_dictionary)
                assert answer.status_code == 403, (name, agent)
                assert "Accept-Signature" not in answer.headers  # it is known already
        after = found.counts()
        for crawler, times in (("OriginBot", 9), ("KeySetBot", 3)):
            counted = [
                c("proofs_total", crawler=crawler, proof="verified") for c in (before, after)
            ]
            assert counted[1] - counted[0] == times
        claimed = session.get(
            f"{found.url}/page", headers={"User-Agent": "OriginBot"}, timeout=PATIENCE
        )
        assert claimed.status_code == 403
        assert 'tag="web-bot-auth"' in claimed.headers["Accept-Signature"]
    pages.shutdown()


def test_a_chrome_whose_handshake_is_pythons_is_noted(site: str, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "stance.yaml").write_text("others: {disguises: no}\n")
    with running(
        tmp_path, site, "--set", f"guard_rules={tmp_path / 'rules'}"
    ) as found, requests.Session() as session:  # fmt: skip
        session.trust_env = False
        session.verify = False
        session.headers["User-Agent"] = CHROME
        url = found.url.replace("http://", "https://") + "/a.mp3"
        with pytest.warns(Warning, match="Unverified HTTPS"):
            assert session.get(url, timeout=PATIENCE).status_code == 403
        found.says("disguises-off")
