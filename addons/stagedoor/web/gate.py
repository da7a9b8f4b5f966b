"""The gate of the desk, not of /metrics: who may look at it, and who may change something.

name       a web page elsewhere may give its own name this machine's address (DNS rebinding), and
           would then be let in by a browser as the same site. So without a password the desk
           answers to addresses, to localhost and to the name it is served under, to no other.
password   Basic authentication with any user name; a browser never sends it to another name.
change     only from a page of the desk itself: the browser says where from (Sec-Fetch-Site,
           Origin), and the page carries a token that is new at every start.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from stagedoor.model.facts import host_name

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: browsers would then send "Origin: null" with the desk's own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server on `host`."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def new_password() -> str:
    """A password that can be typed: 80 bits."""
    return secrets.token_hex(10)


class Gate:
    """`password` is empty where none is asked for, `host` what the server listens on."""

    def __init__(self, host: str, password: str = "") -> None:
        self._host = host.lower()
        self._password = _digest(password.encode()) if password else b""
        self.token = secrets.token_urlsafe(24)

    def knows(self, authority: str) -> bool:
        """Whether the desk is meant by a Host header."""
        if self._password:
            return True
        name = host_name(authority)
        if name in {"localhost", self._host} or name.endswith(".localhost"):
            return True
        try:
            ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True

    def admits(self, authorization: str) -> bool:
        """Whether the password in an Authorization header is right. Takes as long if it is not."""
        if not self._password:
            return True
        scheme, _, given = authorization.partition(" ")
        try:
            said = base64.b64decode(given.strip(), validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            said = b""
        right = hmac.compare_digest(_digest(said), self._password)
        return right and scheme.lower() == "basic"

    def may_change(self, headers: Mapping[str, str], token: str) -> bool:
        """Whether a form comes from a page of the desk."""
        site = headers.get("Sec-Fetch-Site", "same-origin")
        origin = headers.get("Origin", "")
        own = not origin or urlsplit(origin).netloc.lower() == headers.get("Host", "").lower()
        return (
            site == "same-origin"
            and own
            and hmac.compare_digest(token.encode(), self.token.encode())
        )


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()
