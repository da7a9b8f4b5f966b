"""One HTTP message signature (RFC 9421) held against the request it came with.

The cryptography and the signature base are http-message-signatures' work. What is done here instead
of there: the clock is left out (times are checked before, against an argument), and the target is
taken as it was sent. The library would read a URL and refuse those that RFC 3986 does not know,
while players and scripts send brackets and bars in their paths.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import quote

import http_sf
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureComponentResolver
from http_message_signatures.algorithms import (
    ECDSA_P256_SHA256,
    ED25519,
    RSA_PSS_SHA512,
    HTTPSignatureAlgorithm,
)
from http_message_signatures.resolvers import MappingKeyResolver

from stagedoor.identify.keys import Algorithm, Key
from stagedoor.model.facts import Request

ALGORITHMS: Mapping[Algorithm, type[HTTPSignatureAlgorithm]] = {
    "ed25519": ED25519,
    "ecdsa-p256-sha256": ECDSA_P256_SHA256,
    "rsa-pss-sha512": RSA_PSS_SHA512,
}
"""Those that are verified."""

Params = dict[str, Any]
"""The parameters of a structured field's member: strings, whole numbers, bytes, tokens …"""

_HOST = re.compile(r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
"""A host as clients send it. Set into a URL, anything else could become a path or a user."""
_QUERY = "%!$&'()*+,;=:@/?-._~"
"""What may stand in a query as it is (RFC 3986, 3.4)."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One labelled signature, as the headers have it; nothing in it is checked.

    `components` are pairs of a name and its parameters.
    """

    label: str
    components: Sequence[tuple[Any, Params]]
    params: Params
    value: object


def dictionary(text: str) -> dict[str, tuple[Any, Params]]:
    """A dictionary field (RFC 9651): member → value and parameters. ValueError for anything else.

    A member written twice is an error: RFC 9651 takes the last, and a signer that sends two is
    either broken or trying whether everybody does.
    """
    found: Any = http_sf.parse(text.encode("latin-1"), tltype="dictionary", on_duplicate_key=_twice)
    return dict(found)


def item(text: str) -> tuple[Any, Params]:
    """An item field (RFC 9651): value and parameters. ValueError for anything else."""
    found: Any = http_sf.parse(text.encode("latin-1"), tltype="item", on_duplicate_key=_twice)
    return found[0], found[1]


def _twice(name: str, _context: str) -> NoReturn:
    raise ValueError(f"{name} is written twice")


def covered_size(request: Request, signature: Signature) -> int:
    """Characters of the request that the signature covers, its own headers included."""
    names = _names(signature)
    size = sum(len(value) for name, value in request.headers if name.lower() in names)
    of_target = any(name.startswith("@") and name != "@authority" for name in names)
    return size + len(request.target) * of_target


def fits(
    request: Request,
    signature: Signature,
    key: Key,
    *,
    tag: str,
    scheme: str,
    authority: str,
) -> bool:
    """Whether `signature` was made by the owner of `key` for this request. Never raises.

    `scheme` and `authority` (host and perhaps port) are those of the address the client asked.
    """
    authority = authority.lower()
    if not _HOST.fullmatch(authority):
        return False
    names = _names(signature)
    query = request.target.partition("?")[2] if "@query-param" in names else ""
    message = _Message(
        method=request.method,
        url=f"{scheme}://{authority}/" + (f"?{quote(query, safe=_QUERY)}" if query else ""),
        target=request.target,
        headers=_Headers([(n, value) for n, value in request.headers if n.lower() in names]),
    )
    verifier = _Verifier(
        signature_algorithm=ALGORITHMS[key.algorithm],
        key_resolver=MappingKeyResolver(
            public_keys={signature.params["keyid"]: key.public}, private_keys={}
        ),
        component_resolver_class=_Resolver,
    )
    try:
        verifier.verify(message, expect_tag=tag, expect_label=signature.label, max_age=None)
    except Exception:  # noqa: BLE001 (a hostile header may trip the library anywhere)
        return False
    return True


def _names(signature: Signature) -> set[str]:
    return {name for name, _ in signature.components} | {"signature", "signature-input"}


class _Resolver(HTTPSignatureComponentResolver):
    def get_path(self) -> str:
        return str(self.message.target).partition("?")[0]

    def get_query(self) -> str:
        return "?" + str(self.message.target).partition("?")[2]

    def get_request_target(self) -> str:
        return str(self.message.target)

    def get_target_uri(self) -> str:
        return f"{self.url_parts.scheme}://{self.url_parts.authority}{self.message.target}"


class _Verifier(HTTPMessageVerifier):
    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        pass


class _Headers:
    """As many headers as are needed, in the form the library reads."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self._fields = fields

    def items(self) -> Sequence[tuple[str, str]]:
        return self._fields


@dataclass(frozen=True, slots=True)
class _Message:
    method: str
    url: str
    target: str
    headers: _Headers
