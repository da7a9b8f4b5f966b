"""Key directories: identify/keys.py."""

from __future__ import annotations

from stagedoor.identify.httpsig import ALGORITHMS
from stagedoor.identify.keys import MAX_KEYS, TEST_KEYS, KeysError, read_keys, thumbprint

_X = b"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
SEEDS = (
    b'{"keys":[{"kty":"OKP","crv":"Ed25519","x":"' + _X + b'","use":"sig","nbf":1,"exp":2e12}]}',
    b'{"keys":[{"kty":"OKP","crv":"Ed25519","x":"' + _X + b'","d":"x","alg":"EdDSA","key_ops":[]}]}',
    b'{"keys":{}}', b'{"keys":[1,null,{"kty":"RSA"}]}',
    b'{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",'
    b'"y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"},{"kty":"RSA","e":"AQAB","n":"AQAB"}]}',
)  # fmt: skip


def check(data: bytes) -> None:
    """KeysError, or keys that are what they are called."""
    try:
        keys = read_keys(data)
    except KeysError:
        return
    assert len(keys) <= MAX_KEYS
    for name, key in keys.items():
        assert name == key.thumbprint == thumbprint(key.public)
        assert key.algorithm in ALGORITHMS
        assert name not in TEST_KEYS
