"""The client that fetches key directories beside mitmproxy's requests."""

from __future__ import annotations

from mitmproxy_rs.dns import DnsResolver

from stagedoor.fetch.client import HttpClient
from stagedoor.fetch.uses import KEY_DIRECTORY


async def _lookup(host: str) -> list[str]:
    """By hickory, in Rust: it never holds a thread that others wait for, as getaddrinfo does."""
    return list(await DnsResolver().lookup_ip(host))


client = HttpClient(KEY_DIRECTORY, lookup=_lookup)
"""Goes nowhere but to the Internet."""
