"""Content delivery networks: their names, the lists of their addresses, and their headers.

A request that such a network passes on comes from its *edge*. The edge's address is not the visitor's,
so it proves nothing about anybody. Lists of addresses are kept like those of crawlers: a dated copy
ships (`verify/edge_networks.json`), and `stagedoor update` fetches them anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edge:
    """One network. `lists` are fetched by `update`; `fixed` names a page whose addresses hardly ever
    change and are not published as a file. `headers` (lower case) are those it adds to requests,
    `via` what stands in its entry of a Via or CDN-Loop header.
    """

    word: str
    name: str
    lists: tuple[str, ...] = ()
    fixed: str = ""
    headers: tuple[str, ...] = ()
    via: tuple[str, ...] = ()


EDGES: tuple[Edge, ...] = (
    Edge(
        "cloudflare",
        "Cloudflare",
        ("https://www.cloudflare.com/ips-v4", "https://www.cloudflare.com/ips-v6"),
        headers=("cf-ray", "cf-connecting-ip", "cf-connecting-ipv6", "cf-visitor", "cf-ipcountry",
                 "cf-ew-via", "cf-pseudo-ipv4", "cf-worker"),
        via=("cloudflare",),
    ),
    Edge(
        "fastly",
        "Fastly",
        ("https://api.fastly.com/public-ip-list",),
        headers=("fastly-client-ip", "fastly-ff", "fastly-ssl", "fastly-client"),
        via=("fastly",),
    ),
    Edge(
        "cloudfront",
        "Amazon CloudFront",
        ("https://d7uri8nf7uskq.cloudfront.net/tools/list-cloudfront-ips",),
        headers=("x-amz-cf-id", "cloudfront-viewer-address", "cloudfront-viewer-country",
                 "cloudfront-forwarded-proto", "cloudfront-is-desktop-viewer",
                 "cloudfront-is-mobile-viewer"),
        via=("cloudfront",),
    ),
    Edge(
        "akamai",
        "Akamai",
        (
            "https://techdocs.akamai.com/property-manager/pdfs/akamai_ipv4_CIDRs.txt",
            "https://techdocs.akamai.com/property-manager/pdfs/akamai_ipv6_CIDRs.txt",
        ),
        headers=("akamai-origin-hop", "x-akamai-edgescape", "x-akamai-config-log-detail"),
        via=("akamai", "ghost"),
    ),
    Edge(
        "bunny",
        "bunny.net",
        (
            "https://bunnycdn.com/api/system/edgeserverlist",
            "https://bunnycdn.com/api/system/edgeserverlist/IPv6",
        ),
        headers=("cdn-requestid", "cdn-requestcountrycode"),
        via=("bunny",),
    ),
    Edge(
        "google",
        "Google's front ends",
        fixed="https://cloud.google.com/load-balancing/docs/firewall-rules",
        via=("1.1 google", "2 google", "2.0 google"),
    ),
    Edge(
        "azure",
        "Azure Front Door",
        headers=("x-azure-fdid", "x-azure-ref", "x-azure-clientip", "x-azure-socketip"),
        via=("azure",),
    ),
    Edge(
        "imperva",
        "Imperva",
        ("https://my.imperva.com/api/integration/v1/ips",),
        headers=("incap-client-ip",),
        via=("imperva", "incapsula"),
    ),
    Edge(
        "sucuri",
        "Sucuri",
        fixed="https://docs.sucuri.net/website-firewall/sucuri-firewall-troubleshooting-guide/",
        headers=("x-sucuri-clientip", "x-sucuri-country"),
        via=("sucuri",),
    ),
    Edge("fly", "Fly.io", headers=("fly-client-ip", "fly-region"), via=("fly.io",)),
)  # fmt: skip
"""Sources: each network's own documentation of its addresses and of the headers it adds."""

BY_WORD: Mapping[str, Edge] = {edge.word: edge for edge in EDGES}
TRUSTED_WORDS: tuple[str, ...] = tuple(edge.word for edge in EDGES if edge.lists or edge.fixed)
"""What may stand in `trusted_proxies` in place of addresses."""
SIGNS: Mapping[str, Edge] = {name: edge for edge in EDGES for name in edge.headers}
LOOPS = frozenset({"via", "cdn-loop"})
"""Headers in which each intermediary may add itself (RFC 9110, 7.6.3; RFC 8586)."""
OWN_VISITOR: Mapping[str, tuple[str, ...]] = {
    "cloudflare": ("cf-connecting-ipv6", "cf-connecting-ip")
}
"""Headers that say who the visitor is and that the network writes over whatever a visitor sent: they
are believed where the request has come through that network's trusted edge. Fastly-Client-IP and
True-Client-IP are left out: a visitor's own may pass through."""


def named(via: str) -> Edge | None:
    """The network in a Via or CDN-Loop header, or None."""
    lowered = via.lower()
    for edge in EDGES:
        if any(word in lowered for word in edge.via):
            return edge
    # Fastly writes "1.1 varnish"; other people's Varnish writes its host's name and a comment.
    if any(entry.strip() in {"1.1 varnish", "1.0 varnish"} for entry in lowered.split(",")):
        return BY_WORD["fastly"]
    return None


def urls(words: Iterable[str] = tuple(BY_WORD)) -> dict[str, Edge]:
    """Where the lists of these networks are published, each with its network."""
    edges = [BY_WORD[word] for word in words]
    return {url: edge for edge in edges for url in (*edge.lists, *filter(None, (edge.fixed,)))}
