"""Origins, as signers write them (Web Bot Auth)."""

from __future__ import annotations

import re

_DOMAIN = 253
_PORTS = 65535
_ORIGIN = re.compile(
    r"https://((?:[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)"
    r"(?::([1-9][0-9]{0,4}))?/?",
    re.IGNORECASE,
)


def origin_of(text: str) -> str:
    """`https://Signer.example:443/` → `https://signer.example`; empty where it is no such origin.

    A name and perhaps a port: no user, path, query or bracketed address.
    """
    match = _ORIGIN.fullmatch(text) if len(text) <= _DOMAIN + 16 else None
    if match is None or len(match[1]) > _DOMAIN or int(match[2] or 443) > _PORTS:
        return ""
    port = "" if match[2] in {None, "443"} else f":{match[2]}"
    return f"https://{match[1].lower()}{port}"
