"""Traits: where a request does not look like one from the browser it says it comes from.

A trait is an observation, never a verdict: each can be had by a person, behind a proxy that rewrites
what passes, with an extension that changes the user agent, or by opening a recording's address. Rules
may weigh several of them, count them (`client.trait_count`), or ask for a challenge; no shipped rule
refuses anybody for one alone: the strongest two have to wait after four recordings.

Only clients that claim to be browsers are looked at. The checks are trait_checks.py's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stagedoor.identify.browser_look import Look, is_this_machine
from stagedoor.identify.browsers import read_browser
from stagedoor.identify.tls_families import Families
from stagedoor.identify.trait_checks import (
    bare_browser,
    h2c_upgrade,
    hints_contradict_agent,
    impossible_build,
    length_on_get,
    library_header_order,
    lone_fetch_mode,
    lowercase_headers,
    navigation_for_audio,
    no_accept_language,
    no_fetch_metadata,
    odd_playback,
    page_order_for_audio,
    secure_headers_in_plaintext,
    tls_not_a_browser,
)
from stagedoor.model.facts import Client, Request

_NONE: frozenset[str] = frozenset()
_NO_FAMILIES = Families()
_REWRITTEN = frozenset({"via", "x-forwarded-for", "forwarded", "x-real-ip", "cdn-loop"})
"""Headers of those who pass requests on, and who write names and order as they like."""


def traits(
    request: Request,
    client: Client,
    ja4: str,
    plaintext: bool,  # noqa: FBT001 (one fact among others)
    *,
    families: Families = _NO_FAMILIES,
    proxied: bool = False,
) -> frozenset[str]:
    """The traits of one request; empty for every client that does not claim to be a browser, and for
    a request whose headers are not known (from a log).

    `ja4` is the connection's fingerprint, empty where there is none. `plaintext` is whether the
    visitor's own connection was not TLS, or may not have been (a proxy in front that does not say).
    `proxied`: a trusted proxy passed the request on, so names, order and upgrades are its.
    """
    if client.purpose != "browser" or not request.headers:
        return _NONE
    headers = request.first or {name.lower(): value for name, value in request.headers}
    look = Look(
        request=request,
        browser=read_browser(request.agent),
        headers=headers,
        ja4=ja4,
        families=families,
        secure=not plaintext or is_this_machine(request.host),
        untouched=not proxied and _REWRITTEN.isdisjoint(headers),
    )
    found = [trait for trait, check in _CHECKS if check(look)]
    return frozenset(found) if found else _NONE


@dataclass(frozen=True, slots=True)
class Trait:
    """One word for `client.traits`, and what it means."""

    name: str
    help: str
    check: Callable[[Look], bool]


TRAITS: tuple[Trait, ...] = (
    Trait("tls-not-a-browser", "its TLS handshake is another program's", tls_not_a_browser),
    Trait("no-fetch-metadata", "no Sec-Fetch headers over TLS", no_fetch_metadata),
    Trait(
        "bare-browser",
        "a recording is asked for with neither Sec-Fetch headers over TLS nor a language",
        bare_browser,
    ),
    Trait(
        "page-order-for-audio",
        "a recording is asked for with headers in the order of a page",
        page_order_for_audio,
    ),
    Trait("lone-fetch-mode", "Sec-Fetch-Mode alone", lone_fetch_mode),
    Trait(
        "hints-contradict-agent",
        "client hints name another browser or system than the agent",
        hints_contradict_agent,
    ),
    Trait("library-header-order", "headers in no browser's order", library_header_order),
    Trait("lowercase-headers", "header names in lower case over HTTP/1", lowercase_headers),
    Trait("no-accept-language", "no Accept-Language", no_accept_language),
    Trait(
        "navigation-for-audio",
        "a recording is asked for as a page; people who open or save one do that, too",
        navigation_for_audio,
    ),
    Trait("odd-playback", "says it plays, without Range or identity", odd_playback),
    Trait("impossible-build", "a version of Chrome or Firefox that never was", impossible_build),
    Trait("h2c-upgrade", "asks for HTTP/2 without TLS", h2c_upgrade),
    Trait(
        "secure-headers-in-plaintext",
        "sends over plain HTTP what browsers keep for TLS",
        secure_headers_in_plaintext,
    ),
    Trait("length-on-get", "Content-Length on a request without a body", length_on_get),
)
"""The vocabulary of `client.traits`: every check, by the word rules use for it."""
TRAIT_NAMES: tuple[str, ...] = tuple(trait.name for trait in TRAITS)
_CHECKS = tuple((trait.name, trait.check) for trait in TRAITS)
