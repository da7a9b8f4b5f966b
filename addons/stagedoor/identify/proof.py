"""Proof of a claim: the ways an operator offers, what each says, and what follows.

Three ways: the lists of addresses, the reverse-DNS names, and signed requests (Web Bot Auth).
Whatever needs a file, a clock or the network has been found out before and arrives as Evidence.

Any one that says yes is proof. A no must be sure: the list complete and fresh, the name really
another one. Where that is not so the claim stays unverified, because a crawler wrongly called
spoofed is a site that vanishes from a search engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Literal, Protocol

from stagedoor.identify.origins import signer_of
from stagedoor.identify.ranges import Membership
from stagedoor.model.errors import listed
from stagedoor.model.facts import Proof

DAY = 86_400.0
FRESH = 14 * DAY
"""Seconds for which "not in the list" counts. ChatGPT-User's list changes every few days, and
`stagedoor update` is meant to run daily."""
TRUSTED = 365 * DAY
"""Seconds for which "in the list" counts: networks change hands slowly."""
SKEW = DAY
"""A list from further in the future than this has no known date."""

SHARED_NAMES = ("gae.googleusercontent.com",)
"""Names that an operator's own fetchers carry and its paying customers' programs as well: neither
a proof nor a contradiction (Google's user-triggered fetchers run on App Engine)."""

Signed = Literal["verified", "invalid", "unverified", "none"]
"""What became of a request's signature; `unverified`: keys not at hand yet; `none`: unsigned."""


class Ways(Protocol):
    """How a claim can be proven: `proof:` of a catalogue entry."""

    @property
    def ranges(self) -> tuple[str, ...]: ...
    @property
    def rdns(self) -> tuple[str, ...]: ...
    @property
    def web_bot_auth(self) -> str: ...


class Claim(Protocol):
    """Who somebody says to be: a Signature of the catalogue."""

    @property
    def name(self) -> str: ...
    @property
    def operator(self) -> str: ...
    @property
    def proof(self) -> Ways: ...


@dataclass(frozen=True, slots=True)
class Names:
    """What reverse DNS says about an address; names in lower case, without the last dot.

    `known`    every PTR name was asked for its addresses: `confirmed` lead back, `denied` do not,
               `undecided` could not be asked. All three empty: the address has no name
    `pending`  the lookup is under way, or waits for its turn
    `failed`   no name server answered, or there is none
    """

    state: Literal["known", "pending", "failed"]
    confirmed: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()


PENDING = Names("pending")
FAILED = Names("failed")
UNASKED = Membership()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything found out about one request. `now` is Unix seconds.

    `names` may stay PENDING where the claim has no names to compare; `signer` is the one whose
    key was used, such as https://chatgpt.com (`identify/origins.py`).
    """

    now: float
    ranges: Membership = UNASKED
    names: Names = PENDING
    signed: Signed = "none"
    signer: str = ""
    between: str = ""
    """The intermediary whose address stands in the place of the client's; empty: none is known."""
    edge: bool = False
    """Whether the address itself is in that intermediary's list."""


_ListsSay = Literal["inside", "outside", "stale", "unknown", "nothing"]
_NamesSay = Literal["confirmed", "other", "pending", "failed", "nothing"]

_VERDICTS: Mapping[tuple[_ListsSay, _NamesSay], Proof] = {
    ("outside", "nothing"): "spoofed",
    ("outside", "other"): "spoofed",
    # The list alone is enough, as for operators without names; but a lookup under way may still
    # find that the list is a day behind, and it only takes a moment.
    ("outside", "failed"): "spoofed",
    ("outside", "pending"): "unverified",
    # An old list says little, but not less than no list.
    ("stale", "other"): "spoofed",
    ("unknown", "other"): "spoofed",
    ("nothing", "other"): "spoofed",
}
"""What follows when neither says yes (that is proof) and the request is not signed. What is not
here is unverified."""


def prove(claim: Claim, address: str, evidence: Evidence) -> tuple[Proof, str]:
    """How sure it is that `claim` comes from whom it names, and why, as text for a person.

    `address` is the client's after trusted proxies; empty when it is not known.
    """
    ways = claim.proof
    if not (ways.ranges or ways.rdns or ways.web_bot_auth):
        return "unverified", f"{_whose(claim)} operator publishes no way to prove it"
    signed, signature = _signature(ways, evidence)
    if signed:
        return "verified", signature
    if not address:
        return "unverified", _joined(signature, "the client's address is not known")
    if evidence.edge:
        # It says nothing for anybody either: all of its visitors come from there.
        return "unverified", _joined(signature, _not_theirs(address, evidence.between))
    lists, about_lists = _lists(claim, evidence)
    if lists == "inside":
        return "verified", about_lists
    names, about_names = _names(ways, evidence.names)
    if names == "confirmed":
        return "verified", about_names
    verdict = _VERDICTS.get((lists, names), "unverified")
    if evidence.between:
        about = _not_theirs(address, evidence.between)
        return "unverified", _joined(signature, about_lists, about_names, about)
    if verdict == "spoofed" and not _routed(address):
        # Behind a proxy that is not trusted everybody comes from here, Googlebot too: such a
        # setup must not lose the search engines.
        hint = f"{address} is not on the Internet: is a proxy in front that is not trusted?"
        return "unverified", _joined(signature, about_lists, about_names, hint)
    return verdict, _joined(signature, about_lists, about_names)


def _not_theirs(address: str, between: str) -> str:
    return f"the request came through {between}, and {address} may be its address, not the client's"


def _signature(ways: Ways, evidence: Evidence) -> tuple[bool, str]:
    """Whether the signature is proof, and what there is to say about it."""
    if evidence.signed == "none":
        # Nobody signs every request yet, so a missing signature says nothing where there are
        # other ways; where there are not, it is the reason.
        alone = ways.web_bot_auth and not (ways.ranges or ways.rdns)
        return False, "the request is not signed" if alone else ""
    if evidence.signed == "verified":
        if ways.web_bot_auth and signer_of(evidence.signer) == signer_of(ways.web_bot_auth):
            return True, f"signed with a key of {evidence.signer}"
        return False, f"signed by {evidence.signer}, which does not speak for this claim"
    if evidence.signed == "invalid":
        # Also what a proxy does that changes a signed header; a forger would rather not sign.
        return False, "its signature does not hold"
    return False, "its signature could not be checked yet"


def _lists(claim: Claim, evidence: Evidence) -> tuple[_ListsSay, str]:
    found = evidence.ranges
    if not claim.proof.ranges:
        return "nothing", ""
    date = datetime.fromtimestamp(found.as_of, UTC).date() if found.as_of else "unknown date"
    the_list = f"{_whose(claim)} list of {date}"
    age = evidence.now - found.as_of
    if found.network:
        if -SKEW <= age <= TRUSTED:
            return "inside", f"in {found.network} of {the_list}"
        return "stale", f"in {found.network} of {the_list}, which is too old to be a proof"
    if found.missing:
        hosts = listed((url.partition("//")[2] for url in found.missing), 2)
        return "unknown", f"{_whose(claim)} list is not at hand ({hosts}): run stagedoor update"
    outside = f"not in {the_list} ({found.networks} network{'s' * (found.networks != 1)})"
    if -SKEW <= age <= FRESH:
        return "outside", outside
    return "stale", f"{outside}, which is too old to be sure: run stagedoor update"


def _names(ways: Ways, names: Names) -> tuple[_NamesSay, str]:
    if not ways.rdns:
        return "nothing", ""
    wanted = listed(ways.rdns, 3)
    if names.state != "known":
        about = "is still being looked up" if names.state == "pending" else "could not be looked up"
        return names.state, f"its name {about}"
    if good := _under(ways.rdns, names.confirmed):
        return "confirmed", f"its name {good} leads back to it"
    if open_ := _under(ways.rdns, names.undecided):
        return "failed", f"its name {open_} could not be looked up"
    if lie := _under(ways.rdns, names.denied):
        return "other", f"it calls itself {lie}, and that name does not lead back to it"
    given = (*names.confirmed, *names.denied, *names.undecided)
    if not given:
        return "other", f"it has no name, and should have one under {wanted}"
    if ways.ranges and (shared := _under(SHARED_NAMES, names.confirmed)):
        return "failed", f"its name {shared} is one that customers of the operator have too"
    return "other", f"its name is {given[0]}, not one under {wanted}"


def _under(suffixes: tuple[str, ...], names: tuple[str, ...]) -> str:
    """The first of `names` that is one of `suffixes` or ends in a dot and one of them."""
    ends = tuple(suffix.lower().strip(".") for suffix in suffixes)
    for name in names:
        if name in ends or name.endswith(tuple("." + end for end in ends)):
            return name
    return ""


def _routed(address: str) -> bool:
    """Whether the address exists on the Internet at all; no list ever holds one that does not."""
    try:
        return ip_address(address).is_global
    except ValueError:
        return True


def _whose(claim: Claim) -> str:
    name = claim.operator or claim.name
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))
