"""ClientHello → JA4: identify/ja4.py, with mitmproxy's parser in front as at the door."""

from __future__ import annotations

from mitmproxy.tls import ClientHello

from stagedoor.fronts.mitmproxy.client_hello import read_hello
from stagedoor.identify.ja4 import Hello, ja4, middle, well_formed
from tools.fuzz.parts import split

_HEAD = b"\x03\x03" + b"\0" * 32 + b"\0" + b"\0\x04\x13\x01\x0a\x0a" + b"\x01\0"
SEEDS = (
    _HEAD + b"\0\x10" + b"\0\x10\0\x05\0\x03\x02h2" + b"\0\x2b\0\x03\x02\x03\x04",
    _HEAD + b"\0\x0e\0\0\0\x0a\0\x08\0\0\x05a.com", _HEAD, b"\x03\x01\x1e\x13\x01\x1e\0\x10\xff",
)  # fmt: skip
GREASE = (0x0A0A, 0xFAFA)


def _holds(hello: Hello) -> None:
    found = ja4(hello)
    assert well_formed(found) == found, found
    assert len(middle(found)) == 12
    greased = Hello(
        hello.protocol, hello.version, (*GREASE, *hello.ciphers),
        (*hello.extensions, *((kind, b"\0") for kind in GREASE)),
    )  # fmt: skip
    if hello.extensions:
        assert ja4(greased) == found


def check(data: bytes) -> None:
    """The known shape; what is strewn in does not matter."""
    try:
        parsed = ClientHello(data)
        hello = read_hello(parsed)
    except Exception:  # noqa: BLE001 (mitmproxy's own parser says no: such a hello never comes)
        hello = None
    if hello is not None:
        _holds(hello)
    version, ciphers, extensions = split(data, 3)
    numbers = tuple(int.from_bytes(ciphers[i : i + 2]) for i in range(0, len(ciphers) & ~1, 2))
    bodies = tuple(
        (int.from_bytes(one[:2]), one[2:])
        for one in extensions[:2000].split(b"\xff")
        if len(one) > 1
    )
    _holds(Hello("t", int.from_bytes(version[:2]), numbers, bodies))
