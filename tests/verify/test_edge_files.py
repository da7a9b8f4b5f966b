"""The lists of edges: what ships, and what an update puts in its place."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from stagedoor.identify.proof import Evidence, prove
from stagedoor.identify.ranges import Membership
from stagedoor.verify.edge_files import read_edges
from stagedoor.verify.range_files import RANGES, Copy, write_copy

FASTLY = "https://api.fastly.com/public-ip-list"


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("172.70.1.1", "cloudflare"),
        ("2606:4700::6810:1", "cloudflare"),
        ("::ffff:104.16.1.1", "cloudflare"),
        ("151.101.1.1", "fastly"),
        ("130.176.1.1", "cloudfront"),
        ("23.40.1.1", "akamai"),
        ("35.191.1.1", "google"),
        ("45.60.1.1", "imperva"),
        ("66.249.66.1", ""),
        ("127.0.0.1", ""),
        ("nobody", ""),
        ("", ""),
    ],
)
def test_what_ships(address: str, word: str) -> None:
    assert read_edges(None).word(address) == word


def test_a_newer_copy_takes_the_place_of_what_ships(tmp_path: Path) -> None:
    body = json.dumps({"addresses": ["203.0.113.0/24"], "ipv6_addresses": ["2001:db8::/32"]})
    write_copy(tmp_path / RANGES, Copy(FASTLY, "Fastly", time.time(), body.encode()))
    found = read_edges(tmp_path)
    assert found.word("203.0.113.1") == found.word("2001:db8::1") == "fastly"
    assert found.word("151.101.1.1") == ""
    write_copy(tmp_path / RANGES, Copy(FASTLY, "Fastly", 0.0, body.encode()))
    assert read_edges(tmp_path).word("151.101.1.1") == "fastly", "an old copy counts for nothing"
    write_copy(tmp_path / RANGES, Copy(FASTLY, "Fastly", time.time(), b"<html>"))
    assert read_edges(tmp_path).word("151.101.1.1") == "fastly", "a page is no list"


def test_the_form_of_cloudfronts_list_is_read(tmp_path: Path) -> None:
    url = "https://d7uri8nf7uskq.cloudfront.net/tools/list-cloudfront-ips"
    body = {
        "CLOUDFRONT_GLOBAL_IP_LIST": ["203.0.113.0/24"],
        "CLOUDFRONT_REGIONAL_EDGE_IP_LIST": ["198.51.100.0/24"],
    }
    write_copy(tmp_path / RANGES, Copy(url, "x", time.time(), json.dumps(body).encode()))
    found = read_edges(tmp_path)
    assert found.word("203.0.113.1") == found.word("198.51.100.1") == "cloudfront"


@dataclass(frozen=True)
class Ways:
    ranges: tuple[str, ...] = ("https://bot.example/list.json",)
    rdns: tuple[str, ...] = ()
    web_bot_auth: str = ""


WAYS = Ways()


@dataclass(frozen=True)
class Claim:
    name: str = "Googlebot"
    operator: str = "Google"
    proof: Ways = WAYS


def proof(between: str = "", *, edge: bool = False, network: str = "") -> tuple[str, str]:
    now = 1_795_000_000.0
    evidence = Evidence(now, Membership(network, now, 9), between=between, edge=edge)
    return prove(Claim(), "172.70.1.1", evidence)


def test_an_intermediarys_address_contradicts_nobody() -> None:
    assert proof()[0] == "spoofed"
    found, why = proof("Cloudflare", edge=True)
    assert found == "unverified"
    assert "came through Cloudflare" in why
    assert proof("Cloudflare")[0] == "unverified"


def test_an_edge_proves_nobody_either() -> None:
    """An operator's list may hold an edge; everybody else behind it comes from there, too."""
    assert proof("Cloudflare", edge=True, network="172.64.0.0/13")[0] == "unverified"
    # By a header alone the address may still be the client's: in the list is in the list.
    assert proof("Cloudflare", network="172.64.0.0/13")[0] == "verified"
