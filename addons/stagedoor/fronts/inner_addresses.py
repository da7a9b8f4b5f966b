"""Inner addresses in response headers, replaced by the one that the visitor used.

A site behind a proxy writes redirects with the address it knows: its own port behind the visitor's
host (nginx and Apache, for a folder without its slash), the upstream's name, `http` where the visitor
came by TLS. That is a dead link, or a way past the guard. Here such addresses are translated in
Location, Content-Location, Refresh, Link and URI. Every other address is left as it is, also one of
the same host at a third port.

Where it is not sure by which scheme the visitor came, only path and query are left: a reference that
is right in any case (RFC 9110, 10.2.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from stagedoor.fronts.addresses import parse

Fields = tuple[tuple[bytes, bytes], ...]

_ADDRESS = rb"(?:(?P<scheme>https?):)?//(?P<authority>[^/?#\s\"'<>;,\\]*)(?P<rest>[^\s\"'<>;,]*)"
_WHOLE = re.compile(rb"(?P<before>^\s*)" + _ADDRESS, re.IGNORECASE)
_REFRESHED = re.compile(
    rb"(?P<before>^\s*[0-9.]*\s*[;,]?\s*(?:url\s*=\s*)?[\"']?)" + _ADDRESS, re.IGNORECASE
)
_LINKED = re.compile(rb"(?P<before><\s*)" + _ADDRESS, re.IGNORECASE)
_WHERE: dict[bytes, re.Pattern[bytes]] = {
    b"location": _WHOLE,
    b"content-location": _WHOLE,
    b"uri": _WHOLE,
    b"refresh": _REFRESHED,
    b"link": _LINKED,
}
_LENGTHS = frozenset(map(len, _WHERE))
_PORTS = {"http": 80, "https": 443}
_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,5}))?")


@dataclass(frozen=True, slots=True)
class Route:
    """One visitor's way to the site: the upstream, and the address that the visitor used.

    `authority` with a port where one was written; empty where nobody knows it. `sure`: nobody stands
    in between who may have changed the scheme.
    """

    host: str
    port: int
    near: bool
    """The upstream is this machine or one beside it: nobody outside uses its name."""
    scheme: str
    authority: str
    target: str
    sure: bool = True


def names_addresses(fields: Fields) -> bool:
    """Whether one of the headers is there in which addresses stand: for most responses, none."""
    return any(len(name) in _LENGTHS and name.lower() in _WHERE for name, _ in fields)


def translated(fields: Fields, route: Route) -> Fields:
    """The fields with inner addresses replaced."""
    out = []
    for name, value in fields:
        pattern = _WHERE.get(name.lower())
        if pattern is None:
            out.append((name, value))
        else:
            times = 0 if pattern is _LINKED else 1  # in the others only one address stands
            out.append((name, pattern.sub(lambda found: _replaced(found, route), value, times)))
    return tuple(out)


def _replaced(found: re.Match[bytes], route: Route) -> bytes:
    scheme = (found["scheme"] or route.scheme.encode()).decode("latin-1").lower()
    rest = found["rest"]
    if not _is_inner(scheme, found["authority"].decode("latin-1").lower(), rest, route):
        return found[0]
    rest = rest if rest.startswith(b"/") else b"/" + rest
    outside = b""
    # What begins with two slashes would name another host.
    if route.authority and (route.sure or rest.startswith((b"//", b"/\\"))):
        outside = f"{route.scheme}://{route.authority}".encode("latin-1", "replace")
    elif rest.startswith((b"//", b"/\\")):
        rest = b"/" + rest.lstrip(b"/\\")
    return found["before"] + outside + rest


def _is_inner(scheme: str, authority: str, rest: bytes, route: Route) -> bool:
    """Whether an address is the site's own, and not one that visitors can use."""
    named = _split(authority, scheme)
    used = _split(route.authority.lower(), route.scheme)
    if named is None:
        return False
    host, port, written = named
    if used is not None and (host, port) == used[:2] and scheme == route.scheme:
        return False
    if _same(host, route.host):
        # Beside this machine, one without a port was meant for nobody outside either.
        theirs = used is not None and _same(host, used[0])
        return port == route.port or (route.near and not written and not theirs)
    if used is None or host != used[0]:
        return False
    if port == route.port:
        return True
    downgraded = route.scheme == "https" and scheme == "http" and not written
    return downgraded and used[1] == _PORTS["https"] and rest != route.target.encode("latin-1")


def _split(authority: str, scheme: str) -> tuple[str, int, bool] | None:
    """Host, port, and whether the port was written."""
    found = _AUTHORITY.fullmatch(authority)
    if found is None or not found["host"]:
        return None
    port = found["port"]
    host = found["host"].removesuffix(".").strip("[]")
    return host, int(port) if port else _PORTS[scheme], bool(port)


def _same(host: str, other: str) -> bool:
    """Whether two names are one: all names of loopback are."""
    other = other.lower().strip("[]")
    return host == other or (_is_loopback(host) and _is_loopback(other))


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = parse(host)
    return address is not None and address.is_loopback
