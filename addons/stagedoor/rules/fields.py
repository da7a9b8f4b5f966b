"""The words a condition may compare: one table, from which everything else follows.

Parsing, checking, deciding, explaining and the editors' schema all read it. What a field may be
compared with follows from its kind:

    choice    one of the words listed here              client.purpose: ai-training
              (a client with several purposes: any of them)
    text      a word of any spelling, in any case       client.name: GPTBot
    set       holds where one of its words is wanted    client.traits: no-fetch-metadata
    path      globs, or {re: …}                         request.path: /music/**
    pattern   a text with * and ?, or {re: …}           request.agent: "*Windows 98*"
    network   addresses and CIDR networks               request.address: 192.0.2.0/24
    count     {over: 40}                                behaviour.requests_last_minute
    size      {over: 2GB}                               behaviour.audio_last_hour
    duration  {under: 10m}                              behaviour.known_for
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

from stagedoor.identify.sent_from import sent_from
from stagedoor.identify.traits import TRAIT_NAMES
from stagedoor.model.facts import (
    CHALLENGE_STANDINGS,
    CREDENTIALS,
    FORMS,
    KINDS,
    LICENCE_STANDINGS,
    PASS_STANDINGS,
    PROOFS,
    PURPOSES,
    SENT_FROM,
    Behaviour,
    Client,
    Request,
    Resource,
)
from stagedoor.model.heard import SCOPES, Scope
from stagedoor.rules.challenge_standing import challenge_standing

FieldKind = Literal[
    "choice", "text", "set", "path", "pattern", "network", "count", "size", "duration"
]
MEASURES: frozenset[FieldKind] = frozenset({"count", "size", "duration"})
"""Kinds that are compared by more and less."""
FROM, CHALLENGED = "request.from", "request.challenge"
HEADER = "request.header."
"""Begins the name of a field for any header: `request.header.referer`."""

TOLD = ("robots", "headers", "files")
"""What a crawler can have been handed: robots.txt, headers, the other files."""

Get = Callable[[Request, Client, Resource, Behaviour], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One word of the vocabulary: where its value comes from and what it may be compared with.

    `choices` are the only values there are, for `choice` and `set`. `latin`: the value has one
    character a byte, as headers have. `seen_at`: its value depends on where the site is seen
    (`publish.address`), and this makes the `get` for that.
    """

    get: Get
    kind: FieldKind
    help: str
    choices: tuple[str, ...] = ()
    latin: bool = False
    seen_at: Callable[[str], Get] | None = None


def _request(name: str) -> Get:
    value = attrgetter(name)
    return lambda request, client, resource, behaviour: value(request)


def _client(name: str) -> Get:
    value = attrgetter(name)
    return lambda request, client, resource, behaviour: value(client)


def _resource(name: str) -> Get:
    value = attrgetter(name)
    return lambda request, client, resource, behaviour: value(resource)


def _behaviour(name: str) -> Get:
    value = attrgetter(name)
    return lambda request, client, resource, behaviour: value(behaviour)


HEARD: Mapping[str, tuple[FieldKind, str]] = {
    "ahead": ("duration", "sound it was sent and cannot have heard yet"),
    "whole_recordings": ("count", "recordings it was sent whole within ten minutes"),
    "begun_recordings": ("count", "recordings it was sent something of within an hour"),
    "episodes": ("count", "episodes of feeds it was sent something of within a day"),
    "archives": ("count", "archives (albums in a zip) it was sent something of within a day"),
    "catalogue_share": (
        "count",
        "how much of all recordings it was sent within 12 to 24 hours: 0.5",
    ),
    "sequential_walk": ("count", "numbered recordings it was sent one after the other, in order"),
    "whole_file_by_ranges": ("count", "recordings it was sent whole in eight or more pieces"),
    "segments_without_playlist": ("count", "segments it was sent, and no playlist"),
    "ignored": ("count", "recordings it asked for while it was to stay away"),
    "tripped": ("choice", "whether it has followed the trap link within an hour"),
}
"""The facts of `model.heard`: kind, and meaning behind the words of the scope."""
_WHOSE: Mapping[Scope, tuple[str, str]] = {
    "household": ("behaviour.", "of this address"),
    "network": ("behaviour.network.", "of this address's /24 or /48 as a whole"),
    "agent": ("behaviour.agent.", "of this user agent at this address"),
}


def _heard(scope: Scope, name: str) -> Field:
    kind, text = HEARD[name]
    text = f"{_WHOSE[scope][1]}: {text}"
    value = attrgetter(f"listening.{scope}.{name}")
    if name == "tripped":
        return Field(
            lambda request, client, resource, behaviour: "yes" if value(behaviour) else "no",
            kind,
            text,
            ("yes", "no"),
        )
    return Field(lambda request, client, resource, behaviour: value(behaviour), kind, text)


LISTENING: Mapping[str, tuple[Scope, str]] = {
    _WHOSE[scope][0] + name: (scope, name) for scope in SCOPES for name in HEARD
}
"""Fields about sessions of listening: whose, and which fact."""

LIVE = frozenset(
    {"behaviour.on_air", "behaviour.live_streams", "behaviour.live_streams_in_network"}
)
"""Fields about live streams: what they need is counted by streams, and not for every request."""

FIELDS: Mapping[str, Field] = {
    "client.purpose": Field(
        lambda request, client, resource, behaviour: frozenset(client.purposes),
        "choice",
        "what the client comes for; where that is several things, any of them",
        PURPOSES,
    ),
    "client.name": Field(
        _client("name"),
        "text",
        "its name in the catalogue",
    ),
    "client.operator": Field(_client("operator"), "text", "who sends it"),
    "client.proof": Field(
        _client("proof"),
        "choice",
        "whether its claim was proven",
        PROOFS,
    ),
    "client.traits": Field(
        _client("traits"),
        "set",
        "where the request does not look like the browser it claims to come from",
        TRAIT_NAMES,
    ),
    "client.trait_count": Field(
        lambda request, client, resource, behaviour: len(client.traits),
        "count",
        "in how many ways the request does not look like that browser's",
    ),
    "client.licence": Field(
        _client("licence"),
        "choice",
        "what the licence that it shows is worth",
        LICENCE_STANDINGS,
    ),
    "resource": Field(
        _resource("kind"),
        "choice",
        "what is asked for",
        KINDS,
    ),
    "resource.form": Field(
        _resource("form"),
        "choice",
        "how sound is handed out, where it is no plain recording",
        FORMS,
    ),
    "request.method": Field(_request("method"), "text", "GET, HEAD, POST …"),
    "request.host": Field(
        _request("host"),
        "pattern",
        "the site's name, as asked for",
        latin=True,
    ),
    "request.path": Field(_request("path"), "path", "the normalised path"),
    "request.address": Field(
        _request("address"),
        "network",
        "the visitor's address, after trusted proxies",
    ),
    "request.credentials": Field(
        _request("credentials"),
        "choice",
        "a login of the site's own: sent, or accepted by a site that refuses others",
        CREDENTIALS,
    ),
    "request.pass": Field(
        _request("passed"),
        "choice",
        "whether it needs a pass that the guard has handed out, and shows one",
        PASS_STANDINGS,
    ),
    FROM: Field(
        lambda request, client, resource, behaviour: sent_from(request),
        "choice",
        "whose page has it sent: the site's own, nobody's, another site's",
        SENT_FROM,
        seen_at=lambda address: (
            lambda request, client, resource, behaviour: sent_from(request, address)
        ),
    ),
    CHALLENGED: Field(
        challenge_standing,
        "choice",
        "whether it can be challenged, and has solved a challenge before",
        CHALLENGE_STANDINGS,
    ),
    "request.agent": Field(
        _request("agent"),
        "pattern",
        "the User-Agent header, for what the catalogue has no name for",
        latin=True,
    ),
    "behaviour.requests_last_minute": Field(
        _behaviour("requests"),
        "count",
        "requests from this address within a minute",
    ),
    "behaviour.recordings_last_hour": Field(
        _behaviour("recordings"),
        "count",
        "different recordings this address asked for within an hour",
    ),
    "behaviour.audio_last_hour": Field(
        _behaviour("audio"),
        "size",
        "what this address took of them within an hour",
    ),
    "behaviour.known_for": Field(
        _behaviour("known"),
        "duration",
        "how long ago this address was first seen",
    ),
    "behaviour.on_air": Field(
        _behaviour("on_air"),
        "duration",
        "how long this address has been sent live streams, without a pause of ten minutes",
    ),
    "behaviour.live_streams": Field(
        _behaviour("live_streams"),
        "count",
        "live streams that are open at this address already",
    ),
    "behaviour.live_streams_in_network": Field(
        _behaviour("live_streams_in_network"),
        "count",
        "live streams that are open in this address's /24 or /48 already",
    ),
    "behaviour.told": Field(
        _behaviour("told"),
        "set",
        "what this crawler was handed that says what is allowed",
        TOLD,
    ),
    "behaviour.violations": Field(
        _behaviour("violations"),
        "count",
        "requests of this crawler for what a notice to it had forbidden",
    ),
    "behaviour.robots_disallows": Field(
        lambda request, client, resource, behaviour: "yes" if behaviour.disallowed else "no",
        "choice",
        "whether the robots.txt that this crawler was handed forbids the request",
        ("yes", "no"),
    ),
    **{word: _heard(scope, name) for word, (scope, name) in LISTENING.items()},
}


def field_named(name: str) -> Field | None:
    """The field of that name; None where there is none. Every header has one."""
    found = FIELDS.get(name)
    header = name.removeprefix(HEADER)
    if found is None and name.startswith(HEADER) and header:
        return Field(
            lambda request, client, resource, behaviour: request.header(header),
            "pattern",
            f"the {header} header",
            latin=True,
        )
    return found
