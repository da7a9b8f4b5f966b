"""Metrics for Prometheus: the counters of one guard, made from the table in metric_table.py.

Every guard has a registry of its own, so that several guards, or a reloaded script, can live in one
process; several processes are scraped one by one, and added up by the reader. What is counted
with each request is looked up once and kept: a count then costs a quarter of a microsecond.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from wsgiref.types import WSGIApplication

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    make_wsgi_app,
)

from stagedoor.model import events
from stagedoor.model.facts import GUARDED_KINDS, PEOPLE, Client, Kind, Proof, Purpose
from stagedoor.record.collectors import Family, Late, Source, Spread
from stagedoor.record.metric_table import METRICS
from stagedoor.record.recorders import Handlers

MOST_NAMES = 250
"""Crawlers that are counted by name; the ledger names all. The catalogue and the patterns of the
public lists know 3,500, and somebody might try them all: then a scrape would take 0.3 s, beside the
requests. A site meets a hundred."""
OTHERS, NOBODY = "others", "nobody"
_FAILING = (
    *((step, outcome) for step in ("request", "response") for outcome in ("open", "closed")),
    *((step, "unrecorded") for step in ("decision-log", "fingerprint", "record", "reload")),
)
_CLASSES = tuple(f"{number}xx" for number in range(10))


class Metrics:
    """The counters of one guard."""

    def __init__(self, *, of_a_site: bool = False) -> None:
        """`of_a_site`: of one of several, without what the process tells of itself."""
        # A second line for every counter, which says when it began: twice the scrape, read by nobody.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        if not of_a_site:
            ProcessCollector(registry=self.registry)
            PlatformCollector(registry=self.registry)
            GCCollector(registry=self.registry)
        self._late = Late()
        self.registry.register(self._late)
        self._names: set[str] = set()
        self._up: bool | None = None
        self._make_counters()
        self._make_gauges()

    def _make_counters(self) -> None:
        self._requests = Family(self._counter("stagedoor_requests_total"))
        self._blocks = Family(self._counter("stagedoor_blocks_total"))
        self._further = Family(self._counter("stagedoor_further_purpose_requests_total"))
        self._operators = Family(self._counter("stagedoor_operator_requests_total"))
        self._responses = Family(self._counter("stagedoor_responses_total"))
        self._licensed = Family(self._counter("stagedoor_licensed_requests_total"))
        self._referrals = Family(self._counter("stagedoor_referrals_total"))
        self._marks = Family(self._counter("stagedoor_marks_handed_total"))
        self._challenges = Family(self._counter("stagedoor_challenges_total"))
        self._marked = Family(self._counter("stagedoor_marked_link_uses_total"))
        self._audio_bytes = Family(self._counter("stagedoor_audio_bytes_total"))
        self._withheld = Family(self._counter("stagedoor_audio_bytes_withheld_total"))
        self._audio_seconds = Family(self._counter("stagedoor_audio_seconds_total"))
        self._seconds_withheld = Family(self._counter("stagedoor_audio_seconds_withheld_total"))
        self._audio_refused = Family(self._counter("stagedoor_audio_requests_refused_total"))
        self._interrupted = Family(self._counter("stagedoor_audio_interrupted_total"))
        self._taken = Family(self._counter("stagedoor_audio_taken_total"))
        self._sweeps = Family(self._counter("stagedoor_sweeps_total"))
        self._sweep_requests = Family(self._counter("stagedoor_sweep_requests_total"))
        self._proofs = Family(self._counter("stagedoor_proofs_total"))
        self._lookups = Family(self._counter("stagedoor_lookups_total"))
        self._fetches = Family(self._counter("stagedoor_key_fetches_total"))
        self._notices = Family(self._counter("stagedoor_notices_total"))
        self._violations = Family(self._counter("stagedoor_violations_total"))
        self._against = Family(self._counter("stagedoor_taken_against_total"))
        self._signals = Family(self._counter("stagedoor_signals_total"))
        self._pages = Family(self._counter("stagedoor_pages_total"))
        self._unrecorded = self._counter("stagedoor_ledger_unrecorded_total")
        self._reloads = Family(self._counter("stagedoor_reloads_total"))
        self._errors = Family(self._counter("stagedoor_errors_total"))
        self._malformed = Family(self._counter("stagedoor_malformed_total"))
        self._closed = Family(self._counter("stagedoor_connections_closed_total"))
        self._upstream_errors = self._counter("stagedoor_upstream_errors_total")
        self._statuses = Family(self._counter("stagedoor_upstream_responses_total"))
        # A counter that begins at one is no increase to Prometheus: what alerts ask for is at zero.
        for outcome in ("loaded", "refused"):
            self._reloads(outcome)
        for failing in _FAILING:
            self._errors(*failing)
        for fault in ("error", "descriptors"):
            self._malformed("host", fault)

    def _make_gauges(self) -> None:
        self._streams = Family(self._gauge("stagedoor_audio_streams"))
        self._rules = self._gauge("stagedoor_rules_loaded")
        self._rules_in_force = self._gauge("stagedoor_rules_in_force")
        self._signatures = self._gauge("stagedoor_signatures_loaded")
        self._enforcing = self._gauge("stagedoor_enforcing")
        self._said = self._gauge("stagedoor_signals_said")
        self._reload_ok = self._gauge("stagedoor_rules_current")
        self._loaded_at = self._gauge("stagedoor_rules_loaded_timestamp_seconds")
        self._decision = self._histogram("stagedoor_decision_seconds")
        self._added = self._histogram("stagedoor_added_seconds")
        self._listening = self._histogram("stagedoor_listening_ratio")
        self._first_byte = self._histogram("stagedoor_upstream_first_byte_seconds")
        row = METRICS["stagedoor_build_info"]
        self._build = Info(row.name.removesuffix("_info"), row.help, registry=self.registry)
        self.watch("stagedoor_upstream_up", lambda: self._up)

    def _counter(self, name: str) -> Counter:
        row = METRICS[name]
        return Counter(name.removesuffix("_total"), row.help, row.labels, registry=self.registry)

    def _gauge(self, name: str) -> Gauge:
        row = METRICS[name]
        return Gauge(name, row.help, row.labels, registry=self.registry)

    def _histogram(self, name: str) -> Spread:
        row = METRICS[name]
        made = Spread(name, row.help, row.buckets)
        self.registry.register(made)
        return made

    def watch(self, name: str, source: Source) -> None:
        """Ask `source` for a late metric at every scrape, from whatever thread scrapes."""
        if not METRICS[name].late:
            raise ValueError(f"{name} is counted, not asked for")
        self._late.sources[name] = source

    def _name(self, crawler: str) -> str:
        if crawler in self._names:
            return crawler
        if len(self._names) >= MOST_NAMES:
            return OTHERS
        self._names.add(crawler)
        return crawler

    def loaded(
        self, *, program: str, rules: int, in_force: int, signatures: int, enforcing: bool
    ) -> None:
        """Say what is running and what it has loaded."""
        self._rules.set(rules)
        self._rules_in_force.set(in_force)
        self._signatures.set(signatures)
        self._enforcing.set(enforcing)
        self._reload_ok.set(1)
        self._loaded_at.set_to_current_time()
        self._build.info(
            {
                "version": program,
                "mitmproxy": version("mitmproxy"),
                "python": ".".join(map(str, sys.version_info[:3])),
            }
        )

    def saying(self, standards: int) -> None:
        """Say in how many standards every response carries something."""
        self._said.set(standards)

    def notice(self, client: Client, signal: str) -> None:
        """Count a signal that was handed to a crawler."""
        self._notices(self._name(client.name), client.proof, signal).inc()

    def violation(self, client: Client, signal: str) -> None:
        """Count a request for what that signal had forbidden."""
        self._violations(self._name(client.name), client.proof, signal).inc()

    def response(self, resource: Kind, standards: frozenset[str]) -> None:
        """Count a response of the site, and the signals in its headers."""
        self._responses(resource).inc()
        for standard in standards:
            self._signals(resource, standard).inc()

    def answered(self, status: int, seconds: float | None) -> None:
        """Count a response of the site; `seconds` since the request was passed on to it."""
        self._up = True
        self._statuses(_CLASSES[status // 100 % 10]).inc()
        if seconds is not None:
            self._first_byte.observe(seconds)

    def taken(self, client: Client, resource: Kind, *, against: bool) -> None:
        """Count content handed to a program; `against` a signal it had received, or not."""
        name = self._name(client.name)
        if resource in GUARDED_KINDS:
            self._taken(name, client.proof, client.purpose).inc()
        if against:
            self._against(name, client.proof, resource).inc()

    def added(self, seconds: float) -> None:
        """Take note of what the guard cost one request."""
        self._added.observe(seconds)

    def page(self, outcome: str) -> None:
        """Count a page that was looked into for tags."""
        self._pages(outcome).inc()

    def unrecorded(self, count: int) -> None:
        """Count entries that the ledger could not take."""
        self._unrecorded.inc(count)

    def reloaded(self, *, well: bool) -> None:
        """Count a change of the rules on disk, taken or not."""
        self._reloads("loaded" if well else "refused").inc()
        self._reload_ok.set(well)

    def marked_link_used(self, event: events.MarkUsed) -> None:
        """A link that was handed to a machine was asked for by another client."""
        handout, purpose = event.handout, event.decided.client.purpose
        whom = (self._name(handout.client), handout.proof) if handout else (NOBODY, "unverified")
        self._marked(*whom, purpose).inc()

    def referral(self, service: str, operator: str) -> None:
        """Count a visit that an assistant or a search engine sent."""
        self._referrals(service, operator).inc()

    def handlers(self) -> Handlers:
        """Everything that is counted."""
        return {
            events.Decided: self.record,
            events.Claimed: lambda e: self.proof(e.client, e.proof),
            events.Violated: lambda e: self.violation(e.client, e.signal),
            events.Noticed: lambda e: self.notice(e.decided.client, e.signal),
            events.Handed: lambda e: self.taken(e.client, e.kind, against=e.against),
            events.MarkHanded: lambda e: self._marks(e.handout.kind).inc(),
            events.MarkUsed: self.marked_link_used,
            events.ChallengeMet: lambda e: self._challenges(e.outcome).inc(),
            events.Referred: lambda e: self.referral(e.service, e.operator),
            events.Withheld: lambda e: self.withheld(e.purpose, e.size, e.seconds),
            events.Interrupted: lambda e: self._interrupted(e.decided.client.purpose).inc(),
            events.AudioSent: self._audio_sent,
            events.StreamChanged: lambda e: self._streams(e.purpose).inc(e.change),
            events.Listened: lambda e: self._listening.observe(e.ratio),
            events.Swept: self._swept,
            events.Answered: lambda e: self.answered(e.status, e.seconds),
            events.Responded: lambda e: self.response(e.kind, e.standards),
            events.Spent: lambda e: self.added(e.seconds),
            events.PageTagged: lambda e: self.page(e.outcome),
            events.LookedUp: lambda e: self.lookup(e.outcome),
            events.KeysFetched: lambda e: self.fetch(e.outcome),
            events.Loaded: self._loaded,
            events.Reloaded: lambda e: self.reloaded(well=e.well),
            events.Failed: lambda e: self.error(e.step, e.outcome),
            events.Unrecorded: lambda e: self.unrecorded(e.count),
            events.Malformed: lambda e: self.malformed(e.side, e.fault),
            events.ConnectionClosed: lambda e: self.closed(e.reason),
            events.SiteUnreachable: lambda _: self.upstream_error(),
        }

    def _audio_sent(self, event: events.AudioSent) -> None:
        if event.size:
            self._audio_bytes(event.purpose).inc(event.size)
        if event.seconds:
            self._audio_seconds(event.purpose).inc(event.seconds)

    def _swept(self, event: events.Swept) -> None:
        sweep, purpose = event.decided.sweep, event.decided.client.purpose
        if event.new and sweep is not None:
            self._sweeps(sweep.scope, purpose).inc()
        self._sweep_requests("refused" if event.stopped else "sent", purpose).inc()

    def _loaded(self, event: events.Loaded) -> None:
        self.loaded(
            program=event.program,
            rules=event.rules,
            in_force=event.in_force,
            signatures=event.signatures,
            enforcing=event.enforcing,
        )
        self.saying(event.standards)

    def record(self, event: events.Decided) -> None:
        """Count one decision."""
        verdict, client, kind = event.verdict, event.client, event.resource.kind
        label = verdict.label
        self._requests(label, client.purpose, kind).inc()
        if client.purpose not in PEOPLE:
            self._operators(client.operator or NOBODY, label).inc()
            for purpose in client.further:
                self._further(purpose, label).inc()
        if client.licence == "valid":
            self._licensed(client.licence_id).inc()
        self._decision.observe(event.seconds)
        if verdict.refused:
            blocks = self._blocks(self._name(client.name), verdict.rule)
            blocks.inc(exemplar={"request_id": event.id} if event.id else None)
            if event.resource.guarded:
                self._audio_refused(client.purpose).inc()

    def withheld(self, purpose: Purpose, size: int, seconds: float) -> None:
        """Count bytes of audio, and seconds of sound, that a refused request asked for."""
        self._withheld(purpose).inc(size)
        self._seconds_withheld(purpose).inc(seconds)

    def error(self, step: str, outcome: str) -> None:
        """Count an error inside the guard; `outcome` is open, closed or unrecorded."""
        self._errors(step, outcome).inc()

    def malformed(self, side: str, fault: str) -> None:
        """Count a message that cannot be used, or an error of mitmproxy."""
        self._malformed(side, fault).inc()

    def closed(self, reason: str) -> None:
        """Count a visitor's connection that was closed early, or not taken."""
        self._closed(reason).inc()

    def proof(self, crawler: str, proof: Proof) -> None:
        """Count how sure one claim was."""
        self._proofs(self._name(crawler), proof).inc()

    def lookup(self, outcome: str) -> None:
        """Count a reverse-DNS lookup; `outcome` is one of lookups.OUTCOMES."""
        self._lookups(outcome).inc()

    def fetch(self, outcome: str) -> None:
        """Count a fetch of a key directory; `outcome` says how it ended."""
        self._fetches(outcome).inc()

    def upstream_error(self) -> None:
        """Count a failed connection to the site."""
        self._up = False
        self._upstream_errors.inc()

    @property
    def exposition(self) -> WSGIApplication:
        """The metrics as Prometheus and OpenMetrics read them: a WSGI application, for a server."""
        return make_wsgi_app(self.registry)

    def close(self) -> None:
        """There is nothing to close; the counters keep their values."""
