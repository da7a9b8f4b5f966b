"""Whose address it is: a real nginx in front of the guard, and visitors who lie."""

from __future__ import annotations

from pathlib import Path

from . import site
from .clients import FIREFOX, GPTBOT, curl
from .conftest import StartGuard
from .guarding import Guard
from .programs import Program, free_port, program
from .site import Site

FRONT = "127.0.0.2"
VISITOR = "127.0.0.7"
FORGED = "203.0.113.9"


def through_a_proxy(guard: Guard, folder: Path, target: str, *words: str, agent: str) -> None:
    """A request from VISITOR to an nginx, which passes it to the guard from FRONT."""
    started, url = site.proxy(folder, guard.url, FRONT)
    with started:
        curl(f"{url}{target}", "--interface", VISITOR, *words, agent=agent)


def addresses(guard: Guard, folder: Path, name: str) -> list[str]:
    """Whom the guard takes a refused visitor for: one who tells the truth, and one who lies."""
    through_a_proxy(guard, folder, f"/{name}.mp3", agent=GPTBOT)
    through_a_proxy(guard, folder, f"/{name}.mp3", "-H", f"X-Forwarded-For: {FORGED}", agent=GPTBOT)
    return [line["address"] for line in guard.decisions(f"/{name}.mp3", 2)]


def test_no_proxy_is_trusted_at_first(guard: Guard, tmp_path: Path) -> None:
    assert addresses(guard, tmp_path, "untrusted") == [FRONT, FRONT]


def test_only_the_trusted_proxy_is_believed(
    origin: Site, tmp_path: Path, start_guard: StartGuard
) -> None:
    guard = start_guard(origin.url, "--set", "guard_trusted_proxies=127.0.0.3, 10.0.0.0/8")
    assert addresses(guard, tmp_path, "other") == [FRONT, FRONT]


def test_a_trusted_proxy_is_believed(origin: Site, tmp_path: Path, start_guard: StartGuard) -> None:
    """And what it says goes on to the site, with the proxy's own address behind it."""
    guard = start_guard(origin.url, "--set", "guard_trusted_proxies=10.0.0.0/8,127.0.0.2/31")
    assert addresses(guard, tmp_path, "trusted") == [VISITOR, VISITOR]
    through_a_proxy(guard, tmp_path, "/index.html?chain", agent=FIREFOX)
    assert origin.hears("index.html?chain")[0]["forwarded_for"] == f"{VISITOR}, {FRONT}"


def test_trust_can_stand_in_the_stance(
    origin: Site, rules: Path, tmp_path: Path, start_guard: StartGuard
) -> None:
    (rules / "stance.yaml").write_text(f"site: {{trusted_proxies: [{FRONT}]}}\n")
    guard = start_guard(origin.url, "--set", f"guard_rules={rules}")
    assert addresses(guard, tmp_path, "stance") == [VISITOR, VISITOR]


def test_a_forged_address_does_not_reach_the_site(guard: Guard, origin: Site) -> None:
    lies = [f"X-Forwarded-For: {FORGED}", f"x-forwarded-for: {FORGED}", f"X-Real-IP: {FORGED}"]
    lies += [f"Forwarded: for={FORGED}"]
    words = [word for lie in lies for word in ("-H", lie)]
    curl(f"{guard.url}/index.html?lies", "--interface", VISITOR, *words, agent=FIREFOX)
    heard = origin.hears("index.html?lies")[0]
    assert heard["forwarded_for"] == VISITOR
    assert heard["real_ip"] == VISITOR
    assert heard["forwarded"] == ""


def test_an_untrusted_proxy_is_told_once(
    origin: Site, tmp_path: Path, start_guard: StartGuard
) -> None:
    guard = start_guard(origin.url)
    for _ in range(2):
        curl(f"{guard.url}/index.html", "-H", f"X-Forwarded-For: {FORGED}")
    assert guard.said_so_far().count("--set guard_trusted_proxies=127.0.0.1") == 1


EDGE = "172.70.1.1"
"""Cloudflare's."""

_CADDY = """{{
 admin off
 auto_https off
}}
http://127.0.0.1:{port} {{
 reverse_proxy {guard} {{
  header_up X-Forwarded-For {edge}
 }}
}}
"""
"""What Caddy writes where Cloudflare's edge connects to it: only that one's address."""
_HAPROXY = """defaults
 mode http
 timeout client 60s
 timeout server 60s
 timeout connect 60s
frontend front
 bind 127.0.0.1:{port}
 http-request add-header X-Forwarded-For {edge}
 default_backend guard
backend guard
 server guard {guard}
"""
_APACHE = """ServerName front
ServerRoot /usr/lib/apache2
Listen 127.0.0.1:{port}
PidFile {folder}/apache.pid
ErrorLog {folder}/apache.error
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule headers_module modules/mod_headers.so
LoadModule proxy_module modules/mod_proxy.so
LoadModule proxy_http_module modules/mod_proxy_http.so
ProxyVia On
ProxyAddHeaders Off
RequestHeader append X-Forwarded-For {edge}
ProxyPass / http://{guard}/
"""
_FRONTS = {
    "caddy": (_CADDY, ("caddy", "run", "--adapter", "caddyfile", "--config")),
    "haproxy": (_HAPROXY, ("haproxy", "-db", "-f")),
    "apache2": (_APACHE, ("apache2", "-DFOREGROUND", "-f")),
}


def test_behind_a_network_of_edges_the_visitor_is_found(
    origin: Site, rules: Path, tmp_path: Path, start_guard: StartGuard
) -> None:
    """An edge → Caddy, HAProxy or Apache → the guard, with the edge's operator trusted by name.

    A visitor who connects to the proxy in front himself and writes the edge's headers stays what he is.
    """
    (rules / "stance.yaml").write_text("site: {trusted_proxies: [127.0.0.1, cloudflare]}\n")
    guard = start_guard(origin.url, "--set", f"guard_rules={rules}")
    for number, (name, (config, command)) in enumerate(_FRONTS.items()):
        for edge in (EDGE, FORGED):
            port, file = free_port(), tmp_path / f"{name}-{edge}"
            file.write_text(
                config.format(
                    port=port, guard=guard.url.partition("//")[2], edge=edge, folder=tmp_path
                )
            )
            started = Program(program(command[0]), *command[1:], str(file), log=tmp_path / "front")
            with started:
                started.listens(port)
                path = f"/{name}-{number}-{edge}.mp3"
                curl(
                    f"http://127.0.0.1:{port}{path}",
                    *("-H", "CF-Ray: 8f", "-H", f"CF-Connecting-IP: {VISITOR}"),
                    *("-H", f"X-Forwarded-For: {VISITOR}"),
                    agent=GPTBOT,
                )
            (line,) = guard.decisions(path, 1)
            assert line["address"] == (VISITOR if edge == EDGE else FORGED), (name, edge)


def test_the_site_hears_its_own_name(guard: Guard, origin: Site) -> None:
    """nginx chooses the site by Host; the visitor's passes through."""
    curl(f"{guard.url}/index.html?host", "-H", "Host: music.example")
    assert origin.hears("index.html?host")[0]["host"] == "music.example"
