"""Events: everything that happens in the guard, as frozen facts for the recorders.

A front emits them; recorders (`record/`) subscribe to the kinds they care about. Nothing here has
an effect. Times are Unix seconds, sizes bytes, durations seconds, unless a field says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

from stagedoor.model.facts import Client, Kind, Proof, Purpose, Request, Resource, Verdict
from stagedoor.model.heard import Sweep
from stagedoor.model.sound import SoundSent


@dataclass(frozen=True, slots=True)
class Decided:
    """The verdict on a request is final. `at` is Unix time, `seconds` the decision's cost.

    `id` is the short name of this request: it stands on the refusal and in the decision log.
    """

    at: float
    request: Request
    client: Client
    resource: Resource
    verdict: Verdict
    seconds: float
    id: str = ""
    against: bool = False
    """The request asks for what a signal its crawler had received forbids."""
    sweep: Sweep | None = None
    """What its client was sent until then, where that is far more than anybody listens to."""
    answered: int = 0
    """The status of the guard's own answer, where it gave one; it need not be the verdict's: a player
    hears an announcement (200), a browser may ask for what it will be refused (204).
    """
    mark: str = ""
    """The serial of the mark that it showed, or was handed before."""
    direct: bool = False
    """The connection was the client's own: nobody passed the request on, as far as anybody knows."""

    @property
    def status(self) -> int:
        """The status of a refusal, as it went out."""
        return self.answered or self.verdict.status


@dataclass(frozen=True, slots=True)
class Proved:
    """A claim was looked into. `new`: this outcome is new for this client at this address."""

    decided: Decided
    new: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """A request carried a name that can be proven; `proof` is how sure it was."""

    client: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class Violated:
    """A crawler asked for what a signal it had received forbids. `line` is robots.txt's."""

    client: Client
    signal: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class Noticed:
    """A client received a signal: `robots`, `files` or `headers`, by the SHA-256 of its text."""

    decided: Decided
    signal: str
    digest: str
    status: int


@dataclass(frozen=True, slots=True)
class Referred:
    """A person came to a page from an assistant or a search engine, by their own account."""

    service: str
    operator: str
    at: float


@dataclass(frozen=True, slots=True)
class Took:
    """A response to a program has ended. `digest` is the published headers' SHA-256, or empty."""

    decided: Decided
    status: int
    size: int
    against: bool
    digest: str


@dataclass(frozen=True, slots=True)
class Handed:
    """A program is being sent content of the site."""

    client: Client
    kind: Kind
    against: bool


@dataclass(frozen=True, slots=True)
class Handout:
    """What a mark stands for (`marks/`): to whom it was handed, with what, and when (Unix time).

    `network` is a /24 or /48, empty where it is not known any more. `kind` is the mark's.
    """

    serial: str
    kind: str
    at: float
    client: str
    operator: str
    purpose: Purpose
    proof: Proof
    network: str
    path: str


@dataclass(frozen=True, slots=True)
class MarkHanded:
    """A mark was handed out with the answer to this request, for the first time."""

    decided: Decided
    handout: Handout


@dataclass(frozen=True, slots=True)
class MarkUsed:
    """A request came by a link that was handed to a machine, and from another client.

    `handout` is None where nothing is known of it any more but the mark's `serial` and `kind`.
    """

    decided: Decided
    serial: str
    kind: str
    handout: Handout | None
    near: bool
    """From the network that it was handed to."""


@dataclass(frozen=True, slots=True)
class ChallengeMet:
    """What came of a challenge: it was handed out, solved (`calculated`, `waited`), or not (`early`,
    `wrong`, `expired`, `forged`, `replayed`).
    """

    outcome: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """A refused request asked for a recording of this size and length."""

    purpose: Purpose
    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class AudioSent:
    """Audio has gone out: so many bytes, or so many seconds of sound."""

    purpose: Purpose
    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Sounded:
    """A portion of a recording has gone out to somebody."""

    request: Request
    client: Client
    sent: SoundSent


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A response that was running is stopped: what its client was sent meanwhile is refused.

    `decided` has the refusal as its verdict; the request was reported as let in before. `end` is the
    byte of the recording up to which it was sent.
    """

    decided: Decided
    end: int


@dataclass(frozen=True, slots=True)
class Swept:
    """Somebody was sent far more than anybody listens to, and has been sent, or asked for, more.

    `decided.sweep` says how much: nothing more is known where its recordings are 0. `stopped`: this
    request for more was refused. `new`: nothing was seen of it in the last hour.
    """

    decided: Decided
    stopped: bool
    new: bool


@dataclass(frozen=True, slots=True)
class StreamChanged:
    """A response with audio has begun (`change` is 1) or ended (-1)."""

    purpose: Purpose
    change: int


@dataclass(frozen=True, slots=True)
class Listened:
    """A visitor's hour is over: seconds of sound sent for each second of the clock."""

    ratio: float


@dataclass(frozen=True, slots=True)
class Published:
    """`where` publishes `text` from `at` on (Unix milliseconds); None: nothing any more."""

    where: str
    standard: str
    text: str | bytes | None
    at: int


@dataclass(frozen=True, slots=True)
class Answered:
    """The site has answered; `seconds` since the request went to it, None where that is unknown."""

    status: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Responded:
    """A response of the site goes out, carrying signals of these standards in its headers."""

    kind: Kind
    standards: frozenset[str]


@dataclass(frozen=True, slots=True)
class Spent:
    """What the guard itself cost one request, in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class PageTagged:
    """A page was looked into for tags; `outcome` says what came of it."""

    outcome: str


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A reverse-DNS look-up ended."""

    outcome: str


@dataclass(frozen=True, slots=True)
class KeysFetched:
    """A fetch of a key directory ended."""

    outcome: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Rules are in force. `standards`: in how many every response carries something."""

    program: str
    rules: int
    in_force: int
    signatures: int
    enforcing: bool
    standards: int


@dataclass(frozen=True, slots=True)
class Reloaded:
    """The rules on disk have changed, and were taken (`well`) or not."""

    well: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """The guard itself failed at `step`; `outcome` is open, closed or unrecorded."""

    step: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """So many entries could not be written into the ledger."""

    count: int


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message that cannot be used came from `side` (client, site), or mitmproxy failed (host)."""

    side: str
    fault: str


@dataclass(frozen=True, slots=True)
class ConnectionClosed:
    """A visitor's connection was closed early, or not taken."""

    reason: str


@dataclass(frozen=True, slots=True)
class SiteUnreachable:
    """A connection to the site failed."""


Event = (
    Decided
    | Proved
    | Claimed
    | Violated
    | Noticed
    | Referred
    | Interrupted
    | Took
    | Handed
    | MarkHanded
    | MarkUsed
    | ChallengeMet
    | Withheld
    | AudioSent
    | Sounded
    | Swept
    | StreamChanged
    | Listened
    | Published
    | Answered
    | Responded
    | Spent
    | PageTagged
    | LookedUp
    | KeysFetched
    | Loaded
    | Reloaded
    | Failed
    | Unrecorded
    | SiteUnreachable
    | Malformed
    | ConnectionClosed
)
EVENTS: tuple[type[Event], ...] = Event.__args__
"""Every kind there is."""
