"""Where signers publish their keys, as they write it (Web Bot Auth), and who that makes them.

draft-ietf-webbotauth-httpsig-protocol-00 names an origin, whose keys are at its well-known path; -01
names the key set itself: the well-known path of an origin, or any other https address. A signer is
known by that address, without its query; a bare origin and its well-known address are one signer,
and called by the origin.
"""

from __future__ import annotations

import re

from stagedoor.signals.patterns import normalised

DIRECTORY = "/.well-known/http-message-signatures-directory"
"""The well-known path of a key set."""

_DOMAIN = 253
_PORTS = 65535
_PATH = 512
_ORIGIN = re.compile(
    r"https://((?:[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)"
    r"(?::([1-9][0-9]{0,4}))?",
    re.IGNORECASE,
)
_REST = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[!-~]*)?")
"""Path and query of an address (RFC 3986); a fragment names nothing on a server."""


def origin_of(text: str) -> str:
    """`https://Signer.example:443/` → `https://signer.example`; empty where it is no such origin.

    A name and perhaps a port: no user, path, query or bracketed address.
    """
    found = signer_of(text) if text.count("/") <= 3 else ""
    return found if text.rstrip("/").count("/") == 2 and "?" not in text else ""


def signer_of(text: str) -> str:
    """The signer that a Signature-Agent names: its origin, or the address of its key set.

    In one spelling: small letters, no usual port, no query, escapes as RFC 3986 has them. Empty
    where it is no https address, or one that says more than a server and a path.
    """
    match = _ORIGIN.match(text) if len(text) <= _DOMAIN + _PATH else None
    if match is None or len(match[1]) > _DOMAIN or int(match[2] or 443) > _PORTS:
        return ""
    rest = _REST.fullmatch(text, match.end())
    if rest is None:
        return ""
    path = normalised(rest[1] or "/")
    if any(part in {".", ".."} for part in path.split("/")) or "//" in path:
        return ""  # servers read these in several ways
    port = "" if match[2] in {None, "443"} else f":{match[2]}"
    return f"https://{match[1].lower()}{port}" + ("" if path in {"/", DIRECTORY} else path)


def key_set_of(signer: str) -> str:
    """The address of a signer's key set, from what `signer_of` gives."""
    return signer if signer.count("/") > 2 else signer + DIRECTORY
