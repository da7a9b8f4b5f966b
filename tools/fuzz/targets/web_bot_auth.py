"""Signatures of requests: identify/botauth.py and httpsig.py."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import orjson

from stagedoor.identify.botauth import check as judged
from stagedoor.identify.keys import Keys, read_keys
from stagedoor.model.facts import Request
from tools.fuzz.parts import fields, split

# The public half alone: nobody here can sign, so nothing may be verified.
_PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
KEYS: Keys = read_keys(
    orjson.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519",
                            "x": urlsafe_b64encode(_PUBLIC).rstrip(b"=").decode()}]})
)  # fmt: skip
_KEYID = next(iter(KEYS)).encode()
_SIGNED = (
    b'Signature-Agent: "https://chatgpt.com"\nSignature-Input: sig1=("@authority" "signature-agent")'
    b';created=1764000000;expires=1764003600;keyid="' + _KEYID + b'";alg="ed25519";nonce="abc";'
    b'tag="web-bot-auth"\nSignature: sig1=:' + b"A" * 86 + b"==:"
)
SEEDS = (
    b"/a?b=c\x1e" + _SIGNED, b"/\x1e" + _SIGNED.replace(b"sig1=(", b"x=(), sig1=("),
    b"/\x1e" + _SIGNED.replace(b'"@authority"', b'"@query-param";name="b" "@path";req'),
)  # fmt: skip
NOW = 1764000100.0


def check(data: bytes) -> None:
    """Never raises, never verified."""
    target, lines = split(data, 2)
    sent = target.decode("latin-1")
    request = Request("GET", "a.example", "/", sent, "x", fields(lines))
    outcome = judged(request, lambda _origin, _keyid: KEYS, NOW, authority="a.example")
    assert outcome.standing != "verified"
    assert outcome.standing == "none" or outcome.reason
    assert outcome.reason.isprintable() or outcome.reason.isascii()
