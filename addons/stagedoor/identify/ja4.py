"""JA4: one line that shows which TLS library a client was built with.

Only the TLS client part of the JA4+ family stands here; FoxIO gives it away under BSD-3, and the
others (JA4H, JA4T, JA4X …) under a licence that a free program cannot use.

    t13d1517h2_8daaf6152771_cb7bf5808d99
    ││ │││ │ │  └ middle     └ extensions, sorted, and signature algorithms, as sent
    ││ │││ │ └ first ALPN value, first and last character      (both: SHA-256, 12 hex digits)
    ││ ││└─┴ how many cipher suites and extensions, GREASE not counted
    ││ │└ d: a name was asked for (SNI), i: none
    │└ highest TLS version offered
    └ t: TCP, q: QUIC

The middle is the hash of the sorted cipher suites. It is what a TLS library's build decides and what
a program's settings seldom change, so families are distinguished by it (`tls_families.py`).

Source: https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md, and the captures beside
it, against which `tests/identify/test_ja4.py` holds this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

Protocol = Literal["t", "q"]
"""TLS over TCP, or inside QUIC. (DTLS, "d", does not come to a web site.)"""

_VERSIONS = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3", 0x0002: "s2"}
_SNI = 0x0000
_SIGNATURE_ALGORITHMS = 0x000D
_ALPN = 0x0010
_SUPPORTED_VERSIONS = 0x002B
_NOTHING = "000000000000"
_MOST = 99
_SHAPE = re.compile(
    r"[tqd](?:1[0-3]|s[23]|d[123]|00)[di][0-9]{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}",
    re.ASCII,
)
LENGTH = 36
"""Characters of every JA4."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What a ClientHello says, as far as JA4 reads it; everything in the order it was sent.

    `version` is the hello's own field (legacy_version), `extensions` are pairs of type and body.
    Bodies may be anything: one that cannot be read counts as empty.
    """

    protocol: Protocol
    version: int
    ciphers: tuple[int, ...]
    extensions: tuple[tuple[int, bytes], ...]


def ja4(hello: Hello) -> str:
    """The JA4 of a ClientHello, 36 characters. Never fails: whatever a hello lacks has its sign."""
    ciphers = [f"{suite:04x}" for suite in hello.ciphers if not is_grease(suite)]
    kinds = [kind for kind, _ in hello.extensions if not is_grease(kind)]
    bodies = dict(reversed(hello.extensions))  # the first of its kind counts
    signatures = ",".join(
        f"{algorithm:04x}"
        for algorithm in _numbers(bodies.get(_SIGNATURE_ALGORITHMS, b""), 2)
        if not is_grease(algorithm)
    )
    hashed = ",".join(sorted(f"{kind:04x}" for kind in kinds if kind not in {_SNI, _ALPN}))
    if signatures:
        hashed += f"_{signatures}"
    return (
        f"{hello.protocol}{_version(hello.version, bodies)}{'d' if _SNI in bodies else 'i'}"
        f"{min(len(ciphers), _MOST):02}{min(len(kinds), _MOST):02}{_alpn(bodies.get(_ALPN, b''))}"
        f"_{_hash(','.join(sorted(ciphers)))}_{_hash(hashed if kinds else '')}"
    )


def is_grease(value: int) -> bool:
    """Whether a number is one of the sixteen (RFC 8701) that browsers strew in to keep servers
    tolerant: 0x0a0a, 0x1a1a … 0xfafa. They change from hello to hello.
    """
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF


def well_formed(text: str) -> str:
    """`text` where it has the shape of a JA4, else an empty string.

    For what a trusted proxy writes into a header (`X-JA4: t13d…`). Surrounding space is dropped.
    """
    stripped = text.strip() if len(text) < 3 * LENGTH else ""
    return stripped if _SHAPE.fullmatch(stripped) else ""


def middle(fingerprint: str) -> str:
    """The part between the underscores: the cipher suites. Empty where `fingerprint` has none."""
    return fingerprint[11:23] if len(fingerprint) == LENGTH else ""


def _version(legacy: int, bodies: dict[int, bytes]) -> str:
    offered = [v for v in _numbers(bodies.get(_SUPPORTED_VERSIONS, b""), 1) if not is_grease(v)]
    return _VERSIONS.get(max(offered, default=legacy), "00")


def _alpn(body: bytes) -> str:
    """First and last character of the first ALPN value; `00` where there is none.

    A byte above 0x7f is written 9, as in the published capture with such a value (and in FoxIO's
    own Rust and Python). Since August 2024 the text of the method wants the hexadecimal form for
    every byte that is no letter or digit; where no capture says otherwise, that is what is done.
    """
    first = body[3 : 3 + body[2]] if len(body) > 2 else b""
    if not first:
        return "00"
    ends = first[0], first[-1]
    if any(byte > 0x7F for byte in ends):
        return "".join(
            "9" if byte > 0x7F or not chr(byte).isalnum() else chr(byte) for byte in ends
        )
    if all(chr(byte).isalnum() for byte in ends):
        return "".join(map(chr, ends))
    return f"{ends[0]:02x}"[0] + f"{ends[1]:02x}"[1]


def _numbers(body: bytes, width: int) -> Iterable[int]:
    """The 16-bit numbers of a list whose length in bytes stands before it, in `width` bytes."""
    listed = body[width : width + int.from_bytes(body[:width])]
    return (int.from_bytes(listed[i : i + 2]) for i in range(0, len(listed) - 1, 2))


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12] if text else _NOTHING
