"""The name a request is for, in one spelling.

`Label.Example`, `label.example.`, `label.example:` and `label.example:80` are one site to every
server, so they must be one to a rule about a host (RFC 3986, 6.2.3; RFC 9110, 4.2.3). Names in
other scripts stay as they were sent: they arrive as `xn--…`, or as bytes that only the site can read.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address

MOST = 255 + len(":65535")
"""Characters of the longest name, with a port."""
_PORTS = {"http": "80", "https": "443"}
_NAME = re.compile(r"[0-9a-z\-._~!$&'()*+,;=%\x80-\xff]+")
_PORT = re.compile(r"[0-9]{0,5}")
_PLAIN = re.compile(r"[0-9a-z\-._]*[0-9a-z\-_](?::[1-9][0-9]{0,3})?")


def normalised(authority: str, scheme: str = "http") -> str | None:
    """`authority` in lower case, without trailing dot, without an empty or the scheme's own port.

    One character a byte (Latin-1), with or without a port. An IPv6 address keeps its brackets and is
    written in its shortest form. None for what is no authority of a site: user names, blanks, `#`.
    An empty one stays empty: HTTP/1.0 has none.
    """
    # Of ASCII alone: a byte beyond it is half a letter.
    text = authority.strip(" \t").encode("latin-1", "replace").lower().decode("latin-1")
    if len(text) > MOST:
        return None
    if _PLAIN.fullmatch(text) and not text.endswith(":" + _PORTS[scheme]):
        return text
    if not text:
        return ""
    if text.startswith("["):
        inside, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            return None
        try:
            name = f"[{IPv6Address(inside).compressed}]"
        except AddressValueError:
            return None
        port = rest[1:]
    else:
        name, _, port = text.partition(":")
        name = name.removesuffix(".")
        if not _NAME.fullmatch(name):
            return None
    if not _PORT.fullmatch(port) or (port and int(port) > 65535):
        return None
    return f"{name}:{int(port)}" if port and str(int(port)) != _PORTS[scheme] else name
