"""The keys signatures are checked with: a key directory's JSON → public keys by thumbprint.

A directory is a JSON Web Key Set (RFC 7517). Each key is known by its thumbprint (RFC 7638, for
Ed25519 RFC 8037), which is computed here and never read: of 17 directories looked at in September
2026, 5 had no `kid` or one that was something else. What cannot be used (other kinds of keys, keys
not meant for signing, a private key published by mistake) is left out; the rest still counts.

Three kinds are used, each with one algorithm of RFC 9421's registry: Ed25519, ECDSA over P-256,
RSA-PSS. Which one is a matter of the key, so that a request cannot choose another.
"""

from __future__ import annotations

import math
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from stagedoor.model.errors import StagedoorError

MAX_BYTES = 64 * 1024
"""Bytes of a directory. The largest seen holds three keys in 1 KB."""
MAX_KEYS = 64
"""Keys of a directory, usable or not. Rotation needs two; a large operator has a handful."""

TEST_KEYS: frozenset[str] = frozenset(
    {
        "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U",  # B.1.4, Ed25519
        "oD0HwocPBSfpNy5W3bpJeyFGY_IQ_YpqxSjQ3Yd-CLA",  # B.1.2, RSA-PSS
        "ydQXMtvbsOsZyFir-Y7A8t7fKEM1gbKPvyFkdpu4fvI",  # B.1.3, P-256
        "BHj8s0GPnMEQtkaULIM-PLgEhLBbuGUQ1vMxmBWZzEo",  # B.1.1, RSA
    }
)
"""Keys whose private half is printed in a standard (RFC 9421, B.1): anybody can sign with them."""

RSA_BITS = range(2048, 4097)
"""Sizes of RSA keys that are used: smaller ones can be broken, larger ones cost too much to check."""

Algorithm = Literal["ed25519", "ecdsa-p256-sha256", "rsa-pss-sha512"]
"""As RFC 9421, 6.2, calls them."""
PublicKey = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey

_NAMES: Mapping[Algorithm, frozenset[str]] = {
    "ed25519": frozenset({"EdDSA", "Ed25519"}),
    "ecdsa-p256-sha256": frozenset({"ES256"}),
    "rsa-pss-sha512": frozenset({"PS512"}),
}
"""The same in JWKs: RFC 7518, 8037, 9864. Some directories carry the signature's name instead."""
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{1,1024}")
_MILLISECONDS = 1e11
"""Times above this (the year 5138) were written in milliseconds; Cloudflare's example does so."""


class KeysError(StagedoorError):
    """A text is not a key directory. Its message says why, and follows the word "it"."""


@dataclass(frozen=True, slots=True)
class Key:
    """One public key. `not_before` and `expires` are Unix times the directory set for its use."""

    thumbprint: str
    public: PublicKey
    algorithm: Algorithm = "ed25519"
    not_before: float = -math.inf
    expires: float = math.inf


Keys = Mapping[str, Key]
"""Keys of one directory, by thumbprint."""


def thumbprint(public: PublicKey) -> str:
    """The thumbprint of a public key: 43 characters of base64url."""
    members = _members(public)
    text = orjson.dumps(members, option=orjson.OPT_SORT_KEYS)
    return _unpadded(sha256(text).digest())


def _members(public: PublicKey) -> dict[str, str]:
    """What of a key goes into its thumbprint (RFC 7638, 3.2; RFC 8037, 2)."""
    if isinstance(public, Ed25519PublicKey):
        return {"crv": "Ed25519", "kty": "OKP", "x": _unpadded(public.public_bytes_raw())}
    if isinstance(public, EllipticCurvePublicKey):
        point = public.public_numbers()
        x, y = (_unpadded(number.to_bytes(32)) for number in (point.x, point.y))
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}
    numbers = public.public_numbers()
    e, n = (_unpadded(i.to_bytes((i.bit_length() + 7) // 8)) for i in (numbers.e, numbers.n))
    return {"e": e, "kty": "RSA", "n": n}


def read_keys(data: bytes, *, refused: frozenset[str] = TEST_KEYS) -> Keys:
    """The usable keys of a directory; none is a possible answer, and means that all were removed.

    `refused` are thumbprints never to be believed. Raises KeysError where `data` is no directory.
    """
    if len(data) > MAX_BYTES:
        raise KeysError(f"is larger than {MAX_BYTES} bytes")
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise KeysError("is not JSON") from error
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise KeysError('has no list named "keys"')
    if len(entries) > MAX_KEYS:
        raise KeysError(f"has more than {MAX_KEYS} keys")
    found = (_key(entry) for entry in entries)
    return {key.thumbprint: key for key in found if key and key.thumbprint not in refused}


def _key(entry: object) -> Key | None:
    """The key in one entry, or None where it cannot be used."""
    if not isinstance(entry, dict):
        return None
    kind = entry.get("kty"), entry.get("crv")
    known = _KINDS.get(kind) if all(isinstance(one, str | None) for one in kind) else None
    if known is None or "d" in entry:  # the private half, for all the world to sign with
        return None
    algorithm, read = known
    names = _NAMES[algorithm] | {algorithm}
    if entry.get("use", "sig") != "sig" or ("alg" in entry and str(entry["alg"]) not in names):
        return None
    operations = entry.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    times = entry.get("nbf", -math.inf), entry.get("exp", math.inf)
    if any(isinstance(time, bool) or not isinstance(time, int | float) for time in times):
        return None
    try:
        public = read(entry)
    except ValueError:
        return None
    not_before, expires = map(_seconds, times)
    return Key(thumbprint(public), public, algorithm, not_before, expires)


def _ed25519(entry: dict[str, Any]) -> PublicKey:
    return Ed25519PublicKey.from_public_bytes(_bytes(entry.get("x"), 32))


def _p256(entry: dict[str, Any]) -> PublicKey:
    x, y = (int.from_bytes(_bytes(entry.get(name), 32)) for name in ("x", "y"))
    return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()


def _rsa(entry: dict[str, Any]) -> PublicKey:
    e, n = (int.from_bytes(_bytes(entry.get(name))) for name in ("e", "n"))
    if n.bit_length() not in RSA_BITS or e.bit_length() > 32:
        raise ValueError("the size is not used")
    return RSAPublicNumbers(e, n).public_key()


_KINDS: Mapping[tuple[object, object], tuple[Algorithm, Callable[[dict[str, Any]], PublicKey]]] = {
    ("OKP", "Ed25519"): ("ed25519", _ed25519),
    ("EC", "P-256"): ("ecdsa-p256-sha256", _p256),
    ("RSA", None): ("rsa-pss-sha512", _rsa),
}


def _bytes(text: object, length: int | None = None) -> bytes:
    """Base64url without padding; ValueError for anything else, or another `length`."""
    if not isinstance(text, str) or not _BASE64URL.fullmatch(text):
        raise ValueError("no base64url")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if length is not None and len(data) != length:
        raise ValueError("another length")
    return data


def _seconds(time: float) -> float:
    return time / 1000 if _MILLISECONDS < time < math.inf else time


def _unpadded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
