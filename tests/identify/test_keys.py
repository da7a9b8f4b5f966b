"""Key directories: what is a key, which are left out, and what is no directory at all."""

from __future__ import annotations

import contextlib
import json
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from signing import PrivateKey, jwk, keyid, p256, rsa_pss
from stagedoor.identify.keys import (
    MAX_BYTES,
    MAX_KEYS,
    TEST_KEYS,
    KeysError,
    read_keys,
    thumbprint,
)

RFC_X = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"
RFC_THUMBPRINT = "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U"
"""RFC 9421, B.1.4, and its thumbprint by RFC 8037."""

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
GOOD = {**jwk(PRIVATE), "kid": "whatever"}


def _with_zero(text: str) -> str:
    data = b"\0" + urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _thumbprint_of(entry: dict[str, str]) -> str:
    text = json.dumps(entry, separators=(",", ":"), sort_keys=True)
    return urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()


def directory(*entries: object) -> bytes:
    return json.dumps({"keys": entries}).encode()


def test_the_thumbprint_of_the_standards_key() -> None:
    found = read_keys(directory({"kty": "OKP", "crv": "Ed25519", "x": RFC_X}), refused=frozenset())
    assert list(found) == [RFC_THUMBPRINT]
    assert thumbprint(found[RFC_THUMBPRINT].public) == RFC_THUMBPRINT


def test_a_key_whose_private_half_is_printed_in_a_standard_is_not_believed() -> None:
    assert RFC_THUMBPRINT in TEST_KEYS
    assert read_keys(directory({"kty": "OKP", "crv": "Ed25519", "x": RFC_X})) == {}


def test_a_key_is_known_by_its_thumbprint_and_not_by_what_the_directory_calls_it() -> None:
    found = read_keys(directory(GOOD))
    assert list(found) == [keyid(PRIVATE)]
    key = found[keyid(PRIVATE)]
    assert (
        cast("Ed25519PublicKey", key.public).public_bytes_raw()
        == PRIVATE.public_key().public_bytes_raw()
    )
    assert (key.not_before, key.expires) == (-math.inf, math.inf)


@pytest.mark.parametrize("factor", [1, 1000])
def test_times_are_seconds_and_milliseconds_are_understood(factor: int) -> None:
    entry = {**GOOD, "nbf": 1_700_000_000 * factor, "exp": 1_800_000_000 * factor}
    (key,) = read_keys(directory(entry)).values()
    assert (key.not_before, key.expires) == (1_700_000_000, 1_800_000_000)


@pytest.mark.parametrize(
    "other",
    [
        None,
        "key",
        [],
        {},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {**GOOD, "crv": "X25519"},
        {**GOOD, "kty": "EC"},
        {**GOOD, "kty": ["OKP"]},
        {**GOOD, "d": "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU"},
        {**GOOD, "use": "enc"},
        {**GOOD, "alg": "ES256"},
        {**GOOD, "alg": ["EdDSA"]},
        {**GOOD, "key_ops": ["sign"]},
        {**GOOD, "key_ops": "verify"},
        {**GOOD, "x": 5},
        {**GOOD, "x": GOOD["x"] + "="},
        {**GOOD, "x": GOOD["x"][:-1]},
        {**GOOD, "x": GOOD["x"][:-1] + "\n"},
        {**GOOD, "exp": "tomorrow"},
        {**GOOD, "nbf": True},
    ],
)
def test_what_cannot_be_used_is_left_out_and_the_rest_counts(other: object) -> None:
    second = Ed25519PrivateKey.from_private_bytes(b"\x08" * 32)
    assert list(read_keys(directory(other, jwk(second)))) == [keyid(second)]


@pytest.mark.parametrize(
    "extra",
    [
        {"use": "sig"},
        {"alg": "EdDSA"},
        {"alg": "Ed25519"},
        {"alg": "ed25519"},
        {"key_ops": ["verify"]},
    ],
)
def test_what_says_that_it_signs_is_used(extra: dict[str, object]) -> None:
    assert len(read_keys(directory({**GOOD, **extra}))) == 1


RFC_KEYS = {
    "BHj8s0GPnMEQtkaULIM-PLgEhLBbuGUQ1vMxmBWZzEo": "B.1.1",
    "oD0HwocPBSfpNy5W3bpJeyFGY_IQ_YpqxSjQ3Yd-CLA": "B.1.2",
    "ydQXMtvbsOsZyFir-Y7A8t7fKEM1gbKPvyFkdpu4fvI": "B.1.3",
    RFC_THUMBPRINT: "B.1.4",
}
"""RFC 9421's example keys, whose private halves are printed there."""


def test_all_example_keys_of_the_standard_are_refused() -> None:
    assert set(RFC_KEYS) == TEST_KEYS


RFC_P256 = {
    "kty": "EC",
    "crv": "P-256",
    "x": "qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA",
    "y": "Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0",
}
"""RFC 9421, B.1.3."""


def test_the_thumbprint_of_the_standards_p256_key() -> None:
    (found,) = read_keys(directory(RFC_P256), refused=frozenset()).values()
    assert RFC_KEYS[found.thumbprint] == "B.1.3"


@pytest.mark.parametrize(
    ("private", "name"),
    [
        (PRIVATE, "ed25519"),
        (p256(), "ecdsa-p256-sha256"),
        (rsa_pss(), "rsa-pss-sha512"),
    ],
    ids=["ed25519", "p256", "rsa"],
)
def test_three_kinds_of_keys_each_with_its_algorithm(private: PrivateKey, name: str) -> None:
    """RFC 9421, 6.2: the algorithm is a matter of the key."""
    (found,) = read_keys(directory(jwk(private))).values()
    assert (found.thumbprint, found.algorithm) == (keyid(private), name)
    assert thumbprint(private.public_key()) == keyid(private)


P256, RSA = jwk(p256()), jwk(rsa_pss())


@pytest.mark.parametrize(
    "entry",
    [
        {**P256, "alg": "ES256"},
        {**P256, "alg": "ecdsa-p256-sha256"},
        {**RSA, "alg": "PS512"},
        {**RSA, "alg": "rsa-pss-sha512"},
        # A leading zero is another spelling of the same number, and of the same key.
        {**RSA, "n": _with_zero(RSA["n"])},
    ],
)
def test_the_algorithm_may_be_named(entry: dict[str, str]) -> None:
    (found,) = read_keys(directory(entry))
    assert found in {_thumbprint_of(P256), _thumbprint_of(RSA)}


@pytest.mark.parametrize(
    "entry",
    [
        {**P256, "y": P256["x"]},  # not on the curve
        {**P256, "crv": "P-384"},
        {**P256, "crv": "secp256k1"},
        {**P256, "x": P256["x"][:-2]},
        {**P256, "alg": "EdDSA"},
        {**P256, "d": "AQ"},
        {**RSA, "alg": "RS256"},
        {**RSA, "alg": "PS256"},
        {**RSA, "n": "AQAB"},
        {**RSA, "n": RSA["n"] * 3},
        {**RSA, "e": "AQ"},
        {**RSA, "e": "AAAAAAAAAAAA"},
        {**RSA, "e": RSA["n"]},
        {**RSA, "n": 5},
        {**RSA, "crv": "P-256"},
        {"kty": "oct", "k": "AQAB"},
    ],
)
def test_other_keys_and_broken_ones_are_left_out(entry: dict[str, object]) -> None:
    assert read_keys(directory(entry)) == {}


def test_a_directory_without_keys_is_a_directory() -> None:
    assert read_keys(directory()) == {}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"<!doctype html>", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 30_000, "not JSON"),
        (b"[]", 'no list named "keys"'),
        (b"{}", 'no list named "keys"'),
        (b'{"keys": {}}', 'no list named "keys"'),
        (json.dumps(GOOD).encode(), 'no list named "keys"'),
        (directory(*[{}] * (MAX_KEYS + 1)), f"more than {MAX_KEYS} keys"),
        (b" " * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_what_is_no_directory_is_told(data: bytes, why: str) -> None:
    with pytest.raises(KeysError, match=why):
        read_keys(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "kty",
                    "crv",
                    "x",
                    "y",
                    "n",
                    "e",
                    "d",
                    "use",
                    "alg",
                    "key_ops",
                    "nbf",
                    "exp",
                    "keys",
                ]
            ),
            inner,
            max_size=8,
        )
    ),
    max_leaves=20,
)


@given(st.lists(st.builds(lambda change: {**GOOD, **change}, st.dictionaries(
    st.sampled_from(["kty", "x", "use", "alg", "key_ops", "nbf", "exp"]), json_values, max_size=3
)) | json_values, max_size=5))  # fmt: skip
def test_no_json_breaks_the_reader(entries: list[object]) -> None:
    for name, key in read_keys(directory(*entries)).items() if _is_json(entries) else ():
        assert name == key.thumbprint


def _is_json(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False).encode("utf-8")
    except (ValueError, UnicodeEncodeError):
        return False
    return True


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with contextlib.suppress(KeysError):
        assert read_keys(data) == {}
