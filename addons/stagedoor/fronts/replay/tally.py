"""Requests in, counts out: what came, what it took, and what becomes of it under the rules.

A log repeats itself: few clients, few paths. Every user agent is looked up once, every path
normalised and classified once, every combination decided once. What is remembered for that is
bounded and thrown away when full; the counts are by client, kind and verdict, and so do not grow
with the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from stagedoor.engine.order import answered, enter, judge_known, recognised
from stagedoor.engine.transaction import Transaction
from stagedoor.fronts.addresses import Proxies, networks
from stagedoor.fronts.replay.client_addresses import ClientAddresses
from stagedoor.fronts.replay.history import History, Stopped
from stagedoor.fronts.replay.log_records import (
    Aside,
    Exchange,
    Hit,
    NoRequest,
    Parse,
    Unreadable,
)
from stagedoor.fronts.replay.observed_request import Watched, looked_up
from stagedoor.model.facts import Client, Kind, Resource, Verdict
from stagedoor.resources.kinds import reclassify
from stagedoor.resources.paths import normalise
from stagedoor.rules.policy import Policy
from stagedoor.verify.edge_files import read_edges

MAX_AGENTS = 16_384
MAX_PATHS = 65_536
MAX_DECIDED = 131_072
"""Entries of the three memories. With MAX_TEXT, their worst case is some 150 MB, and a usual one a
tenth of it."""
MAX_FILES = 262_144
"""Pairs of a client and a recording it took; beyond, files are counted as "at least"."""
MAX_TEXT = 512
"""Bytes of an agent, a path and so on that are remembered; longer ones are looked at each time."""
SHOWN = 3
"""Examples that are kept: of each kind of change, and of lines that cannot be read."""

RECORDINGS: frozenset[Kind] = frozenset({"audio", "download"})
"""What counts as a recording taken. (A playlist is guarded, and is none.)"""


@dataclass(slots=True, eq=False)
class Asker:
    """Who asks, under each policy. Compared by identity, which is quick; there is one for each.

    `always` has the cell for a class of places where nothing else of a request matters;
    `looked_at` the facts of a request that have mattered elsewhere.
    """

    clients: tuple[Client, ...]
    always: dict[str, Cell] = field(default_factory=dict)
    looked_at: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """What is asked for, under each policy; `what` names the resources' class, `number` stands for
    the path among the files taken.
    """

    path: str
    resources: tuple[Resource, ...]
    what: str
    number: int
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer: all that the counts distinguish. One client, kind and verdict a policy."""

    clients: tuple[Client, ...]
    kinds: tuple[Kind, ...]
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A line as it stands in the file `place`, where `number` is its own."""

    place: str
    number: int
    text: bytes
    why: str = ""


@dataclass(slots=True, eq=False)
class Cell:
    """The counts of one outcome. `served` requests were answered 2xx, with `size` bytes."""

    files: set[int] | None
    """The recordings taken, shared by all cells of a client; None where it is about none."""
    wanted: int
    """How many more examples to keep."""
    requests: int = 0
    served: int = 0
    size: int = 0
    examples: list[Example] = field(default_factory=list)


class Tally:
    """Counts what one or two policies make of the same requests; the last is the one in question.

    `since` and `until` (Unix seconds; the second is no longer in it) leave out the rest. `trusted`
    are the proxies whose X-Forwarded-For is believed; None: those of the stance.
    """

    def __init__(
        self,
        policies: Sequence[Policy],
        *,
        since: float = float("-inf"),
        until: float = float("inf"),
        trusted: Proxies | None = None,
    ) -> None:
        self.policies = tuple(policies)
        if trusted is None:
            trusted = networks(self.policies[-1].stance.site.trusted_proxies, read_edges(None))
        self.addresses = ClientAddresses(trusted)
        self.since, self.until = since, until
        self.outcomes: dict[Outcome, Cell] = {}
        self.files: dict[str, set[int]] = {}
        """By the client's name: the recordings that it took."""
        self.files_left = MAX_FILES
        self.lines = self.no_requests = self.nameless = self.outside = self.unreadable = 0
        """Lines read; and of these, without a request, without a word about who asked, not
        between `since` and `until`, not understood."""
        self.others = 0
        """Requests that are for another of several sites (site_tally.py), and not in `lines`."""
        self.first, self.last = float("inf"), float("-inf")
        self.troubles: list[Example] = []
        self._history = History(self.policies)
        self._askers: dict[tuple[Client, ...], Asker] = {}
        self._by_agent: dict[bytes, Asker] = {}
        self._by_target: dict[bytes, Place] = {}
        self._by_type: dict[tuple[bytes, str], Place] = {}
        self._decided: dict[tuple[object, ...], Cell] = {}

    @property
    def found(self) -> int:
        """Lines with a request, also those that are not judged."""
        return self.lines - self.unreadable - self.no_requests

    @property
    def stopped(self) -> Sequence[Stopped]:
        """Who would have been stopped by the last policy's rules about listening."""
        return self._history.stopped

    # -- lines: a million of them in a few seconds ---------------------------------------------

    def take_lines(self, lines: Sequence[bytes], parse: Parse, place: str, number: int) -> None:
        """Count lines of the file `place`; the first of them has the given number."""
        since, until, counting = self.since, self.until, self._history.needed
        listening = self._history.listens
        by_agent, by_target = self._by_agent, self._by_target
        addresses = self.addresses
        first, last = self.first, self.last
        self.lines += len(lines)
        for number, line in enumerate(lines, number):  # noqa: B020, PLR1704 (it goes on counting)
            hit = parse(line)
            if type(hit) is not Hit:
                self._odd(hit, line, place, number)
                continue
            at, address, method, _, target, status, size, agent, content_type = hit
            if b"," in address:
                address = addresses.resolve(address)
                hit = hit._replace(address=address)
            if not addresses.different:
                addresses.note(address)
            if agent is None:
                self.nameless += 1
                continue
            if not since <= at < until:
                self.outside += 1
                continue
            if at > last:  # noqa: PLR1730 (max() takes three times as long)
                last = at
            if at < first and at:
                first = at
            if b"?" in target:
                target = target.partition(b"?")[0]
            asker = by_agent.get(agent) or self._asker(agent)
            if content_type:
                found = self._typed(target, content_type)
            else:
                found = by_target.get(target) or self._place(target)
            if counting or (listening and found.guarded):
                cell = self._counted(hit, asker, found)
            else:
                cell = asker.always.get(found.what) or self._cell_for(hit, asker, found)
            cell.requests += 1
            if 200 <= status < 300 and method != b"HEAD":
                cell.served += 1
                cell.size += size
                if cell.files is not None and found.number not in cell.files:
                    self._taken(cell.files, found.number)
            if cell.wanted:
                self._keep(cell, Example(place, number, line))
        self.first, self.last = first, last

    def take(self, found: Exchange | Unreadable, place: str, number: int) -> None:
        """Count one exchange of a capture: judged with all its headers, and so each for itself."""
        self.lines += 1
        if isinstance(found, Unreadable):
            self._trouble(found, b"", place, number)
            return
        if not self.since <= found.at < self.until:
            self.outside += 1
            return
        self.first, self.last = min(self.first, found.at), max(self.last, found.at)
        served = 200 <= found.status < 300 and found.request.method != "HEAD"
        transactions = [_entered(policy, found) for policy in self.policies]
        verdicts = self._history.decide(transactions, found.at, found.size if served else 0)
        clients = tuple(transaction.client for transaction in transactions)
        resources = tuple(transaction.resource for transaction in transactions)
        cell = self._cell(clients, resources, verdicts)
        cell.requests += 1
        if served:
            cell.served += 1
            cell.size += found.size
            if cell.files is not None:
                self._taken(cell.files, hash(found.request.path))
        if cell.wanted:
            asked = f"{found.request.method} {found.request.target} {found.request.agent}"
            self._keep(cell, Example(place, number, asked.encode("latin-1", "replace")))

    # -- what comes rarely -----------------------------------------------------------------

    def _odd(self, found: object, line: bytes, place: str, number: int) -> None:
        if not line.strip():
            self.lines -= 1
        elif isinstance(found, NoRequest):
            self.no_requests += 1
        elif isinstance(found, Aside):
            self.lines -= 1
        elif isinstance(found, Unreadable):
            self._trouble(found, line, place, number)

    def _trouble(self, found: Unreadable, line: bytes, place: str, number: int) -> None:
        self.unreadable += 1
        if len(self.troubles) < SHOWN:
            self.troubles.append(Example(place, number, line[:MAX_TEXT], found.why))

    def _asker(self, agent: bytes) -> Asker:
        text = agent.decode("latin-1").strip()
        found = self._one(tuple(policy.identify(text) for policy in self.policies))
        if len(agent) <= MAX_TEXT:
            if len(self._by_agent) >= MAX_AGENTS:
                self._by_agent.clear()
            self._by_agent[agent] = found
        return found

    def _one(self, clients: tuple[Client, ...]) -> Asker:
        return self._askers.setdefault(clients, Asker(clients))

    def _place(self, target: bytes) -> Place:
        text = target.decode("latin-1")
        path = normalise(text)
        found = _place(path, tuple(policy.classify(path, text) for policy in self.policies))
        if len(target) <= MAX_TEXT:
            if len(self._by_target) >= MAX_PATHS:
                self._by_target.clear()
            self._by_target[target] = found
        return found

    def _typed(self, target: bytes, content_type: str) -> Place:
        """The place in the light of the response's type."""
        known = self._by_type.get((target, content_type))
        if known is not None:
            return known
        plain = self._by_target.get(target) or self._place(target)
        found = _place(plain.path, tuple(reclassify(r, content_type) for r in plain.resources))
        if max(len(target), len(content_type)) <= MAX_TEXT:
            if len(self._by_type) >= MAX_PATHS:
                self._by_type.clear()
            self._by_type[target, content_type] = found
        return found

    def _counted(self, hit: Hit, asker: Asker, place: Place) -> Cell:
        """The cell of a request, where rules ask what its client had done before: decided alone."""
        taken = hit.size if 200 <= hit.status < 300 and hit.method != b"HEAD" else 0
        request = Watched(hit, place.path)
        transactions = [
            recognised(policy, request, client, resource)
            for policy, client, resource in zip(
                self.policies, asker.clients, place.resources, strict=True
            )
        ]
        verdicts = self._history.decide(transactions, hit.at, taken)
        return self._cell(asker.clients, place.resources, verdicts)

    def _cell_for(self, hit: Hit, asker: Asker, place: Place) -> Cell:
        """The cell of a request; decided anew only where something is new that matters.

        What a decision looks at is not written down anywhere here, but watched: one that has looked
        at nothing of the request but client and kind is the same for every such request, one that
        has looked at the path is the same for every request with that path, and so on.
        """
        what = place.what
        looked_at = asker.looked_at.get(what)
        if looked_at is not None:
            known = self._decided.get(_key(looked_at, hit, asker, place))
            if known is not None:
                return known
        request = Watched(hit, place.path)
        verdicts = tuple(
            judge_known(policy, request, client, resource).verdict
            for policy, client, resource in zip(
                self.policies, asker.clients, place.resources, strict=True
            )
        )
        seen = request.looked_at()
        cell = self._cell(asker.clients, place.resources, verdicts)
        if not seen:
            asker.always[what] = cell
            return cell
        looked_at = asker.looked_at[what] = tuple(sorted(seen.union(looked_at or ())))
        key = _key(looked_at, hit, asker, place)
        if all(len(fact) <= MAX_TEXT for fact in key[2:]):
            if len(self._decided) >= MAX_DECIDED:
                self._decided.clear()
            self._decided[key] = cell
        return cell

    def _cell(
        self,
        clients: tuple[Client, ...],
        resources: tuple[Resource, ...],
        verdicts: tuple[Verdict, ...],
    ) -> Cell:
        # A throttled request's seconds are its own; counted is by rule.
        told = tuple(replace(v, seconds=0.0) if v.seconds else v for v in verdicts)
        outcome = Outcome(clients, tuple(resource.kind for resource in resources), told)
        cell = self.outcomes.get(outcome)
        if cell is None:
            taken = outcome.kinds[-1] in RECORDINGS
            cell = self.outcomes[outcome] = Cell(
                self.files.setdefault(clients[-1].name, set()) if taken else None,
                SHOWN if changes(outcome) else 0,
            )
        return cell

    def _taken(self, files: set[int], number: int) -> None:
        if self.files_left and number not in files:
            files.add(number)
            self.files_left -= 1

    def _keep(self, cell: Cell, example: Example) -> None:
        cell.wanted -= 1
        cell.examples.append(example)


def _entered(policy: Policy, found: Exchange) -> Transaction:
    """The exchange as it came in, with the type that it was answered with."""
    transaction = Transaction(policy, found.request, found.arrival)
    enter(transaction)
    if found.content_type:
        answered(transaction, reclassify(transaction.resource, found.content_type))
    return transaction


def _place(path: str, resources: tuple[Resource, ...]) -> Place:
    what = " ".join(f"{resource.kind}/{resource.known_by}" for resource in resources)
    guarded = any(resource.guarded for resource in resources)
    return Place(path, resources, what, hash(path), guarded)


def _key(looked_at: tuple[str, ...], hit: Hit, asker: Asker, place: Place) -> tuple[Any, ...]:
    return (asker, place.what, *looked_up(looked_at, hit, place.path))


def changes(outcome: Outcome) -> bool:
    """Whether the policies would not do the same with it."""
    done = {(verdict.label, verdict.status) for verdict in outcome.verdicts}
    return len(done) > 1
