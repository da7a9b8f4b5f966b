"""A crawler that signs its requests with Web Bot Auth, for tests.

Written from RFC 9421 and the draft with nothing but a hash and a key, so that it does not share a
mistake with the library that verifies. Use it with anything that takes headers:

    crawler = Crawler("https://signer.example")
    requests.get(url, headers=crawler.headers("GET", url))
    requests.get(url, auth=crawler)                       # requests signs just before sending
    crawler.directory()                                   # what its origin must serve
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from stagedoor.model.facts import Request

DIRECTORY = "/.well-known/http-message-signatures-directory"
DIRECTORY_TYPE = "application/http-message-signatures-directory+json"


PrivateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_pss() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def algorithm(private: PrivateKey) -> str:
    """What RFC 9421 calls a signature with this key."""
    if isinstance(private, Ed25519PrivateKey):
        return "ed25519"
    return (
        "ecdsa-p256-sha256" if isinstance(private, ec.EllipticCurvePrivateKey) else "rsa-pss-sha512"
    )


def signed(private: PrivateKey, base: bytes) -> bytes:
    """RFC 9421, 3.3.1, 3.3.4 and 3.3.6."""
    if isinstance(private, Ed25519PrivateKey):
        return private.sign(base)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(private.sign(base, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)
    return private.sign(base, padding.PSS(padding.MGF1(hashes.SHA512()), 64), hashes.SHA512())


def _b64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk(private: PrivateKey) -> dict[str, str]:
    """The public half of a key as a JSON Web Key."""
    public = private.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        point = public.public_numbers()
        x, y = _b64url(point.x.to_bytes(32)), _b64url(point.y.to_bytes(32))
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}
    if isinstance(public, rsa.RSAPublicKey):
        n = public.public_numbers().n
        return {"e": "AQAB", "kty": "RSA", "n": _b64url(n.to_bytes(n.bit_length() // 8))}
    return {"crv": "Ed25519", "kty": "OKP", "x": _b64url(public.public_bytes_raw())}


def keyid(private: PrivateKey) -> str:
    """RFC 7638, as RFC 8037 applies it."""
    text = json.dumps(jwk(private), separators=(",", ":"), sort_keys=True)
    return _b64url(hashlib.sha256(text.encode()).digest())


class Crawler:
    """Signs as `origin`, whose directory must hold `private`'s public half.

    `legacy` sends Signature-Agent as the bare string of earlier drafts. `components` are signed
    besides @authority and the Signature-Agent. `agent` is what Signature-Agent names, where that is
    not the origin: the address of the key set, as draft -01 has it. `parameters` are the member's.
    """

    def __init__(
        self,
        origin: str,
        private: PrivateKey | None = None,
        *,
        label: str = "sig1",
        legacy: bool = False,
        components: Sequence[str] = (),
        agent: str = "",
        parameters: str = "",
    ) -> None:
        self.origin = origin
        self.agent = f'"{agent or origin}"{parameters}'
        self.private = private or Ed25519PrivateKey.generate()
        self.label = label
        self.legacy = legacy
        self.components = tuple(components)

    @property
    def keyid(self) -> str:
        return keyid(self.private)

    def directory(self, *others: Crawler) -> bytes:
        """A key directory with this crawler's key, and those of others."""
        return json.dumps({"keys": [jwk(who.private) for who in (self, *others)]}).encode()

    def headers(
        self,
        method: str,
        url: str,
        fields: Mapping[str, str] | None = None,
        *,
        now: float | None = None,
        lifetime: int = 60,
        params: Mapping[str, Any] | None = None,
        covered: Sequence[str] | None = None,
    ) -> dict[str, str]:
        """The three headers for one request.

        `fields` are its other headers, where components name them. For what goes wrong in tests:
        `params` change the signature's parameters (None leaves one out), `covered` replaces all
        components, written as the header has them (`"@authority"` with its quotes).
        """
        created = int(time.time() if now is None else now)
        all_params: dict[str, Any] = {
            "created": created,
            "expires": created + lifetime,
            "keyid": self.keyid,
            "alg": algorithm(self.private),
            "nonce": secrets.token_urlsafe(24),
            "tag": "web-bot-auth",
            **(params or {}),
        }
        agent = self.agent
        own = '"signature-agent"' if self.legacy else f'"signature-agent";key="{self.label}"'
        if covered is None:
            covered = ['"@authority"', *(f'"{name}"' for name in self.components), own]
        values = {
            **{f'"{name.lower()}"': value for name, value in (fields or {}).items()},
            **_derived(method, url),
            own: agent,
        }
        written = "".join(
            f";{name}={json.dumps(value)}"
            for name, value in all_params.items()
            if value is not None
        )
        inside = f"({' '.join(covered)}){written}"
        base = "".join(f"{name}: {values.get(name, '')}\n" for name in covered)
        made = signed(self.private, f'{base}"@signature-params": {inside}'.encode())
        return {
            "Signature-Agent": agent if self.legacy else f"{self.label}={agent}",
            "Signature-Input": f"{self.label}={inside}",
            "Signature": f"{self.label}=:{b64encode(made).decode()}:",
        }

    def asks(self, url: str, method: str = "GET", **how: Any) -> Request:
        """The signed request as the core sees it; `how` as in headers()."""
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        three = self.headers(method, url, **how)
        fields = {"Host": parts.netloc, "Accept": "*/*", **(how.get("fields") or {}), **three}
        return Request(
            method=method,
            host=(parts.hostname or "").lower(),
            path=parts.path,
            target=target,
            agent="",
            headers=tuple(fields.items()),
        )

    def __call__(self, request: Any) -> Any:
        """As `auth=` of the requests library: sign what is about to be sent."""
        fields = {name: str(value) for name, value in request.headers.items()}
        request.headers.update(self.headers(request.method, request.url, fields))
        return request


def _derived(method: str, url: str) -> dict[str, str]:
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}[parts.scheme]
    host = (parts.hostname or "") + (f":{parts.port}" if parts.port not in {None, default} else "")
    path = parts.path or "/"
    return {
        '"@method"': method,
        '"@authority"': host,
        '"@scheme"': parts.scheme,
        '"@target-uri"': f"{parts.scheme}://{host}{path}"
        + (f"?{parts.query}" if parts.query else ""),
        '"@path"': path,
        '"@query"': f"?{parts.query}",
        '"@request-target"': path + (f"?{parts.query}" if parts.query else ""),
    }
