"""Addresses as people write them: a site, where the guard listens, a network, a proxy.

Each function takes a text and raises ValueError with the fix where it is not such an address.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

from stagedoor.model import edges
from stagedoor.model.errors import did_you_mean, listed


def proxy_word(text: str) -> str:
    """An address, a network, or the word of a content delivery network whose list is known."""
    word = text.strip().lower()
    if word not in edges.TRUSTED_WORDS:
        try:
            network(text)
        except ValueError as error:
            raise ValueError(
                f'"{text}" is not an address or network — '
                + (did_you_mean(word, edges.TRUSTED_WORDS) or _PROXY_FIX)
            ) from error
    return text


_PROXY_FIX = f"write 127.0.0.1 or 10.0.0.0/8, or a name: {listed(edges.TRUSTED_WORDS, 10)}"


def network(text: str) -> IPv4Network | IPv6Network:
    """`10.0.0.0/8`, `192.0.2.1` … as a network; ValueError with the fix for anything else."""
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise ValueError(
            f'"{text}" is not an address or network — write 127.0.0.1 or 10.0.0.0/8'
        ) from error


_BARE = re.compile(
    r"(?:https?)?:?/{0,2}(\[[0-9A-Fa-f:.]+\]|[\w.-]+)?(?::?([0-9]{1,5}))?(?:[/?#].*)?"
)
"""A site as people write it: without a scheme, or with half of one."""


def checked_upstream(value: str, scheme: str = "") -> str:
    """`value` where it is the address of a site; ValueError with the fix where it is not.

    `scheme` is the one to suggest; empty: http on this machine, https elsewhere.
    """
    wrong = f'"{value}" is not the address of a site — write {_meant(value, scheme)}'
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise ValueError(wrong) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ValueError(wrong)
    if parts.path not in {"", "/"} or parts.query:
        raise ValueError(
            f'"{value}" names a page — write only the site, {parts.scheme}://{parts.netloc}'
        )
    return f"{parts.scheme}://{parts.netloc}"


def _meant(value: str, scheme: str) -> str:
    """The address that somebody may have meant by `value`."""
    example = "https://music.example.org" if scheme == "https" else "http://localhost:8000"
    text = value.strip()
    if re.fullmatch("[0-9]{1,5}", text) and int(text) < 65536 and int(text):
        return example if scheme == "https" else f"http://localhost:{text}"
    found = _BARE.fullmatch(text)
    host, port = (found[1] or "", found[2] or "") if found else ("", "")
    if not ("." in host or host == "localhost" or (host and port)) or port == "0":
        return example
    near = host == "localhost" or host.startswith(("127.", "10.", "192.168.", "[")) or port
    return f"{scheme or ('http' if near else 'https')}://{host}{':' + port if port else ''}"


def split_listen(value: str) -> tuple[str, int]:
    """`HOST:PORT`, `:PORT` or `PORT` → (host, port); ValueError with the fix.

    The host is empty where none is given, which means every address of the machine.
    """
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not re.fullmatch("[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError(f'"{value}" is not a listening address — write 0.0.0.0:8080 or just 8080')
    return host, int(port)
