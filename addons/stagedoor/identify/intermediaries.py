"""User agents of intermediaries: names that a network or a proxy puts in the place of the visitor's.

Everybody who comes through such a network has the same agent, people and crawlers alike. So it is no
client's name, and nobody is recognised by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from stagedoor.model.facts import Client

BEHIND = Client(
    name="behind an intermediary",
    operator="",
    purpose="unknown",
    docs="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html",
)

_AGENTS: Mapping[str, str] = {
    "amazon cloudfront": "Amazon CloudFront",
    "cloudfront": "Amazon CloudFront",
    "akamai": "Akamai",
    "akamai edge": "Akamai",
    "akamaighost": "Akamai",
    "azure front door": "Azure Front Door",
    "bunnycdn": "bunny.net",
    "cdn77": "CDN77",
    "cloudflare": "Cloudflare",
    "fastly": "Fastly",
    "google cloud cdn": "Google Cloud CDN",
    "keycdn": "KeyCDN",
    "varnish": "Varnish",
    "squid": "Squid",
    "haproxy": "HAProxy",
    "nginx": "nginx",
    "caddy": "Caddy",
    "traefik": "Traefik",
    "envoy": "Envoy",
}
"""The whole agent, without a version. CloudFront documents its own; the others are what people set
in a proxy that hides the visitor's. A longer agent (`Cloudflare-Healthchecks/1.0`) is a program's."""
_VERSION = re.compile(r"[/ ]v?[0-9][0-9.]{0,15}\Z")
_LONGEST = 40


def intermediary(agent: str) -> str:
    """The intermediary whose name `agent` is; empty where it is none's."""
    if len(agent) > _LONGEST:
        return ""
    return _AGENTS.get(_VERSION.sub("", agent.strip().lower()), "")
