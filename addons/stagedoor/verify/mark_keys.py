"""`STATE/marks.key`: the keys that marks are signed with, newest last; for their owner alone (0600).
And `STATE/shop.key`, the secret that a shop shares.

A new key signs from the next full hour on, so that each hour has one. Old ones stay: without them
nobody could say what they have signed.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

import orjson

from stagedoor.marks.keyring import Key, Keyring
from stagedoor.marks.mark import HOUR
from stagedoor.model.errors import StagedoorError
from stagedoor.verify.range_files import write_whole

FILE, SHOP = "marks.key", "shop.key"
_KEYS = "keys of form 1"
ROTATION = 90 * 86_400
"""Seconds after which a key is followed by another."""
_BYTES = 32
_MOST_BYTES = 1 << 20


def new_key(since: float) -> Key:
    """A key that signs from the hour of `since` on."""
    return Key(int(since // HOUR * HOUR), secrets.token_bytes(_BYTES))


def read_keys(state: Path) -> Keyring:
    """The keys in the file, none where there is no file. StagedoorError where it is not one."""
    path = state / FILE
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    except FileNotFoundError:
        return Keyring(())
    except OSError as error:
        raise StagedoorError(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        found = orjson.loads(data)
        keys = [Key(int(k["since"]), bytes.fromhex(k["secret"])) for k in found[_KEYS]]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise StagedoorError(
            f"{path} holds no keys — put back a copy; where there is none, remove it: passes and "
            "marked links of before are then no longer known"
        ) from error
    return Keyring(keys)


def ensure_keys(state: Path, now: float) -> Keyring:
    """The keys, with one in force: made where there is none, followed by a new one where it is old.

    Raises OSError where the file cannot be written.
    """
    found = read_keys(state)
    if not found:
        _create(state, new_key(now))
        return read_keys(state)
    if now - found.keys[-1].since < ROTATION:
        return found
    rotated = Keyring((*found.keys, new_key(now + HOUR)))
    write_whole(state / FILE, _document(rotated))
    return rotated


def read_shop_secret(state: Path) -> bytes:
    """The secret that shops sign their calls with; empty where none was made."""
    path = state / SHOP
    try:
        return bytes.fromhex(path.read_text("ascii").strip())
    except FileNotFoundError:
        return b""
    except (OSError, ValueError) as error:
        raise StagedoorError(f"{path} holds no secret — remove it, and make a new one") from error


def new_shop_secret(state: Path) -> str:
    """Make a secret in the place of the one of before; returned as it is to be given to the shop."""
    secret = secrets.token_hex(_BYTES)
    write_whole(state / SHOP, f"{secret}\n".encode())
    return secret


def _document(ring: Keyring) -> bytes:
    keys = [{"since": key.since, "secret": key.secret.hex()} for key in ring.keys]
    return orjson.dumps({_KEYS: keys}, option=orjson.OPT_INDENT_2)


def _create(state: Path, key: Key) -> None:
    """Write the first key, unless another program does so at this moment: then its key counts."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = state / f".{FILE}.{secrets.token_hex(4)}.tmp"
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_document(Keyring((key,))))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(part, state / FILE)
    finally:
        part.unlink()
