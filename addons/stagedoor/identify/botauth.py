"""Web Bot Auth: a crawler that signs its requests, and what its signature is worth.

draft-ietf-webbotauth-httpsig-protocol-01 and -00, over HTTP Message Signatures (RFC 9421):

    Signature-Agent: sig1="https://signer.example/.well-known/http-message-signatures-directory"
    Signature-Input: sig1=("@authority" "signature-agent";key="sig1");created=…;expires=…;
                     keyid="<thumbprint>";alg="ed25519";tag="web-bot-auth"
    Signature: sig1=:…:

-01 names the key set, -00 the origin whose well-known path has it, and both are in the field: a bare
origin and its well-known address are one signer. -00 also knew members with a `type`; -01 ignores
members with parameters. What is read of -00 are `directory` and `jwks_uri`.

A signature proves that the publisher of the keys at an address signed this request's covered parts.
It does not say that they are honest. The identity is the pair of signer and key: a key known from one
address proves nothing for another. Three outcomes are kept apart: `verified`; `invalid`, where the
signature is wrong; `unverified`, where not enough is known (the keys are still being
fetched, or the algorithm is not ours). Whatever the headers hold, nothing here raises.

Pure: keys come from a function that answers from memory, time is an argument.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from stagedoor.identify.httpsig import (
    ALGORITHMS,
    Params,
    Signature,
    covered_size,
    dictionary,
    fits,
    item,
)
from stagedoor.identify.keys import Key, Keys
from stagedoor.identify.origins import origin_of, signer_of
from stagedoor.model.facts import Request

TAG = "web-bot-auth"
ACCEPT = 'sig1=("@authority" "signature-agent";key="sig1");created;expires;keyid;nonce;tag="web-bot-auth"'
"""Accept-Signature (RFC 9421, 5.1): the signature that is asked of those who could be verified."""

Standing = Literal["verified", "invalid", "unverified", "none"]
Cause = Literal[
    "",  # verified, or no signature
    "malformed",  # the headers cannot be read, or are too large: 400 is a fair answer
    "incomplete",  # something the protocol asks for is not signed
    "time",  # expired, not yet valid, or the key is; unverified: valid for longer than is believed
    "wrong",  # the signature does not fit the request
    "replayed",  # it fits, and was used before: 429 is a fair answer
    "no-keys",  # the signer's directory is not known (yet)
    "unknown-key",  # the directory is known and does not hold the key (yet)
    "unsupported",  # another algorithm, or another way to find the keys
]
"""Why a signature is not verified. Few words, so that they can label a metric."""

KeysFor = Callable[[str, str], Keys | None]
"""(signer, key id) → the keys its directory is known to hold, None where it is not known.

Answers at once. The key id lets it notice that a directory has a new key."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is looked at and believed. Sizes in characters, times in seconds."""

    header: int = 4096
    """Each of the three headers; a signature takes about 500."""
    parts: int = 128
    """Separators in each of them: what costs is not the length but how many things stand in it."""
    labels: int = 4
    """Signatures of a request; each may cost a verification."""
    components: int = 16
    covered: int = 16384
    """The text of all covered headers and, where it is covered, the target."""
    validity: float = 24 * 3600.0
    skew: float = 60.0


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the signature of one request is worth.

    `signer` (see `origins`: `https://chatgpt.com`, or the address of a key set) and `keyid` are proven when `standing` is verified,
    else a claim, or empty. `reason` is a sentence for a log. `nonce` or else `signature`
    distinguishes one signature from another until `until` (Unix time), when it stops being accepted.
    `covered` are the names of the signed components.
    """

    standing: Standing
    cause: Cause = ""
    reason: str = ""
    signer: str = ""
    keyid: str = ""
    nonce: str = ""
    signature: bytes = b""
    until: float = 0.0
    covered: tuple[str, ...] = ()


NONE = Outcome("none")
_RANK: dict[Standing, int] = {"verified": 0, "unverified": 1, "invalid": 2, "none": 3}
"""Of several signatures the best counts: each is independent, and proxies add their own."""

_HEADERS = frozenset({"signature", "signature-input", "signature-agent"})
_LENGTHS = frozenset(map(len, _HEADERS))
_KEYID = re.compile(r"[A-Za-z0-9_-]{43}")
_NONCE = 256
_TYPES = frozenset({"directory", "jwks_uri"})
"""Types of -00 that lead to a key set; -01 has none."""


class _Unfit(Exception):  # noqa: N818 (no error: one way a signature can be judged)
    def __init__(self, standing: Standing, cause: Cause, reason: str) -> None:
        super().__init__(reason)
        self.standing: Standing = standing
        self.cause: Cause = cause
        self.reason = reason


def check(
    request: Request,
    keys_for: KeysFor,
    now: float,
    *,
    authority: str,
    scheme: str = "https",
    limits: Limits = LIMITS,
) -> Outcome:
    """What the Web Bot Auth signature of `request` is worth at `now` (Unix time).

    `authority` is the Host as the client sent it, port included (`request.host` has none), not that
    of the site behind; `scheme` the one the client used. Asks `keys_for` at most once a signature,
    and only where everything else about it is right.
    """
    fields = _fields(request)
    # Other protocols sign requests too, and a string is written in one way: no parsing for those.
    if TAG not in fields.get("signature-input", "") or "signature" not in fields:
        return NONE
    try:
        signatures = list(_signatures(fields, limits))
    except _Unfit as unfit:
        return Outcome(unfit.standing, unfit.cause, unfit.reason)
    best = NONE
    for signature in signatures:
        outcome = _judge(request, fields, signature, keys_for, now, (scheme, authority), limits)
        if _RANK[outcome.standing] < _RANK[best.standing]:
            best = outcome
        if outcome.standing == "verified":
            break
    return best


def _fields(request: Request) -> dict[str, str]:
    """The three headers; one that came in several lines is joined. Most requests have none."""
    found: dict[str, str] = {}
    for name, value in request.headers:
        if len(name) in _LENGTHS and (lowered := name.lower()) in _HEADERS:
            value = value.strip(" \t")  # noqa: PLW2901
            found[lowered] = f"{found[lowered]}, {value}" if lowered in found else value
    return found


def _signatures(fields: dict[str, str], limits: Limits) -> Iterable[Signature]:
    """Those with our tag. Raises _Unfit where the headers cannot be read."""
    for name, value in fields.items():
        if len(value) > limits.header:
            _invalid("malformed", f"{name} is longer than {limits.header} characters")
        if sum(map(value.count, "=;, ")) > limits.parts:
            _invalid("malformed", f"{name} has more than {limits.parts} parts")
    inputs, values = _members(fields, "signature-input"), _members(fields, "signature")
    if len(inputs) > limits.labels or len(values) > limits.labels:
        _invalid("malformed", f"there are more than {limits.labels} signatures")
    for label, (components, params) in inputs.items():
        if isinstance(components, list) and params.get("tag") == TAG:
            yield Signature(label, components, params, values.get(label, (None, {}))[0])


def _judge(
    request: Request,
    fields: dict[str, str],
    signature: Signature,
    keys_for: KeysFor,
    now: float,
    asked: tuple[str, str],
    limits: Limits,
) -> Outcome:
    params = signature.params
    keyid = params.get("keyid")
    keyid = keyid if type(keyid) is str and _KEYID.fullmatch(keyid) else ""
    signer = ""
    try:
        _check_size(signature, limits)
        signer = _signer(fields, signature)
        _check_params(signature)
        _check_times(params["created"], params["expires"], now, limits)
        key = _key(keys_for(signer, keyid), signer, keyid, now, limits)
        if covered_size(request, signature) > limits.covered:
            _invalid("malformed", f"more than {limits.covered} characters are signed")
        scheme, authority = asked
        if params.get("alg", key.algorithm) != key.algorithm:
            _invalid("wrong", f"the key is for {key.algorithm}, not for another algorithm")
        if not fits(request, signature, key, tag=TAG, scheme=scheme, authority=authority):
            _invalid("wrong", "the signature does not fit the request")
    except _Unfit as unfit:
        return Outcome(unfit.standing, unfit.cause, unfit.reason, signer=signer, keyid=keyid)
    assert isinstance(signature.value, bytes)
    return Outcome(
        standing="verified",
        reason=f"signed by {signer}",
        signer=signer,
        keyid=keyid,
        nonce=params.get("nonce", ""),
        signature=signature.value,
        until=params["expires"] + limits.skew,
        covered=tuple(name for name, _ in signature.components),
    )


def _check_size(signature: Signature, limits: Limits) -> None:
    if len(signature.components) > limits.components:
        _invalid("malformed", f"more than {limits.components} components are signed")
    if not all(isinstance(name, str) for name, _ in signature.components):
        _invalid("malformed", "a component's name is not a string")
    if not isinstance(signature.value, bytes):
        _invalid("malformed", f"Signature has no bytes for {signature.label}")


def _signer(fields: dict[str, str], signature: Signature) -> str:
    """The signer this signature speaks for: the Signature-Agent member that it covers.

    The one of its own label. Where there is none, and it covers a single member, that one: proxies
    may relabel signatures. The older bare string has no members and is covered as a whole.
    """
    text = fields.get("signature-agent", "")
    if not text:
        _invalid("incomplete", "there is no Signature-Agent header")
    signed = [params for name, params in signature.components if name == "signature-agent"]
    members: Mapping[str, tuple[Any, Params]]
    if text.startswith(('"', "https://")):
        members = {signature.label: _bare(text)}
        names = [signature.label] * ({} in signed)
    else:
        members = _members(fields, "signature-agent")
        names = list(members) if {} in signed else [str(params.get("key")) for params in signed]
    name = signature.label if signature.label in names else names[0] if len(names) == 1 else ""
    if name not in members:
        _invalid("incomplete", f"the Signature-Agent of {signature.label} is not signed")
    value, params = members[name]
    kind = params.get("type")
    if params and (set(params) != {"type"} or str(kind) not in _TYPES):
        what = f"keys found by {str(kind)[:40]}" if kind else "members with parameters"
        raise _Unfit("unverified", "unsupported", f"{what} are not supported")
    signer = signer_of(value) if isinstance(value, str) else ""
    if not signer or (str(kind) == "directory" and signer != origin_of(signer)):
        _invalid("malformed", "Signature-Agent does not name an https address of keys")
    return signer


def _check_params(signature: Signature) -> None:
    params, names = signature.params, [name for name, p in signature.components if not p]
    if "@authority" not in names and "@target-uri" not in names:
        _invalid("incomplete", "neither @authority nor @target-uri is signed")
    for name in ("created", "expires"):
        if type(params.get(name)) is not int:
            _invalid("incomplete", f"{name} is missing, or not a whole number")
    keyid, nonce = params.get("keyid"), params.get("nonce", "")
    if type(keyid) is not str or not _KEYID.fullmatch(keyid):
        _invalid("incomplete", "keyid is missing, or not a key's thumbprint")
    if type(nonce) is not str or len(nonce) > _NONCE:
        _invalid("malformed", f"the nonce is not a string of at most {_NONCE} characters")
    algorithm = params.get("alg")
    if algorithm is not None and algorithm not in ALGORITHMS:
        if str(algorithm).startswith("hmac"):
            _invalid("incomplete", "a shared secret proves nothing")
        raise _Unfit("unverified", "unsupported", f"{str(algorithm)[:40]} is not supported")


def _check_times(created: int, expires: int, now: float, limits: Limits) -> None:
    if created > now + limits.skew:
        _invalid("time", f"it is from the future, by {created - now:.0f} s")
    if expires < now - limits.skew:
        _invalid("time", f"it expired {now - expires:.0f} s ago")
    if expires <= created:
        _invalid("time", f"it is valid for {expires - created} s")
    if expires - created > limits.validity:
        most = f"{limits.validity:.0f}"
        raise _Unfit("unverified", "time", f"it is valid for {expires - created} s, over {most}")


def _key(keys: Keys | None, signer: str, keyid: str, now: float, limits: Limits) -> Key:
    if keys is None:
        raise _Unfit("unverified", "no-keys", f"the keys of {signer} are not known yet")
    key = keys.get(keyid)
    if key is None:
        raise _Unfit("unverified", "unknown-key", f"{signer} is not known to have this key")
    if not key.not_before - limits.skew <= now <= key.expires + limits.skew:
        _invalid("time", f"{signer} does not use this key at this time")
    return key


def _members(fields: Mapping[str, str], name: str) -> Mapping[str, tuple[Any, Params]]:
    try:
        return dictionary(fields[name])
    except ValueError:
        _invalid("malformed", f"{name} cannot be read")


def _bare(text: str) -> tuple[Any, Params]:
    """The older form of Signature-Agent: one string, and one known signer leaves the quotes out."""
    try:
        return item(text) if text.startswith('"') else (text, {})
    except ValueError:
        _invalid("malformed", "signature-agent cannot be read")


def _invalid(cause: Cause, reason: str) -> NoReturn:
    raise _Unfit("invalid", cause, reason)
