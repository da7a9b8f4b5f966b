"""Today in numbers: who came, who was refused, who took what. A recorder of bounded size.

Rows are kept by name and proof, as in the ledger: what a client in a crawler's disguise did is never
added to the crawler. Names come from the catalogue, never from a visitor. Of people only how many
requests there were is counted.

The guard writes from its event loop, the desk reads from a thread; a lock keeps the two apart.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import replace

from stagedoor.model.events import (
    Decided,
    Interrupted,
    MarkUsed,
    Noticed,
    Referred,
    Sounded,
    Swept,
    Took,
    Withheld,
)
from stagedoor.model.facts import PEOPLE, Client, Purpose
from stagedoor.record.audience import Audience
from stagedoor.record.day_totals import DayTotals
from stagedoor.record.distinct import Distinct
from stagedoor.record.recorders import Handlers
from stagedoor.record.refused_today import RefusedToday, cut
from stagedoor.record.today import Hour, Key, Past, Row, Today

MOST_ROWS = 4_096
"""More than the catalogue has names; what goes beyond is counted in the totals only."""
USES = 50
"""Of uses of marked links, the last ones are shown."""
MINUTES = 5
"""What counts as now."""


class Day:
    """Counts since local midnight, or since the guard started, whichever came later."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._lock = threading.Lock()
        self.totals = DayTotals(None)
        self._begun = False
        self.since = now()
        self._from_ledger = False
        self._version = 0
        self._begin(self.since)

    def _begin(self, at: float) -> None:
        """A new day."""
        if self._begun:
            self._save()
        self._begun = True
        local = time.localtime(at)
        self._date = (local.tm_year, local.tm_mon, local.tm_mday)
        self._midnight = time.mktime((*self._date, 0, 0, 0, 0, 0, -1))
        self._hour_from = self._hour_until = 0.0
        self._hour = 0
        self._rows: dict[Key, Row] = {}
        self._distinct = Distinct()
        self._requests = self._refused = self._would = self._people = self._people_refused = 0
        self._hours = [[0, 0, 0] for _ in range(24)]
        self._minutes: deque[tuple[int, Counter[Key], Counter[Purpose]]] = deque(maxlen=MINUTES)
        self._refusals = RefusedToday()
        self._rules: Counter[str] = Counter()
        self._referrals: Counter[tuple[str, str]] = Counter()
        self._kept_back = 0.0
        self._earlier = [0, 0, 0]
        self._audience = Audience()
        self._uses: deque[MarkUsed] = deque(maxlen=USES)

    @property
    def midnight(self) -> float:
        """When today began."""
        return self._midnight

    def _place(self, at: float) -> int:
        """The hour of the day; -1 for what belongs to a day before."""
        if self._hour_from <= at < self._hour_until:
            return self._hour
        local = time.localtime(at)
        date = (local.tm_year, local.tm_mon, local.tm_mday)
        if date != self._date:
            if at < self._midnight:
                return -1
            self._begin(at)
        if local.tm_hour != self._hour:
            self._save()
        self._hour = local.tm_hour
        self._hour_from = at - at % 1 - local.tm_min * 60 - local.tm_sec
        self._hour_until = self._hour_from + 3600
        return self._hour

    def _save(self) -> None:
        """What this run has counted of the day goes into the totals of days, and to the disk."""
        self._put()
        self.totals.write()

    def _put(self) -> None:
        machines, refused, people = (sum(hour[lane] for hour in self._hours) for lane in range(3))
        earlier = self._earlier
        self.totals.put(
            self._day, (machines - earlier[0], refused - earlier[1], people - earlier[2])
        )

    @property
    def _day(self) -> str:
        return "{:04d}-{:02d}-{:02d}".format(*self._date)

    def days(self, count: int) -> Mapping[str, tuple[int, int, int]]:
        """Totals of the last days, today included, the oldest first."""
        with self._lock:
            self._place(self._now())
            self._put()
            return self.totals.last(count, self._day)

    def keep(self, totals: DayTotals) -> None:
        """Count into these from now on."""
        with self._lock:
            self.totals = totals

    def _row(self, client: Client) -> Row | None:
        key = client.name, client.proof
        row = self._rows.get(key)
        if row is None and len(self._rows) < MOST_ROWS:
            row = self._rows[key] = Row(replace(client, why="", traits=frozenset()))
        return row

    # -- what happens ------------------------------------------------------------------------------

    def handlers(self) -> Handlers:
        """Decisions, notices and takings."""
        return {
            Decided: self.record,
            Interrupted: lambda event: self.interrupted(event.decided),
            Noticed: lambda event: self.notice(event.decided),
            Referred: self.referral,
            MarkUsed: self.marked_link_used,
            Took: lambda event: self.taking(event.decided, event.size, against=event.against),
            Sounded: self.sounded,
            Withheld: self.withheld,
            Swept: self.sweep,
        }

    def record(self, event: Decided) -> None:
        """One decision."""
        verdict, client = event.verdict, event.client
        refused, would = verdict.refused, verdict.would is not None
        with self._lock:
            hour = self._place(event.at)
            if hour < 0:
                return
            self._version += 1
            self._requests += 1
            self._refused += refused
            self._would += would
            if verdict.rule:
                self._rules[verdict.rule] += 1
            machines, people = self._minute(event.at)
            if client.purpose in PEOPLE and self._audience.takes(event.request.address):
                self._hours[hour][0] += 1
            elif client.purpose in PEOPLE:
                self._people += 1
                self._people_refused += refused
                self._hours[hour][2] += 1
                people[client.purpose] += 1
            else:
                self._hours[hour][0] += 1
                self._machine(event, hour, machines)
            self._hours[hour][1] += refused
            if refused or would:
                self._refusals.add(event)

    def interrupted(self, event: Decided) -> None:
        """A response was stopped: its request, counted before, is refused after all."""
        with self._lock:
            hour = self._place(event.at)
            if hour < 0:
                return
            self._version += 1
            self._refused += 1
            self._rules[event.verdict.rule] += 1
            self._hours[hour][1] += 1
            if event.client.purpose in PEOPLE:
                self._people_refused += 1
            elif (row := self._row(event.client)) is not None:
                row.refused += 1
            self._refusals.add(event)

    def withheld(self, event: Withheld) -> None:
        """Sound of a known length was refused."""
        with self._lock:
            if self._place(self._now()) >= 0:
                self._kept_back += event.seconds

    def _machine(self, event: Decided, hour: int, minute: Counter[Key]) -> None:
        row = self._row(event.client)
        if row is None:
            return
        row.knocks += 1
        row.refused += event.verdict.refused
        row.would += event.verdict.would is not None
        if event.against:
            row.against += 1
            if event.resource.guarded:
                row.track_requests += 1
                self._distinct.add((row.client.name, row.client.proof), "asked", event.request.path)
        row.hours[hour] += 1
        row.seen(event.at)
        minute[event.client.name, event.client.proof] += 1

    def _minute(self, at: float) -> tuple[Counter[Key], Counter[Purpose]]:
        minute = int(at // 60)
        if not self._minutes or self._minutes[-1][0] < minute:
            self._minutes.append((minute, Counter(), Counter()))
        return self._minutes[-1][1:]

    def notice(self, event: Decided) -> None:
        """A machine was handed a signal."""
        with self._lock:
            row = self._row(event.client) if self._place(event.at) >= 0 else None
            if row is not None:
                row.told += 1
                self._version += 1

    def sounded(self, event: Sounded) -> None:
        """Something of a recording has gone out to somebody."""
        if event.sent.first and event.client.purpose in PEOPLE:
            with self._lock:
                self._place(self._now())
                self._audience.listens(event.request.address)

    def sweep(self, event: Swept) -> None:
        """Somebody is sent more than anybody listens to."""
        with self._lock:
            if self._place(event.decided.at) >= 0:
                self._audience.sweeps(event)
                self._version += 1

    def referral(self, event: Referred) -> None:
        """An assistant or a search engine sent somebody."""
        with self._lock:
            if self._place(event.at) >= 0:
                self._referrals[event.service, event.operator] += 1
                self._version += 1

    def marked_link_used(self, event: MarkUsed) -> None:
        """A link that was handed to a machine was asked for by another client."""
        with self._lock:
            if self._place(event.decided.at) >= 0:
                self._uses.append(replace(event, decided=cut(event.decided)))
                self._version += 1

    def taking(self, event: Decided, size: int, *, against: bool) -> None:
        """A machine was handed `size` bytes of something."""
        if event.sweep is not None and event.client.purpose in PEOPLE:
            return  # it stands among the takers
        with self._lock:
            row = self._row(event.client) if self._place(event.at) >= 0 else None
            if row is not None:
                row.taken += 1
                row.taken_against += against
                if event.resource.guarded:
                    row.recordings += 1
                    row.recorded += size
                    key = row.client.name, row.client.proof
                    self._distinct.add(key, "taken", event.request.path)
                row.bytes += size
                self._version += 1

    def close(self) -> None:
        """The totals of days are written."""
        with self._lock:
            self._save()

    def add(self, past: Past, distinct: Distinct, midnight: float) -> None:
        """What the ledger knows of the same day from before the start."""
        with self._lock:
            self._place(self._now())
            if midnight != self._midnight:
                return
            for old in past.rows.values():
                row = self._row(old.client)
                if row is None:
                    continue
                for name in _COUNTS:
                    setattr(row, name, getattr(row, name) + getattr(old, name))
                row.hours = [one + two for one, two in zip(row.hours, old.hours, strict=True)]
                row.seen(old.first)
                row.seen(old.last)
            for hour, counts in zip(self._hours, past.hours, strict=True):
                machines, refused, people = counts
                hour[:] = [one + two for one, two in zip(hour, counts, strict=True)]
                self._earlier = [one + two for one, two in zip(self._earlier, counts, strict=True)]
                self._requests += machines + people
                self._refused += refused
                self._people += people
            self._people_refused += past.people_refused
            self._distinct.join(distinct)
            self._audience.join(past.takers)
            self._from_ledger = True
            self._version += 1

    # -- what is shown -----------------------------------------------------------------------------

    def counts(self) -> tuple[int, int]:
        """How many listeners there were today, and how many takers."""
        with self._lock:
            self._place(self._now())
            return self._audience.listeners, self._audience.count

    @property
    def version(self) -> int:
        """Another number means that something has happened."""
        return self._version

    def look(self) -> Today:
        """The day so far."""
        at = self._now()
        with self._lock:
            self._place(at)
            recent = [one for one in self._minutes if one[0] > at // 60 - MINUTES]
            rows = [self._look(key, row) for key, row in self._rows.items()]
            return Today(
                at=at,
                date=self._day,
                version=self._version,
                since=max(self.since, self._midnight),
                from_ledger=self._from_ledger and self.since > self._midnight,
                requests=self._requests,
                refused=self._refused,
                would=self._would,
                people=self._people,
                people_refused=self._people_refused,
                rows=tuple(sorted(rows, key=lambda r: (-r.knocks, r.client.name, r.client.proof))),
                hours=tuple(Hour(*hour) for hour in self._hours),
                now=sum((one[1] for one in recent), Counter()),
                people_now=sum((one[2] for one in recent), Counter()),
                refusals=self._refusals.last(),
                rules=dict(self._rules),
                referrals=dict(self._referrals),
                uses=tuple(reversed(self._uses)),
                listeners=self._audience.listeners,
                more_listeners=self._audience.more,
                takers=self._audience.takers(),
                taker_requests=self._audience.requests,
                groups=self._refusals.groups(),
                kept_back=self._kept_back,
            )

    def _look(self, key: Key, row: Row) -> Row:
        return replace(
            row,
            hours=list(row.hours),
            tracks=self._distinct.count(key, "asked"),
            different=self._distinct.count(key, "taken"),
            more=self._distinct.more(key),
        )


_COUNTS = (
    *("knocks", "refused", "would", "told", "against", "track_requests"),
    *("taken", "taken_against", "recordings", "recorded", "bytes"),
)
