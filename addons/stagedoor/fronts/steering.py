"""One port for several workers; the kernel gives each visitor's network to one and the same.

Everything that is counted is counted by household or network (model/client_keys.py). So where all
connections of a /24 (a /48) come to one worker, its counts are the whole truth, and workers need no
memory in common. Linux chooses among the sockets of one port (SO_REUSEPORT) by a program of ours.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import sys
from collections.abc import Sequence

_ATTACH = 51
"""SO_ATTACH_REUSEPORT_CBPF, which Python's socket module does not name."""
_NETWORK = 0x1_0000_0000 - 0x10_0000
"""SKF_NET_OFF: offsets from here count from the beginning of the IP header."""
_BYTE, _WORD, _SHIFT, _IS, _AT_LEAST, _JUMP = 0x30, 0x20, 0x74, 0x15, 0x35, 0x05
_TIMES, _KEEP, _PLUS_KEPT, _RETURN = 0x24, 0x07, 0x0C, 0x06
"""Instructions of classic BPF (linux/bpf_common.h)."""
_SPREAD, _MIX = 0x9E37_79B1, 31
BUCKETS = 256

_BY_ITSELF, _FOR_ANOTHER, _REPORTED = 1.0, 0.27, 0.9
"""What a request costs the first worker that answers it, the first worker that records it for another,
and that other. Measured; only the ratios count."""

Instruction = tuple[int, int, int, int]


def shares(workers: int) -> Sequence[int]:
    """How many of the buckets each worker gets: the first, which records for all, gets fewer."""
    others = workers - 1
    if not others:
        return (BUCKETS,)
    each = _REPORTED / others
    first = (each - _FOR_ANOTHER) / (_BY_ITSELF - _FOR_ANOTHER + each)
    mine = max(BUCKETS // 32, round(first * BUCKETS))
    rest = BUCKETS - mine
    return (mine, *(rest // others + (number < rest % others) for number in range(others)))


def bucket(network: int) -> int:
    """Of an IPv4 network (its first 24 bits), or of an IPv6 network as `mixed` makes one number."""
    return (network * _SPREAD & 0xFFFF_FFFF) >> 24


def mixed(first: int, second: int) -> int:
    """One number of the first 32 bits of an IPv6 address, and the next 16."""
    return (first * _MIX + second) & 0xFFFF_FFFF


def program(parts: Sequence[int]) -> Sequence[Instruction]:
    """Code, jump if so, jump if not, constant: returns the number of the worker."""
    steps: list[Instruction] = [
        (_BYTE, 0, 0, _NETWORK),
        (_SHIFT, 0, 0, 4),
        (_IS, 3, 0, 6),
        (_WORD, 0, 0, _NETWORK + 12),  # IPv4: the source address
        (_SHIFT, 0, 0, 8),
        (_JUMP, 0, 0, 6),
        (_WORD, 0, 0, _NETWORK + 12),  # IPv6: it begins at 8
        (_SHIFT, 0, 0, 16),
        (_KEEP, 0, 0, 0),
        (_WORD, 0, 0, _NETWORK + 8),
        (_TIMES, 0, 0, _MIX),
        (_PLUS_KEPT, 0, 0, 0),
        (_TIMES, 0, 0, _SPREAD),
        (_SHIFT, 0, 0, 24),
    ]
    end = 0
    for number, part in enumerate(parts[:-1]):
        end += part
        steps += [(_AT_LEAST, 1, 0, end), (_RETURN, 0, 0, number)]
    steps.append((_RETURN, 0, 0, len(parts) - 1))
    return steps


def listen(
    host: str, port: int, workers: int, *, steered: bool = True
) -> list[list[socket.socket]]:
    """For each worker its listening sockets, in its order. OSError where the port cannot be had.

    `steered` is False where the workers share a store: then the kernel spreads connections evenly.
    """
    if workers > 1 and not sys.platform.startswith("linux"):
        raise OSError("several workers on one port need Linux")
    found: list[list[socket.socket]] = [[] for _ in range(workers)]
    families: dict[socket.AddressFamily, str] = {}
    for of, _, _, _, at in socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    ):
        families.setdefault(of, str(at[0]))
    for family, address in families.items():
        try:
            group = _group(family, address, port, workers)
        except OSError:
            if host or not found[0]:
                raise
            continue  # a machine without IPv6 has an address for it all the same
        port = port or group[0].getsockname()[1]
        if steered and workers > 1:
            _attach(group[0], program(shares(workers)))
        for number, each in enumerate(group):
            found[number].append(each)
    return found


def _group(
    family: socket.AddressFamily, address: str, port: int, workers: int
) -> list[socket.socket]:
    group: list[socket.socket] = []
    for _ in range(workers):
        each = socket.socket(family)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if workers > 1:  # else a second guard could take a part of the visitors unseen
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        each.bind((address, port or (group[0].getsockname()[1] if group else 0)))
        each.listen(1024)
        each.setblocking(False)
        group.append(each)
    return group


def _attach(one: socket.socket, steps: Sequence[Instruction]) -> None:
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    filter_ = struct.pack("@HP", len(steps), ctypes.addressof(code))
    one.setsockopt(socket.SOL_SOCKET, _ATTACH, filter_)
