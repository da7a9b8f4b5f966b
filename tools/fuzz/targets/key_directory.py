"""Key directories: identify/keys.py."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stagedoor.identify.keys import MAX_KEYS, TEST_KEYS, KeysError, read_keys, thumbprint

_X = b"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
SEEDS = (
    b'{"keys":[{"kty":"OKP","crv":"Ed25519","x":"' + _X + b'","use":"sig","nbf":1,"exp":2e12}]}',
    b'{"keys":[{"kty":"OKP","crv":"Ed25519","x":"' + _X + b'","d":"x","alg":"EdDSA","key_ops":[]}]}',
    b'{"keys":{}}', b'{"keys":[1,null,{"kty":"RSA"}]}',
)  # fmt: skip


def check(data: bytes) -> None:
    """KeysError, or keys that are what they are called."""
    try:
        keys = read_keys(data)
    except KeysError:
        return
    assert len(keys) <= MAX_KEYS
    for name, key in keys.items():
        raw = key.public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        assert name == key.thumbprint == thumbprint(raw)
        assert name not in TEST_KEYS
