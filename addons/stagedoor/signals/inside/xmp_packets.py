"""XMP packets (ISO 16684-1): a licence put into one, and packets found in any file.

RSL 1.0, 4.8, and its guide to files: `rsl:rsl` stands in an `rdf:Description`.
"""

from __future__ import annotations

from collections.abc import Iterator

from stagedoor.signals.inside.carrier import MOST, CarrierError

_TOOL = b'x:xmptk="Stagedoor"'
"""Marks a packet that is all ours."""
_BEGIN = b"<!-- licence written by Stagedoor -->"
_END = b"<!-- end -->"
"""Around the licence in a packet of somebody else's."""
_OPEN, _CLOSE = b"<x:xmpmeta", b"</x:xmpmeta>"
_PACKETS = 16


def texts(data: bytes) -> Iterator[bytes]:
    """The packets in a file of any kind: XMP is made to be found by looking for it."""
    at = 0
    for _ in range(_PACKETS):
        start = data.find(_OPEN, at)
        end = data.find(_CLOSE, start) if start >= 0 else -1
        if end < 0:
            return
        at = end + len(_CLOSE)
        if at - start <= MOST:
            yield data[start:at]


def with_licence(packet: bytes, licence: bytes) -> bytes:
    """`packet` (empty: a new one) with the `rsl:rsl` element in it, in the place of ours.

    `licence` is ASCII. Raises CarrierError where the packet cannot take it.
    """
    described = b'<rdf:Description rdf:about="">' + licence + b"</rdf:Description>"
    if not packet or _TOOL in packet:
        return (
            b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
            b'<x:xmpmeta xmlns:x="adobe:ns:meta/" ' + _TOOL + b">"
            b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            + described
            + b'</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
        )
    before, begun, rest = packet.partition(_BEGIN)
    if begun:
        packet = before + rest.partition(_END)[2]
    head, close, tail = packet.rpartition(b"</rdf:RDF>")
    if not close or b"xmlns:rdf=" not in head:
        raise CarrierError("has XMP that cannot be added to")
    if not packet.isascii():
        packet_head = head.decode("utf-8", "replace").encode("ascii", "xmlcharrefreplace")
        tail = tail.decode("utf-8", "replace").encode("ascii", "xmlcharrefreplace")
        return packet_head + _BEGIN + described + _END + close + tail
    return head + _BEGIN + described + _END + close + tail


def ours(packet: bytes) -> bool:
    """Whether the licence in a packet was written here."""
    return _TOOL in packet or _BEGIN in packet
