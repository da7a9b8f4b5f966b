"""Whose address it is: a real nginx in front of the guard, and visitors who lie."""

from __future__ import annotations

from pathlib import Path

from . import site
from .clients import FIREFOX, GPTBOT, curl
from .conftest import StartGuard
from .guarding import Guard
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
    assert guard.output.count("--set guard_trusted_proxies=127.0.0.1") == 1


def test_the_site_hears_its_own_name(guard: Guard, origin: Site) -> None:
    """nginx chooses the site by Host; the visitor's passes through."""
    curl(f"{guard.url}/index.html?host", "-H", "Host: music.example")
    assert origin.hears("index.html?host")[0]["host"] == "music.example"
