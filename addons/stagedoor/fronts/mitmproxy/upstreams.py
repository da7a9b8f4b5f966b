"""Addresses of upstreams: is the site beside this machine, is it the guard itself, who else can reach it?"""

from __future__ import annotations

import asyncio
import concurrent.futures
import errno
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

from stagedoor.fronts.addresses import parse

Resolve = Callable[[str], Sequence[str]]
"""Host → its addresses, without any where it has none."""

_NEAR_ENDINGS = (
    ".localhost", ".local", ".lan", ".home", ".internal", ".home.arpa", ".intranet", ".private",
    ".localdomain", ".docker",
)  # fmt: skip
"""Endings of names that the public Internet does not have (RFC 6761, 6762, 8375; ICANN's .internal)."""
_SHARED = ip_network("100.64.0.0/10")
"""Carriers' networks, and private overlays such as Tailscale."""
_EVERYWHERE = frozenset({"", "*", "0.0.0.0", "::"})  # noqa: S104 (compared, not bound)
_LOCAL_V4 = re.compile(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL")
LOOK_UP = 3.0
"""Seconds for the look-up of the site's name at the start."""
TRY = 1.0
"""Seconds for one attempt to reach the site from outside."""


def is_local(host: str) -> bool:
    """Whether `host` is this machine or one beside it, by its address or the form of its name.

    A name without a dot is one of a compose file, of /etc/hosts or of the local network.
    """
    name = host.lower().removesuffix(".")
    address = parse(name)
    if address is not None:
        return _is_near(address)
    return bool(name) and (("." not in name and ":" not in name) or name.endswith(_NEAR_ENDINGS))


def _is_near(address: IPv4Address | IPv6Address) -> bool:
    return address.is_loopback or address.is_private or address in _SHARED


def leads_inside(host: str, resolve: Resolve | None = None) -> bool:
    """The same, and a name is looked up where its form does not say: split DNS, a VPN."""
    if is_local(host):
        return True
    if parse(host) is not None:
        return False
    found = [parse(text) for text in (resolve or looked_up)(host)]
    return bool(found) and all(each is not None and _is_near(each) for each in found)


def looked_up(host: str) -> Sequence[str]:
    """The addresses of `host` by the system's resolver, which is not waited for longer than LOOK_UP."""
    pool = concurrent.futures.ThreadPoolExecutor(1)
    try:
        rows = pool.submit(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM).result(LOOK_UP)
    except (OSError, TimeoutError, UnicodeError):
        return ()
    finally:
        pool.shutdown(wait=False)
    return tuple(dict.fromkeys(str(row[4][0]) for row in rows))


def own_addresses() -> tuple[str, ...]:
    """The addresses of this machine, loopback left out, as far as it says so."""
    found: list[str] = []
    with suppress(OSError):
        found += _LOCAL_V4.findall(Path("/proc/net/fib_trie").read_text())
    with suppress(OSError):
        for line in Path("/proc/net/if_inet6").read_text().splitlines():
            found.append(str(IPv6Address(int(line.split()[0], 16))))
    if not found:
        found += looked_up(socket.gethostname())
    kept = []
    for text in dict.fromkeys(found):
        address = ip_address(text.partition("%")[0])
        if not (address.is_loopback or address.is_link_local or address.is_unspecified):
            kept.append(str(address))
    return tuple(kept)


def is_own(
    upstream: tuple[str, int],
    listening: tuple[str, int],
    resolve: Resolve = looked_up,
    own: Iterable[str] | None = None,
) -> bool:
    """Whether the site at `upstream` is what listens at `listening`: it would ask itself for ever."""
    (host, port), (at, listens) = upstream, listening
    if port != listens or port == 0:
        return False
    asked = {parse(text) for text in ([host] if parse(host) else resolve(host))} - {None}
    if at in _EVERYWHERE:
        here = {parse(text) for text in (own_addresses() if own is None else own)}
        return any(
            each in here or (each is not None and (each.is_loopback or each.is_unspecified))
            for each in asked
        )
    bound = {parse(text) for text in ([at] if parse(at) else resolve(at))}
    return not asked.isdisjoint(bound)


def is_taken(host: str, port: int) -> bool:
    """Whether another program listens there."""
    families = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}  # noqa: S104 (to be closed at once)
    for family, everywhere in families.items():
        at = everywhere if host in _EVERYWHERE else host
        if (":" in at) != (family == socket.AF_INET6):
            continue
        with suppress(OSError), socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind((at, port))
                probe.listen(1)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return True
    return False


async def reachable_at(port: int, addresses: Iterable[str]) -> list[str]:
    """Those of `addresses` at which something takes connections on `port`."""
    found = []
    for address in addresses:
        try:
            async with asyncio.timeout(TRY):
                _, writer = await asyncio.open_connection(address, port)
        except (OSError, TimeoutError):
            continue
        writer.transport.abort()
        found.append(address)
    return found
