"""The facts that travel between the rooms: all frozen, all plain data.

This is the one home of the words the whole program shares: purposes, proofs and resource kinds
(actions have their own, `model.actions`). YAML files, metrics labels and the command line use
exactly these spellings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Literal, NamedTuple, get_args

from stagedoor.model.actions import LOGGED, REFUSING, WAITING
from stagedoor.model.heard import NO_LISTENING, Listening

Purpose = Literal[
    # Crawlers: programs that come on behalf of an operator.
    "ai-training",
    "ai-input",
    "ai-search",
    "ai-agent",
    "audio-harvester",
    "transcriber",
    "search",
    "archive",
    "seo",
    "social-preview",
    "monitoring",
    "scanner",
    "content-id",
    # Clients: programs that people listen and read with.
    "subsonic-client",
    "podcast-app",
    "feed-reader",
    "cast-device",
    "music-player",
    # Tools and everything that only says it is a machine.
    "robot",
    "headless",
    "downloader",
    "http-library",
    "browser",
    "unknown",
]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
CRAWLERS: frozenset[Purpose] = frozenset(PURPOSES[: PURPOSES.index("subsonic-client")])
"""Those that come on behalf of an operator."""

PEOPLE: frozenset[Purpose] = frozenset(
    {"subsonic-client", "podcast-app", "feed-reader", "cast-device", "music-player", "browser"}
)
"""Programs with a person in front of them: nothing is kept about what they do."""

MEDIA_CLIENTS: frozenset[Purpose] = frozenset(
    {"subsonic-client", "podcast-app", "cast-device", "music-player"}
)
"""Clients that cannot show a page: all answers of ours to them are plain text."""

Proof = Literal["verified", "unverified", "spoofed"]
PROOFS: tuple[Proof, ...] = get_args(Proof)
LicenceStanding = Literal[
    "none", "valid", "unknown", "asked", "expired", "revoked", "unsigned", "other-path", "other-use"
]
"""What the licence token of a request is worth: none came; it is good; nobody granted it; the licence
server is being asked; it is over; it was taken back; the signature it is bound to is missing; it is for
other paths; for other uses."""
LICENCE_STANDINGS: tuple[LicenceStanding, ...] = get_args(LicenceStanding)

Kind = Literal[
    "signal", "audio", "playlist", "feed", "download", "page", "image", "asset", "api", "other"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

Form = Literal["", "live", "bought"]
"""live: a stream without an end. bought: a download that a shop hands out for a purchase."""
FORMS: tuple[Form, ...] = get_args(Form)[1:]

GUARDED_KINDS: frozenset[Kind] = frozenset({"audio", "playlist", "download"})
"""What a recording can be taken from."""

Credentials = Literal["none", "sent", "accepted"]
CREDENTIALS: tuple[Credentials, ...] = get_args(Credentials)
"""Whether a request carries credentials of the site's own (`sent`: nobody has checked them yet), and
whether the site, which refuses others, has let it in with them."""

PassStanding = Literal["unneeded", "missing", "shown", "bought"]
PASS_STANDINGS: tuple[PassStanding, ...] = get_args(PassStanding)
"""Whether a request needs a pass that the guard has handed out, and shows one (see `marks/`); `bought`:
the one of a purchase, which is for these files.
"""

ChallengeStanding = Literal["open", "solved", "never"]
CHALLENGE_STANDINGS: tuple[ChallengeStanding, ...] = get_args(ChallengeStanding)
"""Whether a request can be answered with a challenge (see `rules.challenge_standing`)."""

SentFrom = Literal["own", "none", "elsewhere"]
SENT_FROM: tuple[SentFrom, ...] = get_args(SentFrom)
"""Whose page has a request sent: the site's own, nobody's, another site's (see `identify.sent_from`)."""

Mode = Literal["enforce", "observe"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent, as far as a decision needs it.

    `path` is normalised (see `resources.paths.normalise`); `target` is the request target as sent.
    `headers` keep order and spelling; values are text with one character a byte (Latin-1).
    `host` is the site's name as asked for, lower case, without a port. `address` is the client's, after trusted proxies; empty when it is not known (a log, a test).
    """

    method: str
    host: str
    path: str
    target: str
    agent: str
    headers: tuple[tuple[str, str], ...] = ()
    address: str = ""
    credentials: Credentials = "none"
    passed: PassStanding = "unneeded"
    solved: bool = False
    """It shows that a challenge of the guard's was solved there."""
    first: Mapping[str, str] | None = field(default=None, compare=False, repr=False)
    """The first value of each header, by its name in lower case, where a front has them at hand."""

    def header(self, name: str) -> str:
        """The first value of header `name` (any case), or an empty string."""
        wanted = name.lower()
        if self.first is not None:
            return self.first.get(wanted, "")
        for key, value in self.headers:
            if key.lower() == wanted:
                return value
        return ""


class Arrival(NamedTuple):
    """How a request came in.

    `ja4` is the TLS fingerprint, empty where it is not known. `plaintext`: the visitor's own
    connection was not TLS, or nobody says so. `proxied`: a trusted proxy passed the request on.
    `between` names an intermediary whose address may stand in the place of the visitor's.
    """

    ja4: str = ""
    plaintext: bool = True
    proxied: bool = True
    between: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks, as the catalogue knows it. A user agent is a claim, hence `proof` and its reason.

    `why` is empty where nothing was checked: in a test, in an access log.
    """

    name: str
    operator: str
    purpose: Purpose
    proof: Proof = "unverified"
    docs: str = ""
    why: str = ""
    traits: frozenset[str] = frozenset()
    """Where the request does not look like the claim, see `identify.traits`."""
    further: tuple[Purpose, ...] = ()
    """What a crawler comes for besides its main `purpose`."""
    licence: LicenceStanding = "none"
    licence_id: str = ""
    """The licence that its token belongs to, valid or not."""
    known: str = field(default="", compare=False)
    """By what it was recognised, as text: a word and the file that lists it, a list's pattern, a sign."""

    def proven(self, proof: Proof, why: str) -> Client:
        """The same with a proof: what replace() returns, in a third of its time."""
        return Client(
            *(self.name, self.operator, self.purpose, proof, self.docs, why, self.traits),
            *(self.further, self.licence, self.licence_id, self.known),
        )

    @property
    def purposes(self) -> tuple[Purpose, ...]:
        """All it comes for, the main one first."""
        return (self.purpose, *self.further)

    @property
    def comes_for(self) -> str:
        """All it comes for, as text: `search and ai-training`."""
        return " and ".join(self.purposes)


UNKNOWN = Client(name="unknown", operator="", purpose="unknown")
"""Gives a name that nobody knows."""
ANONYMOUS = Client(name="anonymous", operator="", purpose="unknown")
"""Gives no name: no user agent, or one without a letter or digit."""
NOBODY: frozenset[str] = frozenset({UNKNOWN.name, ANONYMOUS.name})
"""Names that stand for the lack of one."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What is asked for, and what says so: its path, the stance, the site's profile, a playlist or
    feed that names it, the response's head or its body.
    """

    kind: Kind
    path: str
    known_by: Literal["path", "stance", "profile", "listing", "type", "body"] = "path"
    form: Form = ""
    """How sound is handed out, where it is no plain recording."""
    track: str = ""
    """What of the path and query names the recording, where the profile says it."""

    @property
    def guarded(self) -> bool:
        """Whether a recording can be taken from it."""
        return self.kind in GUARDED_KINDS


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a client, known by its network address, has done lately.

    Counts include the request at hand. `requests` within the last minute; `recordings` (different
    ones) and `audio` (bytes served) within the last hour; `known` is how many seconds ago it was
    first seen. All zero where nothing is remembered: in a test, in an access log.
    """

    requests: int = 0
    recordings: int = 0
    audio: int = 0
    known: float = 0.0
    told: frozenset[str] = frozenset()
    """The signals it was sent: `robots`, `headers`, `files`."""
    violations: int = 0
    """Requests for what a signal it had received forbids, this one included."""
    disallowed: bool = False
    """Whether the robots.txt it was sent forbids this request."""
    on_air: float = 0.0
    """Seconds for which it has been sent live streams, pauses of ten minutes at most included."""
    live_streams: int = 0
    """Live streams that are open there, without the request at hand."""
    live_streams_in_network: int = 0
    """The same of its /24 or /48."""
    listening: Listening = NO_LISTENING
    """What was sent to its household, its network and its agent (without the request at hand)."""

    def having_heard(self, listening: Listening) -> Behaviour:
        """The same with what was sent: what replace() returns, in a third of its time."""
        return Behaviour(
            *(self.requests, self.recordings, self.audio, self.known, self.told, self.violations),
            *(self.disallowed, self.on_air, self.live_streams, self.live_streams_in_network),
            listening,
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds, for each client."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to the request.

    `action` is a word of `model.actions`, and carried out. In observe mode it is at most `log`, and `would` names the action that
    enforce mode would have carried out; else `would` is None. `rule` is the id of the rule that
    decided (empty when none did), `status` the HTTP status of a refusal. `seconds`: for `delay` how
    long the request waits, for `throttle` when the visitor may come back, for `challenge` how long its
    visitor waits without a calculation.
    """

    action: str
    rule: str = ""
    title: str = ""
    why: str = ""
    status: int = 403
    would: str | None = None
    seconds: float = 0.0
    bits: int = 0
    """How much a challenge has a browser calculate, see `marks.challenge`."""
    noted: bool = False
    """It is written down, although its action alone is not."""

    @property
    def refused(self) -> bool:
        """Whether the client gets nothing this time."""
        return self.action in REFUSING

    @property
    def delayed(self) -> bool:
        """Whether the request is let in after `seconds`."""
        return self.action in WAITING

    @property
    def logged(self) -> bool:
        """Whether it stands in the decision log."""
        return self.noted or self.action in LOGGED

    @property
    def label(self) -> str:
        """For metrics and logs: the action, or `would-block` where observe mode let it pass."""
        return f"would-{self.would}" if self.would else self.action


def host_name(authority: str) -> str:
    """`Example.org:8080` → `example.org`; an IPv6 address keeps its brackets."""
    name, colon, port = authority.strip().lower().rpartition(":")
    return name if colon and port.isdigit() else authority.strip().lower()


def as_header(text: str) -> str:
    """`text` as it arrives in a header: UTF-8, read as one character a byte.

    For user agents that come from a file or a terminal; those from the wire are so already.
    """
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def network(address: str) -> str:
    """`address` cut to its /24 or /48, so that it no longer names a household."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))
