"""What stands between visitor and guard: seen by headers of trusted proxies, warned about once."""

from __future__ import annotations

import pytest

from making import FIREFOX
from stagedoor.fronts.addresses import networks, trace
from stagedoor.fronts.proxy_signs import Warnings, between
from stagedoor.model.edges import EDGES, TRUSTED_WORDS
from stagedoor.model.facts import Request
from stagedoor.verify.edge_files import read_edges

KNOWN = read_edges(None)
EDGE, VISITOR, PROXY = "172.70.1.1", "198.51.100.7", "127.0.0.1"
LOCAL = networks([PROXY], KNOWN)
NAMED = networks([PROXY, "cloudflare"], KNOWN)


def request(*headers: tuple[str, str], address: str = VISITOR, agent: str = FIREFOX) -> Request:
    return Request("GET", "music.example", "/", "/", agent, headers, address)


def chain(forwarded_for: str, trusted: object = NAMED, **own: str) -> str:
    names = {name.replace("_", "-"): value for name, value in own.items()}
    return trace(PROXY, forwarded_for, "", trusted, names).address  # type: ignore[arg-type]


# -- whose address ---------------------------------------------------------------------------------


def test_an_edge_is_trusted_by_name() -> None:
    """nginx and HAProxy add to X-Forwarded-For: the visitor stands before the edge."""
    assert chain(f"6.6.6.6, {VISITOR}, {EDGE}") == VISITOR
    assert chain(f"{VISITOR}, 2606:4700::1") == VISITOR
    assert chain(f"{VISITOR}, {EDGE}", LOCAL) == EDGE
    assert trace(EDGE, VISITOR, "", networks(["cloudflare"], KNOWN)).address == VISITOR


@pytest.mark.parametrize("word", ["Cloudflare", " cloudflare ", "CLOUDFLARE"])
def test_a_name_is_read_in_any_case(word: str) -> None:
    assert networks([word], KNOWN).trusts(EDGE)
    assert not networks([word], KNOWN).trusts(VISITOR)


def test_behind_caddy_the_edges_own_header_says_who_it_is() -> None:
    """Caddy writes only who connected to it: the edge."""
    assert chain(EDGE, cf_connecting_ip=VISITOR) == VISITOR
    # Pseudo IPv4: the real address stands in a header of its own.
    own = {"cf_connecting_ip": "240.16.0.1", "cf_connecting_ipv6": "2001:db8::7"}
    assert chain(EDGE, **own) == "2001:db8::7"


WORKER = "2a06:98c0:3600::103"
"""From where Cloudflare's Workers ask, whosever they are."""


def test_a_program_at_the_edge_cannot_say_that_it_is_a_crawler() -> None:
    crawler = "66.249.66.1"
    assert chain(f"{crawler}, {WORKER}, {EDGE}") == WORKER
    assert chain(f"{crawler}, {WORKER}, {EDGE}", cf_connecting_ip=WORKER) == WORKER
    assert (
        trace(EDGE, f"{crawler}, {WORKER}", "", NAMED, {"cf-connecting-ip": WORKER}).address
        == WORKER
    )
    # From one of Cloudflare's customers to another, the network itself says who it was.
    assert chain(f"{crawler}, {WORKER}, {EDGE}", cf_connecting_ip=VISITOR) == VISITOR


def test_a_network_that_passes_on_to_itself_is_gone_through() -> None:
    """Fastly's shields: the edge near the visitor asks the one near the site."""
    both = networks([PROXY, "fastly"], KNOWN)
    near, shield = "151.101.1.1", "151.101.65.1"
    assert chain(f"{VISITOR}, {near}, {shield}", both) == VISITOR


def test_an_edges_header_from_anybody_else_is_not_believed() -> None:
    attacker = "203.0.113.9"
    assert chain(attacker, cf_connecting_ip=VISITOR) == attacker
    assert chain(f"{EDGE}, {attacker}", cf_connecting_ip=VISITOR) == attacker
    assert chain(EDGE, LOCAL, cf_connecting_ip=VISITOR) == EDGE, "not trusted by name"
    assert trace(attacker, "", "", NAMED, {"cf-connecting-ip": VISITOR}).address == attacker
    assert chain(EDGE, cf_connecting_ip="nobody") == EDGE
    fastly = networks([PROXY, "fastly"], KNOWN)
    assert chain("151.101.1.1", fastly, fastly_client_ip=VISITOR) == "151.101.1.1"


# -- signs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (("CF-Ray", "8f-FRA"), "Cloudflare"),
        (("cf-connecting-ip", "203.0.113.1"), "Cloudflare"),
        (("X-Amz-Cf-Id", "x"), "Amazon CloudFront"),
        (("Via", "2.0 0123.cloudfront.net (CloudFront)"), "Amazon CloudFront"),
        (("Fastly-Client-IP", "203.0.113.1"), "Fastly"),
        (("Via", "1.1 varnish"), "Fastly"),
        (("CDN-Loop", "cloudflare; loops=1"), "Cloudflare"),
        (("CDN-Loop", "somebody.example"), "a content delivery network"),
        (("Via", "1.1 google"), "Google's front ends"),
        (("X-Azure-FDID", "x"), "Azure Front Door"),
        (("Via", "1.1 far.example, 1.1 near.example"), "a proxy before the trusted one"),
    ],
)
def test_a_trusted_proxy_shows_who_was_in_between(header: tuple[str, str], name: str) -> None:
    asked = request(header, ("X-Forwarded-For", "203.0.113.9"), address="203.0.113.9")
    assert between(PROXY, asked, LOCAL) == name
    assert between("203.0.113.9", asked, LOCAL) == "", "a visitor's own headers are not read"
    assert between(PROXY, asked, ()) == ""


def test_a_proxys_own_entry_in_via_is_no_sign() -> None:
    """Apache, Varnish and Caddy name themselves there."""
    asked = request(("Via", "1.1 host (Varnish/7.1)"), ("X-Forwarded-For", VISITOR))
    assert between(PROXY, asked, LOCAL) == ""


def test_where_the_edge_was_looked_behind_the_address_counts() -> None:
    """With the right setting, an impostor is one again."""
    ray = ("CF-Ray", "8f")
    passed = request(ray, ("X-Forwarded-For", f"{VISITOR}, {EDGE}"))
    assert between(PROXY, passed, NAMED) == ""
    # nginx's real_ip module or Caddy's trusted_proxies: the proxy in front has looked behind it.
    resolved = request(ray, ("CF-Connecting-IP", VISITOR), ("X-Forwarded-For", VISITOR))
    assert between(PROXY, resolved, LOCAL) == ""


# -- warnings --------------------------------------------------------------------------------------


def warned(
    warnings: Warnings, peer: str, asked: Request, words: list[str], *, in_stance: bool = False
) -> str:
    trusted = networks(words, KNOWN)
    seen = between(peer, asked, trusted)
    return warnings.look(peer, asked, trusted, KNOWN, seen, in_stance=in_stance)


@pytest.mark.parametrize(
    ("peer", "words", "setting"),
    [
        ("127.0.0.1", [], "127.0.0.1"),
        ("::1", ["127.0.0.1"], "127.0.0.1,::1"),
        ("172.17.0.1", ["127.0.0.1", "::1"], "127.0.0.1,::1,172.17.0.1"),
        ("fd00::2", ["cloudflare"], "cloudflare,fd00::2"),
        ("100.64.0.3", ["10.0.0.0/8"], "10.0.0.0/8,100.64.0.3"),
    ],
)
@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_a_near_peer_that_forwards_is_reported_once(
    peer: str, words: list[str], setting: str, header: str
) -> None:
    warnings, asked = Warnings(), request((header, VISITOR), address=peer)
    said = warned(warnings, peer, asked, words)
    assert said.startswith(f"requests come from {peer} with {header}, which is not believed")
    assert said.endswith(f"start with --set guard_trusted_proxies={setting}")
    assert warned(warnings, peer, asked, words) == ""


def test_the_setting_is_the_stances_where_that_has_the_list() -> None:
    asked = request(("X-Forwarded-For", VISITOR), address="::1")
    said = warned(Warnings(), "::1", asked, ["127.0.0.1"], in_stance=True)
    assert said.endswith('write trusted_proxies: [127.0.0.1, "::1"] under site in stance.yaml')


@pytest.mark.parametrize("peer", [EDGE, PROXY])
def test_an_edge_is_reported_with_its_name(peer: str) -> None:
    words = [PROXY] if peer == PROXY else []
    said = warned(Warnings(), peer, request(("CF-Ray", "x"), address=EDGE), words)
    assert "requests come through Cloudflare" in said
    assert said.endswith(f"guard_trusted_proxies={','.join([*words, 'cloudflare'])}")


def test_a_trusted_edge_whose_visitor_nobody_names_is_reported() -> None:
    said = warned(Warnings(), PROXY, request(address=EDGE), [PROXY, "cloudflare"])
    assert "does not say for whom" in said


def test_nobody_can_fill_the_log() -> None:
    warnings = Warnings()
    said = [
        warned(warnings, f"10.0.0.{n}", request(("Forwarded", "x"), address=f"10.0.0.{n}"), [])
        for n in range(200)
    ]
    assert sum(map(bool, said)) <= 32


def test_a_visitor_from_the_internet_warns_nobody() -> None:
    """Company proxies send X-Forwarded-For, too."""
    asked = request(("X-Forwarded-For", "10.1.1.1"), ("CF-Ray", "x"), address="93.184.216.34")
    assert warned(Warnings(), "93.184.216.34", asked, [PROXY]) == ""


def test_an_intermediarys_agent_is_reported() -> None:
    """Beside what else there is to say; and not on the word of a visitor."""
    warnings, agent = Warnings(), "Amazon CloudFront"
    asked = request(("X-Forwarded-For", VISITOR), address="10.0.0.9", agent=agent)
    assert "10.0.0.9" in warned(warnings, "10.0.0.9", asked, [])
    said = warned(warnings, "10.0.0.9", asked, [])
    assert "let Amazon CloudFront pass the User-Agent header on" in said
    assert warned(warnings, "10.0.0.9", asked, []) == ""
    direct = request(address="93.184.216.34", agent=agent)
    assert warned(Warnings(), "93.184.216.34", direct, [PROXY]) == ""


def test_every_name_that_can_be_trusted_is_one_that_update_or_the_package_knows() -> None:
    lists = {edge.word for edge in EDGES if edge.lists}
    assert set(TRUSTED_WORDS) == lists | KNOWN.words
