"""Every metric there is, in one table. Names and labels are public interface.

metrics.py makes the counters from it, the README's table is written from it, and the boards and
alerts in dashboards/ can name nothing that does not stand here.

Labels are bounded: words of `facts` and `actions`, names and operators from the catalogue, names of patterns of
the second look, rule ids; never a user agent, an address or a path. Units are base units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from stagedoor.model.actions import words

Type = Literal["counter", "gauge", "histogram", "info"]
Group = Literal[
    "requests", "audio", "identity", "compliance", "ledger", "rules", "guard", "site", "watch"
]

DECISION = (5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 5e-3, 2.5e-2)
"""Seconds. A decision is meant to take 20 µs; whatever takes 25 ms is a fault."""
ADDED = (5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 5e-2, 0.25)
RATIO = (0.01, 0.05, 0.25, 0.5, 1.0, 2.0, 5.0, 20.0, 100.0)
FIRST_BYTE = (1e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One row. `name` is as Prometheus knows it: counters end in `_total`, information in `_info`.

    `late`: it is asked for by a scrape, and absent where there is nothing to report.
    """

    name: str
    type: Type
    group: Group
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    late: bool = False

    @property
    def series(self) -> tuple[str, ...]:
        """The names that an expression may use."""
        if self.type == "histogram":
            return tuple(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))
        return (self.name,)


_TABLE: tuple[Metric, ...] = (
    # -- who comes, and what becomes of it
    Metric(
        "stagedoor_requests_total", "counter", "requests",
        "Requests decided, by verdict, purpose of the client and kind of resource.",
        ("verdict", "purpose", "resource"),
    ),
    Metric(
        "stagedoor_blocks_total", "counter", "requests",
        "Requests refused, by name of the client and id of the rule. "
        "In OpenMetrics with the last refusal's id as exemplar.",
        ("crawler", "rule"),
    ),
    Metric(
        "stagedoor_further_purpose_requests_total", "counter", "requests",
        "Requests of crawlers that come for several things, once for each purpose besides the main "
        "one, and verdict. All other metrics count by the main purpose.",
        ("purpose", "verdict"),
    ),
    Metric(
        "stagedoor_operator_requests_total", "counter", "requests",
        "Requests of crawlers, by who operates them, and verdict.",
        ("operator", "verdict"),
    ),
    Metric(
        "stagedoor_licensed_requests_total", "counter", "requests",
        "Requests that were let in because of a licence, by its id.",
        ("licence",),
    ),
    Metric(
        "stagedoor_referrals_total", "counter", "requests",
        "Visits of people to pages that an assistant or a search engine sent, as Referer or "
        "utm_source say.",
        ("service", "operator"),
    ),
    Metric(
        "stagedoor_responses_total", "counter", "requests",
        "Responses of the site that went out, by kind of resource.",
        ("resource",),
    ),
    Metric(
        "stagedoor_marks_handed_total", "counter", "requests",
        "Marks handed out: passes by what they came with, and canaries.", ("kind",),
    ),
    Metric(
        "stagedoor_challenges_total", "counter", "requests",
        "Challenges for pages, by outcome: handed, then calculated or waited where one was solved, "
        "early, wrong, expired, forged or replayed where not.",
        ("outcome",),
    ),
    Metric(
        "stagedoor_marked_link_uses_total", "counter", "requests",
        "Links handed to a machine that another client asked for, by who was handed them and what the "
        "other comes for.",
        ("handed_to", "proof", "purpose"),
    ),
    # -- recordings
    Metric(
        "stagedoor_audio_bytes_total", "counter", "audio",
        "Bytes of audio handed out, by purpose of the client.",
        ("purpose",),
    ),
    Metric(
        "stagedoor_audio_bytes_withheld_total", "counter", "audio",
        "Bytes of audio that refused requests asked for, where the size is known: from the site's "
        "response, or from an earlier one for the same path. A lower bound; requests for a part "
        "(Range) or for headers alone (HEAD) are left out.",
        ("purpose",),
    ),
    Metric(
        "stagedoor_audio_requests_refused_total", "counter", "audio",
        "Requests for audio, playlists and downloads that were refused, by purpose.",
        ("purpose",),
    ),
    Metric(
        "stagedoor_audio_interrupted_total", "counter", "audio",
        "Responses with a recording that were stopped while they ran, because of what their client "
        "was sent meanwhile, by purpose. The requests were let in, and count as that.",
        ("purpose",),
    ),
    Metric(
        "stagedoor_audio_taken_total", "counter", "audio",
        "Successful responses with a recording, playlist or download to programs without a person "
        "in front of them, by name and how sure that is.",
        ("crawler", "proof", "purpose"),
    ),
    Metric(
        "stagedoor_audio_seconds_total", "counter", "audio",
        "Seconds of sound handed out, by purpose: estimated from the head of each file as it "
        "passes; files whose head does not tell are left out.",
        ("purpose",),
    ),
    Metric(
        "stagedoor_audio_seconds_withheld_total", "counter", "audio",
        "Seconds of sound that refused requests asked for, where an earlier response for the same "
        "path showed how long it is. A lower bound, like the bytes.",
        ("purpose",),
    ),
    Metric(
        "stagedoor_listening_ratio", "histogram", "audio",
        "Seconds of sound sent to one address in one hour of the clock, by 3600; counted when the "
        "next hour begins. Above 1 nobody listens to all of it.", buckets=RATIO,
    ),
    Metric(
        "stagedoor_audio_streams", "gauge", "audio",
        "Responses with audio that are being sent just now, by purpose of the client.",
        ("purpose",),
    ),
    Metric(
        "stagedoor_sweeps_total", "counter", "audio",
        "Times that somebody was sent more than anybody can listen to, by the numbers under "
        "listening in the stance, whatever it calls itself; one that goes on counts once an hour.",
        ("scope", "purpose"),
    ),
    Metric(
        "stagedoor_sweep_requests_total", "counter", "audio",
        "What those asked for from then on: responses with audio that they were sent, and requests "
        "that were refused.",
        ("outcome", "purpose"),
    ),
    Metric(
        "stagedoor_listeners_today", "gauge", "audio",
        "Addresses at which people's programs were sent audio since midnight, without the takers'.",
        late=True,
    ),
    Metric(
        "stagedoor_takers_today", "gauge", "audio",
        "Visitors, and networks of visitors, that were sent more than anybody can listen to since "
        "midnight.", late=True,
    ),
    # -- identity
    Metric(
        "stagedoor_proofs_total", "counter", "identity",
        "Requests whose claim can be proven, by name of the client and outcome.",
        ("crawler", "proof"),
    ),
    Metric(
        "stagedoor_lookups_total", "counter", "identity",
        "Reverse-DNS lookups, by how they ended; dropped: too many at once.",
        ("outcome",),
    ),
    Metric(
        "stagedoor_key_fetches_total", "counter", "identity",
        "Fetches of key directories (Web Bot Auth), by how they ended.",
        ("outcome",),
    ),
    # -- told, and took all the same
    Metric(
        "stagedoor_notices_total", "counter", "compliance",
        "Signals handed to crawlers: robots.txt, other files; headers once for each crawler.",
        ("crawler", "proof", "signal"),
    ),
    Metric(
        "stagedoor_violations_total", "counter", "compliance",
        "Requests for what a signal, handed to that crawler before, forbids; refused or not. What "
        "an unproven client does says nothing about the operator of that name.",
        ("crawler", "proof", "signal"),
    ),
    Metric(
        "stagedoor_taken_against_total", "counter", "compliance",
        "Violations that were answered with content anyway, by name, how sure "
        "that is, and kind of resource.",
        ("crawler", "proof", "resource"),
    ),
    Metric(
        "stagedoor_signals_total", "counter", "compliance",
        "Responses of the site that carried a signal in their headers, by standard.",
        ("resource", "standard"),
    ),
    Metric(
        "stagedoor_signals_said", "gauge", "compliance",
        "Standards in which the stance says something in the headers of every response.",
    ),
    Metric(
        "stagedoor_pages_total", "counter", "compliance",
        "Pages looked into for tags, by what became of them.",
        ("outcome",),
    ),
    # -- the ledger
    Metric(
        "stagedoor_ledger_entries_total", "counter", "ledger",
        "Entries written to the ledger since the guard started.", late=True,
    ),
    Metric(
        "stagedoor_ledger_unrecorded_total", "counter", "ledger",
        "Entries that the ledger could not take.",
    ),
    Metric(
        "stagedoor_ledger_waiting", "gauge", "ledger",
        "Entries that wait in memory for the disk.", late=True,
    ),
    Metric(
        "stagedoor_ledger_writable", "gauge", "ledger",
        "1 when the last attempt to write stood, 0 when it failed.", late=True,
    ),
    Metric(
        "stagedoor_ledger_summarised_total", "counter", "ledger",
        "Refusals that the ledger only counts: of one household beyond so many an hour.", late=True,
    ),
    Metric(
        "stagedoor_ledger_removed_for_room_total", "counter", "ledger",
        "Entries that went before their age because the ledger was full.", late=True,
    ),
    Metric(
        "stagedoor_ledger_bytes", "gauge", "ledger",
        "Size of the ledger's file, without what still waits in the log beside it.", late=True,
    ),
    Metric(
        "stagedoor_ledger_sealed_timestamp_seconds", "gauge", "ledger",
        "When this guard last set a seal, in Unix time; absent before the first.", late=True,
    ),
    # -- rules
    Metric("stagedoor_rules_loaded", "gauge", "rules", "Rules loaded."),
    Metric(
        "stagedoor_rules_in_force", "gauge", "rules",
        "Rules that the stance leaves in force.",
    ),
    Metric("stagedoor_signatures_loaded", "gauge", "rules", "Signatures loaded."),
    Metric(
        "stagedoor_enforcing", "gauge", "rules",
        "1 when refusals are carried out, 0 in observe mode.",
    ),
    Metric(
        "stagedoor_reloads_total", "counter", "rules",
        "Changes of the rules while running: loaded, or refused for mistakes in them.",
        ("outcome",),
    ),
    Metric(
        "stagedoor_rules_current", "gauge", "rules",
        "1 when the rules in force are those on disk, 0 when those have mistakes.",
    ),
    Metric(
        "stagedoor_rules_loaded_timestamp_seconds", "gauge", "rules",
        "When the rules in force were loaded, in Unix time.",
    ),
    # -- the guard itself
    Metric(
        "stagedoor_decision_seconds", "histogram", "guard",
        "Time from a request's headers to the verdict.", buckets=DECISION,
    ),
    Metric(
        "stagedoor_added_seconds", "histogram", "guard",
        "Time the guard spent on a request: decision, headers both ways; without the proxy around "
        "it, and without delays that a rule asks for.", buckets=ADDED,
    ),
    Metric(
        "stagedoor_errors_total", "counter", "guard",
        "Errors inside the guard, by the step that failed and what was done with the request.",
        ("step", "outcome"),
    ),
    Metric(
        "stagedoor_malformed_total", "counter", "guard",
        "Messages that cannot be used as they are, and errors of mitmproxy: by who made the mistake "
        "and which. Visitors' are answered 400, 413, 414 or 431, the site's 502, the host's 500.",
        ("side", "fault"),
    ),
    Metric(
        "stagedoor_connections", "gauge", "guard",
        "Connections of visitors that are open.", late=True,
    ),
    Metric(
        "stagedoor_connections_unfinished", "gauge", "guard",
        "Those that have not sent a complete request yet.", late=True,
    ),
    Metric(
        "stagedoor_connections_limit", "gauge", "guard",
        "How many there may be.", late=True,
    ),
    Metric(
        "stagedoor_connections_closed_total", "counter", "guard",
        "Connections of visitors that were closed early or not taken, by reason.",
        ("reason",),
    ),
    # -- clients that are turned away in the kernel; absent without --firewall
    Metric(
        "stagedoor_firewall_households", "gauge", "guard",
        "Addresses, and networks of IPv6, that the firewall turns away just now.", late=True,
    ),
    Metric(
        "stagedoor_firewall_packets_total", "counter", "guard",
        "Packets that the firewall has turned away: one for each attempt to connect, mostly.",
        late=True,
    ),
    # -- a memory that several guards share; absent without one
    Metric(
        "stagedoor_store_up", "gauge", "guard",
        "1 when the shared store answered last time, 0 when this guard counts for itself.",
        late=True,
    ),
    Metric(
        "stagedoor_store_guards", "gauge", "guard",
        "Guards that share the store, this one included.", late=True,
    ),
    Metric(
        "stagedoor_store_batches_total", "counter", "guard",
        "Batches of questions and changes that the shared store has answered.", late=True,
    ),
    Metric(
        "stagedoor_store_seconds_total", "counter", "guard",
        "Seconds that it took for that.", late=True,
    ),
    Metric(
        "stagedoor_store_away_total", "counter", "guard",
        "Questions that were answered from this guard's memory alone, because the shared store was "
        "away.", late=True,
    ),
    Metric(
        "stagedoor_store_late_total", "counter", "guard",
        "The same, because it did not answer in time.", late=True,
    ),
    Metric(
        "stagedoor_store_lost_total", "counter", "guard",
        "Changes that other guards never heard of, because the shared store was away for too long, "
        "and changes of theirs that nobody understands.", late=True,
    ),
    Metric(
        "stagedoor_build_info", "info", "guard",
        "What is running.",
        ("version", "mitmproxy", "python"),
    ),
    # -- the site behind
    Metric(
        "stagedoor_upstream_errors_total", "counter", "site",
        "Connections to the site behind the guard that failed.",
    ),
    Metric(
        "stagedoor_upstream_up", "gauge", "site",
        "1 when the site answered last time, 0 when no connection was to be had; absent before "
        "anybody asked.", late=True,
    ),
    Metric(
        "stagedoor_upstream_responses_total", "counter", "site",
        "Responses of the site, by class of status: 2xx, 3xx, 4xx, 5xx.",
        ("status",),
    ),
    Metric(
        "stagedoor_upstream_first_byte_seconds", "histogram", "site",
        "Time from passing a request on to the head of the site's response.", buckets=FIRST_BYTE,
    ),
)  # fmt: skip

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _TABLE}

STANDARD: tuple[str, ...] = (
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
)
"""Of what every Python program reports about itself: what the boards use."""

LABELS: Mapping[str, str] = {
    "crawler": "name from the catalogue or of a pattern of the second look; `others` after "
    "250 different ones",
    "licence": "its id, as `stagedoor licence list` shows it",
    "service": "name of an assistant or search engine in `rules/referrers.yaml`",
    "operator": "from the catalogue; `nobody` where it names none",
    "purpose": "`ai-training`, `search`, `browser` … (the catalogue's words)",
    "verdict": ", ".join(f"`{word}`" for word in words()) + "; `would-block` … in observe mode",
    "resource": "`audio`, `playlist`, `download`, `feed`, `page`, `image`, `asset`, `api`, "
    "`signal`, `other`",
    "rule": "id of the rule",
    "proof": "`verified`, `unverified`, `spoofed`",
    "signal": "`robots`, `headers`, `files`",
    "standard": "`content-usage`, `tdmrep` … (what the header says it in)",
    "step": "what failed; `request` and `response` are those a visitor notices",
    "scope": "`household` (one address) or `network` (its /24 or /48, together)",
    "outcome": "how it ended; of sweeps `sent`, `refused`; of errors `open` (let pass), `closed` (503), `unrecorded`",
    "side": "`client` (the visitor), `site`, `host` (mitmproxy)",
    "fault": "`head`, `head-size`, `host`, `method`, `target`, `target-length`, `body-size`, "
    "`unknown-host` (no site's name) of visitors; `head`, `head-size`, `framing`, `no-answer`, `connection` of the site; `error`, "
    "`descriptors` of the host",
    "reason": "`household` and `room` (too many), `head` and `idle` (too long), `descriptors`",
    "kind": "`page`, `feed`, `playlist`, `challenge` (passes), `bought`, `canary`",
    "handed_to": "a name of the catalogue, `others`, or `nobody` where the ledger does not know",
    "status": "`1xx` to `5xx`",
    "version": "of Stagedoor",
    "mitmproxy": "its version",
    "python": "its version",
}
"""What a label's values may be."""

BEGIN, END = (
    "<!-- metrics: begin (tools/build_dashboards.py writes this) -->",
    "<!-- metrics: end -->",
)


def markdown(metrics: Iterable[Metric] = _TABLE) -> str:
    """The table for people, with what the labels mean below it."""
    rows = ["| Metric | Type | Labels | What it tells |", "|---|---|---|---|"]
    used: dict[str, None] = {}
    for metric in metrics:
        used.update(dict.fromkeys(metric.labels))
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        rows.append(f"| `{metric.name}` | {metric.type} | {labels} | {metric.help} |")
    rows += ["", "| Label | Values |", "|---|---|"]
    rows += [f"| `{label}` | {LABELS[label]} |" for label in used]
    return "\n".join(rows) + "\n"
