"""The keys signatures are checked with: a key directory's JSON → Ed25519 keys by thumbprint.

A directory is a JSON Web Key Set (RFC 7517). Each key is known by its thumbprint (RFC 7638, for
Ed25519 RFC 8037), which is computed here and never read: of 17 directories looked at in September
2026, 5 had no `kid` or one that was something else. What cannot be used (other kinds of keys, keys
not meant for signing, a private key published by mistake) is left out; the rest still counts.
"""

from __future__ import annotations

import math
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from stagedoor.model.errors import StagedoorError

MAX_BYTES = 64 * 1024
"""Bytes of a directory. The largest seen holds three keys in 1 KB."""
MAX_KEYS = 64
"""Keys of a directory, usable or not. Rotation needs two; a large operator has a handful."""

TEST_KEYS: frozenset[str] = frozenset({"poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U"})
"""Keys whose private half is printed in a standard (RFC 9421, B.1.4): anybody can sign with them."""

_ALGORITHMS = frozenset({"EdDSA", "Ed25519", "ed25519"})
"""RFC 8037, RFC 9864, and the signature's name for it, which some directories carry."""
_COORDINATE = re.compile(r"[A-Za-z0-9_-]{43}")
_MILLISECONDS = 1e11
"""Times above this (the year 5138) were written in milliseconds; Cloudflare's example does so."""


class KeysError(StagedoorError):
    """A text is not a key directory. Its message says why, and follows the word "it"."""


@dataclass(frozen=True, slots=True)
class Key:
    """One public key. `not_before` and `expires` are Unix times the directory set for its use."""

    thumbprint: str
    public: Ed25519PublicKey
    not_before: float = -math.inf
    expires: float = math.inf


Keys = Mapping[str, Key]
"""Keys of one directory, by thumbprint."""


def thumbprint(public: bytes) -> str:
    """The thumbprint of an Ed25519 public key of 32 bytes: 43 characters of base64url."""
    member = f'{{"crv":"Ed25519","kty":"OKP","x":"{_unpadded(public)}"}}'
    return _unpadded(sha256(member.encode()).digest())


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
    if not isinstance(entry, dict) or (entry.get("kty"), entry.get("crv")) != ("OKP", "Ed25519"):
        return None
    if "d" in entry:  # the private half, for all the world to sign with
        return None
    if entry.get("use", "sig") != "sig" or str(entry.get("alg", "EdDSA")) not in _ALGORITHMS:
        return None
    operations = entry.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    x = entry.get("x")
    if not isinstance(x, str) or not _COORDINATE.fullmatch(x):
        return None
    times = entry.get("nbf", -math.inf), entry.get("exp", math.inf)
    if any(isinstance(time, bool) or not isinstance(time, int | float) for time in times):
        return None
    public = urlsafe_b64decode(x + "=")
    not_before, expires = map(_seconds, times)
    return Key(thumbprint(public), Ed25519PublicKey.from_public_bytes(public), not_before, expires)


def _seconds(time: float) -> float:
    return time / 1000 if _MILLISECONDS < time < math.inf else time


def _unpadded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
