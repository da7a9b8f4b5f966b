"""Metrics for Prometheus. Names and labels are public interface.

Labels are bounded: verdicts, purposes, resource kinds, names from the catalogue and rule ids; never
a user agent, an address or a path. Every guard has a registry of its own, so that several guards,
or a reloaded script, can live in one process.
"""

from __future__ import annotations

import sys
import threading
from importlib.metadata import version
from socketserver import BaseServer

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)

from stagedoor.errors import StagedoorError
from stagedoor.facts import Event, Kind, Proof, Purpose

_BUCKETS = (5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 5e-3, 2.5e-2)
"""Seconds. A decision is meant to take 20 µs; whatever takes 25 ms is a fault."""


class Metrics:
    """The counters of one guard."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._requests = Counter(
            "stagedoor_requests",
            "Requests decided, by verdict, purpose of the client and kind of resource.",
            ["verdict", "purpose", "resource"],
            registry=self.registry,
        )
        self._blocks = Counter(
            "stagedoor_blocks",
            "Requests refused, by name of the client and id of the rule.",
            ["crawler", "rule"],
            registry=self.registry,
        )
        self._audio_bytes = Counter(
            "stagedoor_audio_bytes",
            "Bytes of audio handed out, by purpose of the client.",
            ["purpose"],
            registry=self.registry,
        )
        self._audio_refused = Counter(
            "stagedoor_audio_requests_refused",
            "Requests for audio, playlists and downloads that were refused, by purpose.",
            ["purpose"],
            registry=self.registry,
        )
        self._decision = Histogram(
            "stagedoor_decision_seconds",
            "Time from a request's headers to the verdict.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._errors = Counter(
            "stagedoor_errors",
            "Errors inside the guard, by the step that failed and what was done with the request.",
            ["step", "outcome"],
            registry=self.registry,
        )
        self._upstream_errors = Counter(
            "stagedoor_upstream_errors",
            "Connections to the site behind the guard that failed.",
            registry=self.registry,
        )
        self._proofs = Counter(
            "stagedoor_proofs",
            "Requests whose claim can be proven, by name of the client and outcome.",
            ["crawler", "proof"],
            registry=self.registry,
        )
        self._lookups = Counter(
            "stagedoor_lookups",
            "Reverse-DNS lookups, by how they ended; dropped: too many at once.",
            ["outcome"],
            registry=self.registry,
        )
        self._fetches = Counter(
            "stagedoor_key_fetches",
            "Fetches of key directories (Web Bot Auth), by how they ended.",
            ["outcome"],
            registry=self.registry,
        )
        self._rules = Gauge("stagedoor_rules_loaded", "Rules loaded.", registry=self.registry)
        self._rules_in_force = Gauge(
            "stagedoor_rules_in_force",
            "Rules that the stance leaves in force.",
            registry=self.registry,
        )
        self._signatures = Gauge(
            "stagedoor_signatures_loaded", "Signatures loaded.", registry=self.registry
        )
        self._enforcing = Gauge(
            "stagedoor_enforcing",
            "1 when refusals are carried out, 0 in observe mode.",
            registry=self.registry,
        )
        self._notices = Counter(
            "stagedoor_notices",
            "Signals handed to crawlers: robots.txt, other files; headers once for each crawler.",
            ["crawler", "signal"],
            registry=self.registry,
        )
        self._violations = Counter(
            "stagedoor_violations",
            "Requests for what a signal, handed to that crawler before, forbids.",
            ["crawler", "signal"],
            registry=self.registry,
        )
        self._responses = Counter(
            "stagedoor_responses",
            "Responses of the site that went out, by kind of resource.",
            ["resource"],
            registry=self.registry,
        )
        self._signals = Counter(
            "stagedoor_signals",
            "Responses of the site that carried a signal in their headers, by standard.",
            ["resource", "standard"],
            registry=self.registry,
        )
        self._pages = Counter(
            "stagedoor_pages",
            "Pages looked into for tags, by what became of them.",
            ["outcome"],
            registry=self.registry,
        )
        self._unrecorded = Counter(
            "stagedoor_ledger_unrecorded",
            "Entries that the ledger could not take.",
            registry=self.registry,
        )
        self._reloads = Counter(
            "stagedoor_reloads",
            "Changes of the rules while running: loaded, or refused for mistakes in them.",
            ["outcome"],
            registry=self.registry,
        )
        for outcome in ("loaded", "refused"):
            self._reloads.labels(outcome)
        self._reload_ok = Gauge(
            "stagedoor_rules_current",
            "1 when the rules in force are those on disk, 0 when those have mistakes.",
            registry=self.registry,
        )
        self._loaded_at = Gauge(
            "stagedoor_rules_loaded_timestamp_seconds",
            "When the rules in force were loaded, in Unix time.",
            registry=self.registry,
        )
        self._build = Info("stagedoor_build", "What is running.", registry=self.registry)
        self._server: BaseServer | None = None
        self._thread: threading.Thread | None = None

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

    def notice(self, crawler: str, signal: str) -> None:
        """Count a signal that was handed to a crawler."""
        self._notices.labels(crawler, signal).inc()

    def violation(self, crawler: str, signal: str) -> None:
        """Count a request for what that signal had forbidden."""
        self._violations.labels(crawler, signal).inc()

    def response(self, resource: Kind, standards: frozenset[str]) -> None:
        """Count a response of the site, and the signals in its headers."""
        self._responses.labels(resource).inc()
        for standard in standards:
            self._signals.labels(resource, standard).inc()

    def page(self, outcome: str) -> None:
        """Count a page that was looked into for tags."""
        self._pages.labels(outcome).inc()

    def unrecorded(self, count: int) -> None:
        """Count entries that the ledger could not take."""
        self._unrecorded.inc(count)

    def reloaded(self, *, well: bool) -> None:
        """Count a change of the rules on disk, taken or not."""
        self._reloads.labels("loaded" if well else "refused").inc()
        self._reload_ok.set(well)

    def record(self, event: Event) -> None:
        """Count one decision."""
        verdict, purpose, kind = event.verdict, event.client.purpose, event.resource.kind
        self._requests.labels(verdict.label, purpose, kind).inc()
        self._decision.observe(event.seconds)
        if verdict.refused:
            self._blocks.labels(event.client.name, verdict.rule).inc()
            if event.resource.guarded:
                self._audio_refused.labels(purpose).inc()

    def audio_counter(self, purpose: Purpose) -> Counter:
        """The counter to increment by the bytes of audio a client of this purpose is sent."""
        return self._audio_bytes.labels(purpose)

    def error(self, step: str, outcome: str) -> None:
        """Count an error inside the guard; `outcome` is open, closed or unrecorded."""
        self._errors.labels(step, outcome).inc()

    def proof(self, crawler: str, proof: Proof) -> None:
        """Count how sure one claim was."""
        self._proofs.labels(crawler, proof).inc()

    def lookup(self, outcome: str) -> None:
        """Count a reverse-DNS lookup; `outcome` is one of lookups.OUTCOMES."""
        self._lookups.labels(outcome).inc()

    def fetch(self, outcome: str) -> None:
        """Count a fetch of a key directory; `outcome` says how it ended."""
        self._fetches.labels(outcome).inc()

    def upstream_error(self) -> None:
        """Count a failed connection to the site."""
        self._upstream_errors.inc()

    def serve(self, host: str, port: int) -> tuple[str, int]:
        """Serve the metrics over HTTP; returns the address (port 0 asks for a free one).

        Raises StagedoorError where the address cannot be had.
        """
        try:
            server, thread = start_http_server(port, addr=host, registry=self.registry)
        except OSError as error:
            raise StagedoorError(
                f"metrics cannot be served at {host}:{port}: {error.strerror or error} — choose "
                "another address with --set guard_metrics=HOST:PORT, or guard_metrics=off"
            ) from error
        self._server, self._thread = server, thread
        return host, server.server_port

    def close(self) -> None:
        """Stop serving; the counters keep their values."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(timeout=2)
            self._server = self._thread = None
