"""Signature Agent Cards: what a signer says about itself, and registries, which list cards.

draft-meunier-webbotauth-registry: -04 has the members of OAuth client metadata (`client_name`,
`contacts`, `jwks_uri`, `keys`) and an object `web_bot_auth`; before -03 its members stood beside the
others, and `name` and `contact` were older spellings. A registry is a text, an address of a card a line.

A card is a claim of its signer: it says where to look for keys and addresses, and proves nothing. Who
is in the catalogue stays the artist's decision.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

import orjson

from stagedoor.identify.origins import signer_of
from stagedoor.model.errors import StagedoorError

MAX_BYTES = 64 * 1024
"""Bytes of a card, and of a registry."""
MOST_CARDS = 200
"""Cards of one registry that are asked for."""
_TEXT = 512
_URL = re.compile(r"https://[A-Za-z0-9.:_-]+(?:/[!-~]*)?")


class CardError(StagedoorError):
    """A text is no card, or no registry. Its message says why, and follows the word "it"."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a signer says about itself; empty where it says nothing.

    `signer` is as Web Bot Auth knows it (`identify/origins.py`), from `jwks_uri`, or else from where
    the card stands. `ranges` is the address of its list of networks.
    """

    signer: str
    name: str = ""
    token: str = ""
    purpose: str = ""
    contact: str = ""
    ranges: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All of it."""
        return tuple(str(getattr(self, one.name)) for one in fields(self))


def read_card(data: bytes, url: str) -> Card:
    """The card that stands at `url`. Raises CardError."""
    document = _object(data)
    inner = document.get("web_bot_auth")
    members: Mapping[str, object] = {**document, **(inner if isinstance(inner, dict) else {})}
    named = _text(document, "jwks_uri")
    signer = signer_of(named) if named else _origin_with_keys(document, url)
    if not signer:
        raise CardError("names no key set that can be asked for")
    contacts = document.get("contacts")
    listed = contacts if isinstance(contacts, list) else ()
    first = next((c for c in listed if isinstance(c, str)), "")
    return Card(
        signer=signer,
        name=_text(document, "client_name") or _text(document, "name"),
        token=_text(members, "rfc9309-product-token"),
        purpose=_text(members, "purpose"),
        contact=_clean(first) or _text(document, "contact"),
        ranges=_https(_text(members, "ips_uri")),
    )


def read_registry(data: bytes) -> tuple[str, ...]:
    """The addresses of cards that a registry lists, each once. Raises CardError."""
    if len(data) > MAX_BYTES:
        raise CardError(f"is larger than {MAX_BYTES} bytes")
    found = tuple(dict.fromkeys(_listed(data.decode("utf-8-sig", "replace"))))
    if not found:
        raise CardError("lists no address of a card")
    return found[:MOST_CARDS]


def _listed(text: str) -> Iterator[str]:
    for line in text.splitlines():
        url = _https(_clean(line.partition("#")[0]).strip())
        if url:
            yield url


def _object(data: bytes) -> dict[str, object]:
    if len(data) > MAX_BYTES:
        raise CardError(f"is larger than {MAX_BYTES} bytes")
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise CardError("is not JSON") from error
    if not isinstance(document, dict):
        raise CardError("is no JSON object")
    return document


def _origin_with_keys(document: Mapping[str, object], url: str) -> str:
    """Without `jwks_uri` the keys stand in the card itself, or at its origin's well-known path."""
    if isinstance(document.get("keys"), list):
        return signer_of(url)
    origin = "/".join(url.split("/")[:3])
    return signer_of(origin)


def _text(members: Mapping[str, object], name: str) -> str:
    value = members.get(name)
    return _clean(value) if isinstance(value, str) else ""


def _clean(text: str) -> str:
    return "".join(c for c in text if c.isprintable())[:_TEXT]


def _https(url: str) -> str:
    """An address that may be asked for; where it leads is looked at when it is."""
    return url if _URL.fullmatch(url) else ""
