"""Three sites behind one guard, on real mitmdump and real `stagedoor serve`: found by their names alone."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from . import guarding
from .clients import FIREFOX, GPTBOT, Answer, connect, conversation, curl, read_head, request
from .guarding import Guard
from .programs import Program, eventually, free_port, program, run


class _Origin(http.server.BaseHTTPRequestHandler):
    """Says who it is, and what it was asked for."""

    protocol_version = "HTTP/1.1"
    name = ""

    def do_GET(self) -> None:
        body = f"{self.name} {self.path} {self.headers['Host']}\n".encode()
        found = self.path.endswith((".mp3", ".html"))
        self.send_response(200 if found else 404)
        kind = "audio/mpeg" if self.path.endswith(".mp3") else "text/plain"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Several:
    """A guard, and the rules that it was started with."""

    guard: Guard
    rules: Path

    def get(self, host: str, path: str = "/x.html", *more: str, agent: str = FIREFOX) -> Answer:
        return curl(f"{self.guard.url}{path}", "-H", f"Host: {host}", *more, agent=agent)


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    """Where anna, berta and dora answer; at carla's address nobody does."""
    with ExitStack() as stack:
        found = {"carla": free_port()}
        for name in ("anna", "berta", "dora"):
            kind = type(name, (_Origin,), {"name": name})
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            found[name] = server.server_address[1]
        yield found


def _rules(folder: Path, ports: dict[str, int]) -> Path:
    own = {
        "artist": {"name": "Anna"},
        "publish": {"address": "https://anna.example"},
        "site": {"upstream": f"http://127.0.0.1:{ports['anna']}", "hosts": ["www.anna.example"]},
    }
    shared = {
        "artist": {"name": "The Label", "contact": "mailto:label@example.org"},
        "sites": {
            "berta": {
                "artist": {"name": "Berta"},
                "ai": {"train": "yes"},
                "publish": {"address": "https://berta.example"},
                "site": {"upstream": f"http://127.0.0.1:{ports['berta']}"},
            },
            "carla": {
                "publish": {"address": "https://carla.example"},
                "site": {"upstream": f"http://127.0.0.1:{ports['carla']}"},
            },
            "dora": {
                "artist": {"name": "Dora"},
                "publish": {"address": "https://xn--dra-sna.example"},
                "site": {
                    "upstream": f"http://127.0.0.1:{ports['dora']}",
                    "trusted_proxies": ["127.0.0.1"],
                },
            },
        },
    }
    (folder / "sites" / "anna").mkdir(parents=True)
    (folder / "sites" / "anna" / "stance.yaml").write_text(json.dumps(own), "utf-8")
    (folder / "stance.yaml").write_text(json.dumps(shared), "utf-8")
    return folder


@pytest.fixture(scope="module", params=["mitmdump", "serve"])
def several(
    request: pytest.FixtureRequest,
    ports: dict[str, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Several]:
    """One guard in front of the four, of each kind."""
    folder = tmp_path_factory.mktemp(request.param)
    rules = _rules(folder / "rules", ports)
    if request.param == "mitmdump":
        with guarding.running(
            folder, f"http://127.0.0.1:{ports['anna']}", "--set", f"guard_rules={rules}"
        ) as found:
            yield Several(found, rules)
        return
    state = folder / "state"
    found = guarding.reach(
        Program(
            *(program("stagedoor"), "serve", "--listen", "127.0.0.1:0", "--rules", str(rules)),
            *("--metrics", "127.0.0.1:0", "--state", str(state)),
            *("--set", f"confdir={guarding.confdir()}"),
            log=folder / "serve.log",
        ),
        state,
    )
    with found.program:
        yield Several(found, rules)
    guarding.no_surprise(found)


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("anna.example", "anna"),
        ("www.anna.example", "anna"),
        ("ANNA.example.", "anna"),
        ("berta.example:80", "berta"),
        ("berta.example:8080", "berta"),
        ("xn--dra-sna.example", "dora"),
    ],
)
def test_a_request_goes_to_the_site_of_its_host(several: Several, host: str, site: str) -> None:
    answer = several.get(host)
    assert (answer.status, answer.text.split()[0]) == (200, site)


@pytest.mark.parametrize(
    "host", ["nobody.example", "anna.example.evil.example", "127.0.0.1", "bücher.example"]
)
def test_a_name_that_is_no_sites_is_refused_and_counted(several: Several, host: str) -> None:
    before = several.guard.counts()("malformed_total", fault="unknown-host")
    answer = several.get(host)
    assert (answer.status, answer.text) == (421, "There is no site of this name here.\n")
    assert several.guard.counts()("malformed_total", fault="unknown-host") == before + 1


@pytest.mark.parametrize(
    ("sent", "begins"),
    [
        (f"GET /x.html HTTP/1.0\r\nUser-Agent: {FIREFOX}\r\n\r\n".encode(), b"HTTP/1.1 421"),
        (b"GET /x.html HTTP/1.1\r\nUser-Agent: x\r\n\r\n", b"HTTP/1.1 400"),
        (request("/x.html", FIREFOX, "Host: berta.example", host="anna.example"), b"HTTP/1.1 400"),
        (request("http://berta.example/x.html", host="anna.example"), b"HTTP/1.1 200"),
        (request("http://nobody.example/x.html", host="anna.example"), b"HTTP/1.1 421"),
        (
            request("/x.html", FIREFOX, "Content-Length: 3", host="nobody.example") + b"abc",
            b"HTTP/1.1 421",
        ),
    ],
    ids=["no Host", "no Host in HTTP/1.1", "two Hosts", "a whole address", "another's", "a body"],
)
def test_what_can_be_read_in_two_ways_reaches_no_second_site(
    several: Several, sent: bytes, begins: bytes
) -> None:
    got = conversation(several.guard.url, sent, 0.5)
    assert got.startswith(begins)
    assert b"anna /" not in got
    assert (b"berta /" in got) == begins.endswith(b"200")


def test_one_connection_serves_several_sites_in_turn(several: Several) -> None:
    with connect(several.guard.url) as wire:
        for host in ("anna.example", "berta.example", "anna.example", "xn--dra-sna.example"):
            wire.sendall(request("/x.html", host=host))
            head, body = read_head(wire)
            assert head.startswith("HTTP/1.1 200")
            while not body.endswith(b"\n"):
                body += wire.recv(65536)
            assert body.decode().split()[2] == host


def test_a_site_over_tls_is_known_by_its_host_and_not_by_the_handshake(several: Several) -> None:
    url = several.guard.url.replace("http://127.0.0.1", "https://anna.example")
    port = url.rpartition(":")[2]
    for version in ("--http1.1", "--http2"):
        own = curl(f"{url}/x.html", "-k", version, "--resolve", f"anna.example:{port}:127.0.0.1")
        assert own.text.split()[0] == "anna"
        other = curl(
            *(f"{url}/x.html", "-k", version, "--resolve", f"anna.example:{port}:127.0.0.1"),
            *("-H", "Host: berta.example"),
        )
        assert other.text.split()[0] == "berta"
        nobodys = curl(
            *(f"{url}/x.html", "-k", version, "--resolve", f"anna.example:{port}:127.0.0.1"),
            *("-H", "Host: nobody.example"),
        )
        assert nobodys.status == 421


def test_each_site_has_a_policy_of_its_own_and_speaks_for_its_artist(several: Several) -> None:
    refused = several.get("anna.example", "/a.mp3", agent=GPTBOT)
    assert refused.status == 403
    assert "Anna has a policy" in refused.text
    assert several.get("berta.example", "/a.mp3", agent=GPTBOT).status == 200
    dora = several.get("xn--dra-sna.example", "/a.mp3", agent=GPTBOT)
    assert "Dora has a policy" in dora.text
    assert "The Label" in several.get("carla.example", "/a.mp3", agent=GPTBOT).text


def test_what_one_site_has_refused_is_nothing_to_another(several: Several) -> None:
    """A client that is refused again and again is answered for less; never by what another site said."""
    with connect(several.guard.url) as wire:
        for number in range(12):
            host = ("anna.example", "anna.example", "berta.example")[number % 3]
            wire.sendall(request(f"/{number}.mp3", GPTBOT, host=host))
            head, body = read_head(wire)
            assert head.startswith("HTTP/1.1 200" if host == "berta.example" else "HTTP/1.1 403")
            size = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
            while len(body) < size:
                body += wire.recv(65536)


def test_each_site_publishes_its_own(several: Several) -> None:
    anna = several.get("anna.example", "/robots.txt", agent=GPTBOT)
    berta = several.get("berta.example", "/robots.txt", agent=GPTBOT)
    assert "Rightholder: Anna" in anna.text
    assert "https://anna.example/license.xml" in anna.text
    assert "train-ai=n" in anna.text
    assert "Rightholder: Berta" in berta.text
    assert "anna" not in berta.text.lower()
    assert "train-ai=n" not in berta.text


def test_a_dead_site_is_no_matter_of_the_others(several: Several) -> None:
    assert several.get("carla.example").status == 502
    assert several.get("anna.example").status == 200
    counts = several.guard.counts()
    assert counts("upstream_up", site="carla") == 0
    assert counts("upstream_up", site="anna") == 1
    assert counts("upstream_errors_total", site="carla") >= 1
    assert counts("upstream_errors_total", site="anna") == 0
    several.guard.says("carla: the site at")


def test_a_forwarded_host_counts_only_for_a_site_that_trusts_the_proxy(several: Several) -> None:
    def by(host: str, said: str) -> Answer:
        return several.get(host, "/x.html", "-H", f"X-Forwarded-Host: {said}")

    assert by("inner:8080", "xn--dra-sna.example").text.split()[0] == "dora"
    assert by("inner:8080", "evil.example, XN--DRA-SNA.example").text.split()[0] == "dora"
    assert by("inner:8080", "anna.example").status == 421  # anna trusts nobody
    assert by("inner:8080", "xn--dra-sna.example, nobody.example").status == 421
    # A name that is known is the one that counts.
    assert by("anna.example", "xn--dra-sna.example").text.split()[0] == "anna"
    assert several.get("inner", "/x.html", "-H", "X-Stagedoor-Site: anna").status == 421


def test_metrics_have_the_site_and_what_is_the_whole_guards_has_none(several: Several) -> None:
    several.get("anna.example", "/a.mp3", agent=GPTBOT)
    counts = several.guard.counts()
    assert counts("blocks_total", site="anna", crawler="GPTBot") >= 1
    assert counts("blocks_total", site="berta") == 0
    assert counts("rules_current", site="dora") == 1
    sites = {sample.labels.get("site", "") for sample in counts.samples}
    assert sites == {"", "anna", "berta", "carla", "dora"}
    whole = {sample.name for sample in counts.samples if "site" not in sample.labels}
    assert "stagedoor_connections" in whole
    assert "stagedoor_requests_total" not in whole


def test_each_site_has_a_ledger_and_a_log_of_its_own(several: Several) -> None:
    several.get("anna.example", "/only-at-anna.mp3", agent=GPTBOT)
    several.get("xn--dra-sna.example", "/only-at-dora.mp3", agent=GPTBOT)
    sites = several.guard.state / "sites"

    def logged(name: str) -> str:
        return (sites / name / "decisions.jsonl").read_text("utf-8")

    eventually(lambda: "only-at-anna" in logged("anna") or None, "the line about anna")
    eventually(lambda: "only-at-dora" in logged("dora") or None, "the line about dora")
    assert "only-at-dora" not in logged("anna")
    assert "only-at-anna" not in logged("dora")
    assert not (several.guard.state / "ledger.sqlite").exists()

    def tally(name: str) -> bool | None:
        told = run(
            *(program("stagedoor"), "evidence", "list", "--site", name),
            *("--state", str(several.guard.state)),
        )
        return "GPTBot" in told.stdout or None

    eventually(lambda: tally("dora"), "dora's evidence about GPTBot")
    assert tally("carla") is None or "carla has been asked by GPTBot above"
    head = run(
        *(program("stagedoor"), "evidence", "verify", "--site", "anna"),
        *("--state", str(several.guard.state)),
    )
    assert head.returncode == 0, head.stdout + head.stderr


def test_the_desk_shows_all_sites_and_each_by_itself(several: Several) -> None:
    desk = several.guard.metrics.removesuffix("/metrics")
    top = curl(f"{desk}/").text
    assert all(f'href="/sites/{name}/"' in top for name in ("anna", "berta", "carla", "dora"))
    own = curl(f"{desk}/sites/dora/").text
    assert "Dora" in own
    assert 'href="/sites/dora/rules"' in own
    assert "Anna" not in own
    assert curl(f"{desk}/sites/dora/rules").status == 200
    status = json.loads(curl(f"{desk}/status.json").text)["sites"]
    assert set(status) == {"anna", "berta", "carla", "dora"}
    assert curl(f"{desk}/sites/nobody/").status == 404


def test_one_site_is_observed_and_the_others_enforce(several: Several) -> None:
    desk = several.guard.metrics.removesuffix("/metrics")
    asked = curl(f"{desk}/sites/dora/mode").text
    token = asked.partition('name="token" value="')[2].partition('"')[0]

    def switch(mode: str) -> None:
        answer = curl(f"{desk}/sites/dora/mode", "-d", f"token={token}&mode={mode}")
        assert answer.status == 303
        assert answer.headers["location"] == "/sites/dora/#mode-h"

    switch("observe")
    try:
        assert several.get("xn--dra-sna.example", "/a.mp3", agent=GPTBOT).status == 200
        assert several.get("anna.example", "/a.mp3", agent=GPTBOT).status == 403
        assert several.guard.counts()("enforcing", site="dora") == 0
        assert several.guard.counts()("enforcing", site="anna") == 1
    finally:
        switch("enforce")
    assert several.get("xn--dra-sna.example", "/a.mp3", agent=GPTBOT).status == 403


def test_a_mistake_in_one_stance_is_that_sites_alone(several: Several) -> None:
    """The old one stays, and the line names the file; what others change meanwhile is in force."""
    own, shared = several.rules / "sites" / "anna" / "stance.yaml", several.rules / "stance.yaml"
    good, whole = own.read_text("utf-8"), shared.read_text("utf-8")
    try:
        own.write_text(good.replace('"artist"', '"artits"'), "utf-8")
        eventually(lambda: several.guard.counts()("rules_current", site="anna") == 0 or None, "it")
        several.guard.says("sites/anna/stance.yaml:1:2: unknown field")
        several.guard.says("the rules of anna loaded at")
        assert several.get("anna.example", "/a.mp3", agent=GPTBOT).status == 403
        shared.write_text(whole.replace('"train": "yes"', '"train": "no"'), "utf-8")
        eventually(
            lambda: several.get("berta.example", "/a.mp3", agent=GPTBOT).status == 403 or None,
            "berta's new stance",
        )
        assert several.guard.counts()("rules_current", site="anna") == 0
        # A name that is another site's already: the old names stay in force.
        own.write_text(good.replace("www.anna.example", "berta.example"), "utf-8")
        eventually(lambda: "is the name of the site" in several.guard.output or None, "the line")
        assert several.get("berta.example").text.split()[0] == "berta"
        own.write_text(good.replace("www.anna.example", "new.anna.example"), "utf-8")
        eventually(lambda: several.get("new.anna.example").status == 200 or None, "the new name")
        assert several.get("www.anna.example").status == 421
    finally:
        own.write_text(good, "utf-8")
        shared.write_text(whole, "utf-8")
        eventually(lambda: several.get("www.anna.example").status == 200 or None, "the old name")
        eventually(
            lambda: several.get("berta.example", "/a.mp3", agent=GPTBOT).status == 200 or None,
            "berta's old stance",
        )
