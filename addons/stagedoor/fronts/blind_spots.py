"""What the stance asks for and this guard cannot see: said at start, by `check` and at the desk.

`disguises: no` rests on the TLS handshake (JA4). A proxy in front that ends TLS keeps it to itself,
unless it is asked to pass it on.
"""

from __future__ import annotations

from stagedoor.config.stance import Stance

DOCS = "docs/behind-a-proxy.md"

_LACKS = (
    "others.disguises is no, but {why}: a program dressed up as a browser is seen by little else. "
    "{fix} — {docs} has it for Caddy, nginx and HAProxy"
)
_PROXIED = (
    "your proxy ends TLS, and does not say what the handshake looked like",
    "Let it write JA4 into a header, and name that: ja4_header: X-JA4 under site in stance.yaml, or "
    "--set guard_ja4_header=X-JA4",
)
_PLAIN = (
    "visitors come without TLS, so there is no handshake to look at",
    "Let the guard end TLS (--certs), or let a trusted proxy that does write JA4 into a header "
    "(guard_ja4_header)",
)
_MISSING = (
    "the header {header} does not come with what your proxy passes on",
    "Let it write JA4 into that header",
)
_CHECK = (
    "the TLS handshake is seen only where the guard itself ends TLS (--certs)",
    "Where a proxy does, let it write JA4 into a header, and name that: ja4_header: X-JA4 under site",
)


def at_start(stance: Stance, *, proxied: bool, header: str, certificate: bool) -> str:
    """What cannot be seen, as far as options say; empty where nothing is missing.

    `proxied`: there are trusted proxies; `header` is where they write JA4; `certificate`: the guard
    ends TLS with one of its own.
    """
    if stance.others.disguises != "no" or header:
        return ""
    if proxied:
        return _said(_PROXIED)
    return "" if certificate else _said(_PLAIN)


def of_request(stance: Stance, *, proxied: bool, header: str, ja4: str) -> str:
    """What a request shows to be missing."""
    if stance.others.disguises != "no" or ja4:
        return ""
    if proxied:
        return _said(_MISSING, header) if header else _said(_PROXIED)
    return _said(_PLAIN)


def in_check(stance: Stance) -> str:
    """What `check` says, who sees no guard: where it may be missing."""
    if stance.others.disguises != "no" or stance.site.ja4_header:
        return ""
    return _said(_PROXIED if stance.site.trusted_proxies else _CHECK)


def _said(what: tuple[str, str], header: str = "") -> str:
    why, fix = what
    return _LACKS.format(why=why.format(header=header), fix=fix, docs=DOCS)
