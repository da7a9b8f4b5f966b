"""The chain: every entry's hash covers the one before it, so that none can go or change unseen.

    digest(body)              = SHA-256(body)
    link(seq, before, digest) = SHA-256("stagedoor ledger 1" 0x00 ‖ seq, 8 bytes big-endian ‖ before ‖ digest)
    commit(salt, part)        = SHA-256(salt ‖ part)

`body` is the canonical JSON of an entry, `before` the hash of the entry before it (32 zero bytes for
entry 1). A hash covers the digest of a body and not the body itself, so that an extract can leave
bodies out and still be recomputed from end to end.

Canonical JSON: UTF-8, keys sorted by code point, no blanks, only objects, lists, strings, integers
of at most 64 bits, true, false and null. Python's `json.dumps(…, sort_keys=True,
separators=(",", ":"), ensure_ascii=False)` writes the same bytes.

`record/ledger/verifier.py`, which goes into every export, says all this once more, on purpose: it must
stand alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

GENESIS = bytes(32)
"""What stands before entry 1."""
SALT = 16
"""Bytes. Without it an address could be found by trying all of them."""

_DOMAIN = b"stagedoor ledger 1\0"


def canonical(body: Mapping[str, Any]) -> bytes:
    """The bytes of an entry. Text that no UTF-8 can hold is written with question marks."""
    try:
        return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return orjson.dumps(_writable(body), option=orjson.OPT_SORT_KEYS)


def _writable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_writable(key): _writable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_writable(item) for item in value]
    return value


def digest(body: bytes) -> bytes:
    """SHA-256 of an entry's bytes."""
    return hashlib.sha256(body).digest()


def link(seq: int, before: bytes, of: bytes) -> bytes:
    """The hash of entry `seq` with the digest `of`, after an entry with the hash `before`."""
    return hashlib.sha256(_DOMAIN + seq.to_bytes(8, "big") + before + of).digest()


def commit(salt: bytes, part: bytes) -> str:
    """What an entry holds of a personal part: it binds to it, and reveals nothing of it."""
    return hashlib.sha256(salt + part).hexdigest()
