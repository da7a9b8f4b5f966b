"""What the ledger holds. Times are Unix milliseconds; field names are public interface.

An entry about a visit is public but for its personal parts, which stand beside the chain and can be
erased. The entry itself holds commitments to them:

    address   the full address of a client that proved nothing and was refused, or took against
              the stance; not of a person's program that only took more than anybody listens to
    visitor   of a client that proved nothing: its network (/24, /48), user agent, reason of the proof
    crawler   of a client that proved whose it is: address, user agent, reason of the proof

A proven crawler's machines are no household, so its part stays as long as the entry; the other two
age, see `Limits`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from stagedoor.model.events import Decided
from stagedoor.model.facts import network
from stagedoor.model.heard import Sweep

Kind = Literal[
    "start", "end", "publication", "notice", "taking", "refusal", "proof", "handing", "use",
    "seal", "loss", "pruning", "erasure", "summary", "thinning",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
VISITS: frozenset[Kind] = frozenset({"notice", "taking", "refusal", "proof", "summary"})
"""Entries about a client; all others are about the ledger and the site."""

TRACES: frozenset[Kind] = frozenset({"handing", "use"})
"""Entries about marked links: the visitor may be a person, and is none of the crawlers."""

Part = Literal["address", "visitor", "crawler"]
PARTS: tuple[Part, ...] = get_args(Part)

MAX_PATH = 2048
MAX_AGENT = 512
MAX_NAME = 255
"""Characters. What is longer is cut, so that no visitor decides how much is kept."""

DAY = 86_400_000
"""Milliseconds."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept, and for how long (in days).

    A claim for damages can often be brought for three years, so the ledger is kept as long.
    """

    keep: int = 1095
    max_bytes: int = 512 << 20
    address: int = 90
    visitor: int = 365
    seal_every: int = 10_000
    """Entries: pruning takes away from seal to seal, so this is also its step."""

    def ages(self) -> Sequence[tuple[Part, int]]:
        """Which parts grow too old, and after how many days."""
        return (("address", self.address), ("visitor", self.visitor))


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asked for what, as far as it is worth keeping. `path` is without a query string."""

    at: int
    client: str
    operator: str
    purpose: str
    proof: str
    method: str
    host: str
    path: str
    resource: str
    request: str = ""
    address: str = ""
    agent: str = ""
    why: str = ""
    purposes: tuple[str, ...] = ()
    """All that the client comes for, where that is more than `purpose`."""
    licence: str = ""
    """The licence that it showed and that allows this, by its id."""
    mark: str = ""
    """The serial of the mark in the link that it came by."""

    @classmethod
    def of(cls, event: Decided, request_id: str = "") -> Visit:
        """The visit that was decided about; texts that are too long are cut."""
        request, client = event.request, event.client
        return cls(
            int(event.at * 1000), client.name, client.operator, client.purpose, client.proof,
            request.method[:MAX_NAME], request.host[:MAX_NAME], request.path[:MAX_PATH],
            event.resource.kind, request_id[:MAX_NAME],
            request.address, request.agent[:MAX_AGENT], client.why[:MAX_AGENT],
            client.purposes if client.further else (),
            client.licence_id if client.licence == "valid" else "", event.mark,
        )  # fmt: skip

    def public(self) -> dict[str, Any]:
        """What stands in the chain."""
        return {
            "at": self.at,
            "client": self.client,
            "operator": self.operator,
            "purpose": self.purpose,
            "proof": self.proof,
            "method": self.method,
            "host": self.host,
            "path": self.path,
            "resource": self.resource,
            "request": self.request,
            **({"purposes": self.purposes} if self.purposes else {}),
            **({"licence": self.licence} if self.licence else {}),
            **({"mark": self.mark} if self.mark else {}),
        }

    def personal(self, *, whole: bool) -> Iterator[tuple[Part, dict[str, str]]]:
        """What stands beside the chain; `whole`: with the full address."""
        about = {"agent": self.agent, "why": self.why}
        if self.proof == "verified":
            yield "crawler", {"address": self.address, **about}
            return
        yield "visitor", {"network": network(self.address), **about}
        if whole and self.address:
            yield "address", {"address": self.address}


@dataclass(frozen=True, slots=True)
class Notice:
    """A client was handed signals: the hashes of the published texts."""

    kind: ClassVar[Kind] = "notice"
    visit: Visit
    signals: tuple[str, ...]
    status: int = 200
    whole: ClassVar[bool] = False

    def body(self) -> dict[str, Any]:
        """The public fields."""
        return {**self.visit.public(), "signals": self.signals, "status": self.status}


@dataclass(frozen=True, slots=True)
class Taking:
    """A client was handed something else, of `size` bytes; `against` says the stance forbids it."""

    kind: ClassVar[Kind] = "taking"
    visit: Visit
    status: int
    size: int
    rule: str = ""
    against: bool = False
    signals: tuple[str, ...] = ()
    """What the response itself said, in its headers."""
    sweep: Sweep | None = None
    """What its client was sent by then, where that is far more than anybody listens to."""

    @property
    def whole(self) -> bool:
        """Whether the full address is kept."""
        return self.against

    def body(self) -> dict[str, Any]:
        """The public fields."""
        return {
            **self.visit.public(),
            "status": self.status,
            "bytes": self.size,
            "rule": self.rule,
            "against": self.against,
            "signals": self.signals,
            **({"sweep": self.sweep._asdict()} if self.sweep is not None else {}),
        }


@dataclass(frozen=True, slots=True)
class Refusal:
    """A client was refused by a rule; `against`: it asked for what a signal it had received forbids."""

    kind: ClassVar[Kind] = "refusal"
    visit: Visit
    status: int
    rule: str
    against: bool = False
    whole: bool = True
    """Whether the full address is kept: not where people may only have taken too much."""

    def body(self) -> dict[str, Any]:
        """The public fields."""
        return {
            **self.visit.public(),
            "status": self.status,
            "rule": self.rule,
            "against": self.against,
        }


@dataclass(frozen=True, slots=True)
class Proved:
    """A client's claim was looked into; the outcome is the visit's `proof`, the reason its `why`."""

    kind: ClassVar[Kind] = "proof"
    visit: Visit
    whole: ClassVar[bool] = False

    def body(self) -> dict[str, Any]:
        """The public fields."""
        return self.visit.public()


@dataclass(frozen=True, slots=True)
class Handing:
    """A mark was handed out with the answer to this visit; `visit.mark` is its serial, `what` its kind."""

    kind: ClassVar[Kind] = "handing"
    visit: Visit
    what: str
    whole: ClassVar[bool] = False

    def body(self) -> dict[str, Any]:
        """The public fields."""
        return {**self.visit.public(), "what": self.what}


@dataclass(frozen=True, slots=True)
class Use:
    """A link that was handed to a machine was asked for by another client. `handed` are the public
    facts of the handing, empty where nothing is known of it any more; `near`: in the same network.
    """

    kind: ClassVar[Kind] = "use"
    visit: Visit
    what: str
    handed: Mapping[str, Any]
    near: bool
    whole: ClassVar[bool] = False

    def body(self) -> dict[str, Any]:
        """The public fields."""
        return {**self.visit.public(), "what": self.what, "handed": self.handed, "near": self.near}


@dataclass(frozen=True, slots=True)
class Publication:
    """From `at` on, `where` says the text of the hash `text`; an empty hash: nothing any more.

    `text` itself is kept once, however often it is published.
    """

    kind: ClassVar[Kind] = "publication"
    at: int
    where: str
    standard: str
    text: str

    def body(self) -> dict[str, Any]:
        """The public fields."""
        return {
            "at": self.at, "where": self.where, "standard": self.standard, "text": self.text,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """A household was refused `count` times more between `since` and `visit.at`.

    An empty address in `visit`: there were so many households that they are counted together.
    `against` and `recordings`: how many of the refusals were of what a signal they had received
    forbids, and how many of these were of recordings. `number` is the count's own, see open_counts.
    """

    kind: ClassVar[Kind] = "summary"
    visit: Visit
    since: int
    count: int
    against: int = 0
    recordings: int = 0
    number: int = 0
    whole: bool = True

    def body(self) -> dict[str, Any]:
        """The public fields; of what was asked for, only the site."""
        visit = self.visit
        return {
            "at": visit.at, "since": self.since, "of": "refusal", "count": self.count,
            "client": visit.client, "operator": visit.operator, "purpose": visit.purpose,
            "proof": visit.proof, "host": visit.host, "against": self.against,
            "recordings": self.recordings,
            **({"purposes": visit.purposes} if visit.purposes else {}),
        }  # fmt: skip


About = Notice | Taking | Refusal | Proved | Summary | Handing | Use


def started(at: int, program: str, last: int | None, site: str = "") -> dict[str, Any]:
    """The guard starts. `last`: time of the last entry where the end before was unclean.

    `site`: its address as the stance says it.
    """
    return {"kind": "start", "at": at, "program": program, "unclean_after": last, "site": site}


def ended(at: int) -> dict[str, Any]:
    """The guard ends as it should."""
    return {"kind": "end", "at": at}


def seal(at: int, first: int, last: int, head: bytes, force: InForce) -> dict[str, Any]:
    """Entries `first` to `last`, which ends with the hash `head`, are sealed.

    What is in force is said again, so that everything before a seal can go.
    """
    return {
        "kind": "seal", "at": at, "first": first, "last": last, "head": head.hex(),
        "in_force": [force[where] for where in sorted(force)],
    }  # fmt: skip


def loss(at: int, since: int, count: int, why: str) -> dict[str, Any]:
    """`count` entries could not be written down since `since`."""
    return {"kind": "loss", "at": at, "since": since, "count": count, "why": why}


def pruning(at: int, first: int, start: int, before: bytes, total: int, why: str) -> dict[str, Any]:
    """Entries `first` to `start` - 1 were taken away; `start` is a seal, and trusted from now on.

    `before` is the hash of entry `start` - 1; `total` counts all that were ever taken away.
    """
    return {
        "kind": "pruning", "at": at, "first": first, "start": start, "before": before.hex(),
        "total": total, "why": why,
    }  # fmt: skip


def erasure(
    at: int, why: str, parts: Sequence[Part], ranges: Sequence[tuple[int, int]], count: int
) -> dict[str, Any]:
    """`parts` of the entries in `ranges` (from, to; both included) were erased, `count` in all."""
    return {
        "kind": "erasure", "at": at, "why": why, "parts": parts, "ranges": ranges, "count": count,
    }  # fmt: skip


def thinning(at: int, what: str, ranges: Sequence[tuple[int, int]], count: int) -> dict[str, Any]:
    """The entries in `ranges`, all of one sort, made room for others; their digests are kept."""
    return {
        "kind": "thinning", "at": at, "why": "size", "what": what, "ranges": ranges,
        "count": count,
    }  # fmt: skip


InForce = dict[str, Mapping[str, Any]]
"""What is published where: the publications, by place."""


def follow(force: InForce, body: Mapping[str, Any]) -> None:
    """Bring `force` up to date with one more entry."""
    kind = body["kind"]
    if kind in {"start", "end"}:
        force.clear()  # a guard that does not run publishes nothing
    elif kind == "seal":
        force.clear()
        force.update((one["where"], one) for one in body["in_force"])
    elif kind == "publication":
        force.pop(body["where"], None)
        if body["text"]:
            force[body["where"]] = {
                key: body[key] for key in ("at", "where", "standard", "text")
            }  # fmt: skip


def runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as (from, to): 3, 4, 5, 9 → (3, 5), (9, 9)."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
