"""Reads captured traffic: pcap and pcapng files → the ClientHellos in them.

Small on purpose: Ethernet, BSD loopback and raw IP, TCP without retransmissions in odd orders, and QUIC's first
packets (decrypted by mitmproxy's own means: their keys follow from what stands in them).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from mitmproxy.proxy.layers.quic import quic_parse_client_hello_from_datagrams
from mitmproxy.tls import ClientHello

_LOOPBACK, _ETHERNET, _RAW_IP = 0, 1, (12, 101, 228, 229)
_VLAN = (0x8100, 0x88A8)
_TCP, _UDP = 6, 17
_HANDSHAKE, _CLIENT_HELLO = 22, 1
_MOST = 1 << 16


@dataclass(frozen=True, slots=True)
class Stream:
    """One direction of a conversation."""

    src: str
    srcport: int
    dst: str
    dstport: int


@dataclass(frozen=True, slots=True)
class Found:
    """A ClientHello, who sent it, and whether inside QUIC ("q") or over TCP ("t")."""

    stream: Stream
    protocol: str
    hello: ClientHello


def packets(path: Path) -> Iterator[tuple[int, bytes]]:
    """(link type, frame) of each packet in a pcap or pcapng file."""
    data = path.read_bytes()
    yield from _pcapng(data) if data[:4] == b"\x0a\x0d\x0d\x0a" else _pcap(data)


def _pcap(data: bytes) -> Iterator[tuple[int, bytes]]:
    order = "<" if data[:4] in {b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"} else ">"
    (link,) = struct.unpack_from(f"{order}I", data, 20)
    at = 24
    while at + 16 <= len(data):
        (length,) = struct.unpack_from(f"{order}I", data, at + 8)
        yield link, data[at + 16 : at + 16 + length]
        at += 16 + length


def _pcapng(data: bytes) -> Iterator[tuple[int, bytes]]:
    order = "<"
    links: list[int] = []
    at = 0
    while at + 12 <= len(data):
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            links = []
        kind, length = struct.unpack_from(f"{order}II", data, at)
        body = data[at + 8 : at + length - 4]
        if kind == 1:  # interface description
            links.append(struct.unpack_from(f"{order}H", body)[0])
        elif kind == 6:  # enhanced packet
            interface, _, _, captured = struct.unpack_from(f"{order}IIII", body)
            yield links[interface], body[20 : 20 + captured]
        elif kind == 3:  # simple packet
            yield links[0], body[4:]
        at += length


def segments(path: Path) -> Iterator[tuple[int, Stream, int, bytes]]:
    """(transport, stream, TCP sequence number, payload) of each packet that carries something."""
    for link, frame in packets(path):
        packet = _network(link, frame)
        if packet is None:
            continue
        transport, src, dst, body = packet
        if len(body) < 8 or transport not in {_TCP, _UDP}:
            continue
        srcport, dstport = struct.unpack_from(">HH", body)
        start = (body[12] >> 4) * 4 if transport == _TCP else 8
        sequence = struct.unpack_from(">I", body, 4)[0] if transport == _TCP else 0
        if body[start:]:
            yield transport, Stream(src, srcport, dst, dstport), sequence, body[start:]


def _network(link: int, frame: bytes) -> tuple[int, str, str, bytes] | None:
    if link == _ETHERNET:
        at = 12
        while int.from_bytes(frame[at : at + 2]) in _VLAN:
            at += 4
        frame = frame[at + 2 :]
    elif link == _LOOPBACK:
        frame = frame[4:]  # the address family
    elif link not in _RAW_IP:
        return None
    version = frame[0] >> 4 if frame else 0
    if version == 4:
        start, total = (frame[0] & 15) * 4, int.from_bytes(frame[2:4])
        src, dst = ip_address(frame[12:16]), ip_address(frame[16:20])
        return frame[9], str(src), str(dst), frame[start : total or len(frame)]
    if version == 6:
        src6, dst6 = ip_address(frame[8:24]), ip_address(frame[24:40])
        length = int.from_bytes(frame[4:6])
        return frame[6], str(src6), str(dst6), frame[40 : 40 + length if length else len(frame)]
    return None


def client_hellos(path: Path) -> list[Found]:
    """Every ClientHello in a capture, in the order of their connections."""
    tcp: dict[Stream, dict[int, bytes]] = {}
    udp: dict[Stream, list[bytes]] = {}
    for transport, stream, sequence, payload in segments(path):
        if transport == _TCP:
            tcp.setdefault(stream, {}).setdefault(sequence, payload)
        else:
            udp.setdefault(stream, []).append(payload)
    found: list[Found] = []
    for stream, parts in tcp.items():
        hellos = map(ClientHello, hello_bytes(_joined(parts)))
        found.extend(Found(stream, "t", hello) for hello in hellos)
    for stream, datagrams in udp.items():
        hello = _quic(datagrams)
        if hello is not None:
            found.append(Found(stream, "q", hello))
    return found


def _joined(parts: dict[int, bytes]) -> bytes:
    """A stream's first bytes, put in order; it ends where something is missing."""
    start = min(parts)
    data = b""
    for sequence in sorted(parts):
        offset = sequence - start
        if offset > len(data):
            break
        data = data[:offset] + parts[sequence] if offset == len(data) else data
        if len(data) > _MOST:
            break
    return data


def hello_bytes(data: bytes) -> list[bytes]:
    """The bodies of the ClientHellos that a stream of TLS records begins with (more than one after
    a HelloRetryRequest), without the handshake's own header.
    """
    handshake = b""
    at = 0
    while at + 5 <= len(data) and data[at + 1] == 3 and 20 <= data[at] <= 23:
        length = int.from_bytes(data[at + 3 : at + 5])
        if data[at] == _HANDSHAKE:
            handshake += data[at + 5 : at + 5 + length]
        at += 5 + length
    found = []
    at = 0
    while at + 4 <= len(handshake) and handshake[at] == _CLIENT_HELLO:
        length = int.from_bytes(handshake[at + 1 : at + 4])
        if at + 4 + length > len(handshake):
            break
        found.append(handshake[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def _quic(datagrams: list[bytes]) -> ClientHello | None:
    first = datagrams[0]
    if not first[0] & 0x80 or first[1:5] != b"\x00\x00\x00\x01":  # a long header, QUIC 1
        return None
    for many in range(1, min(len(datagrams), 4) + 1):
        try:
            found = quic_parse_client_hello_from_datagrams(datagrams[:many])
        except ValueError:
            continue
        if found is not None:
            return found
    return None
