"""Alerts: what a person must know of at once. dashboards/runbook.md says what to do then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tools.boards.query import ANY

RUNBOOK = "runbook.md"
STORM = 100
"""Violations of one crawler in ten minutes."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One rule. `lasting`: how long the expression must hold."""

    name: str
    expression: str
    lasting: str
    severity: str
    summary: str
    description: str

    def rule(self) -> dict[str, Any]:
        """As Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": self.lasting,
            "labels": {"severity": self.severity},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook": f"{RUNBOOK}#{self.name.lower()}",
            },
        }


_UP = ANY.pick("up", job="stagedoor")
_PROVEN = ANY.pick("stagedoor_audio_taken_total", proof="verified")
_CLAIMED = ANY.pick("stagedoor_audio_taken_total", proof="!verified")
_BUILD = ANY.pick("stagedoor_build_info")
_AUDIO = ANY.rate("stagedoor_responses_total", ("instance",), "15m", resource="audio")
_SAYING = ANY.rate(
    "stagedoor_signals_total", ("instance", "standard"), "15m", resource="audio"
)  # fmt: skip


def _new(taken: str) -> str:
    """Takes recordings, and did not in the week before; quiet on Prometheus's first day."""
    return (
        f"sum by (crawler, purpose) ({taken}) > 0 unless on (crawler) "
        f"max by (crawler) (max_over_time({taken}[7d] offset 1h)) > 0 "
        f"and on () count(max_over_time({_BUILD}[1h] offset 1d)) > 0"
    )


ALERTS: tuple[Alert, ...] = (
    Alert(
        "StagedoorAbsent",
        f"{_UP} == 0 or absent({_UP})",
        "2m", "critical",
        "The guard is gone",
        "Prometheus has not reached the guard for two minutes. Visitors come to it first: most "
        "likely the site is gone with it.",
    ),
    Alert(
        "StagedoorErringOpen",
        f"{ANY.gained('stagedoor_errors_total', ('instance', 'step'), '10m', outcome='open')} > 0",
        "0m", "critical",
        "The guard lets in what it could not decide",
        "The guard failed in its step {{ $labels.step }} and let the request in, as on_error in "
        "the stance says.",
    ),
    Alert(
        "StagedoorReloadBroken",
        f"{ANY.pick('stagedoor_rules_current')} == 0",
        "1h", "warning",
        "The rules on disk have had mistakes for an hour",
        "The guard goes on with the rules it had; what was changed since is not in force.",
    ),
    Alert(
        "StagedoorNewCrawlerTakesAudio",
        _new(_PROVEN),
        "0m", "warning",
        "{{ $labels.crawler }} takes recordings, for the first time in a week",
        "{{ $labels.crawler }} ({{ $labels.purpose }}) was handed {{ $value }} recordings. If that "
        "is not meant, the stance can say so.",
    ),
    Alert(
        "StagedoorUnprovenTakesAudio",
        _new(_CLAIMED),
        "0m", "info",
        "Somebody who calls itself {{ $labels.crawler }} takes recordings, for the first time in a "
        "week",
        "Nothing proves that it is {{ $labels.crawler }} ({{ $labels.purpose }}). It was handed "
        "{{ $value }} recordings. If that is not meant, the stance can say so.",
    ),
    Alert(
        "StagedoorSweep",
        f"{ANY.gained('stagedoor_sweeps_total', ('scope', 'purpose'), '10m')} > 0",
        "0m", "warning",
        "Somebody takes more recordings than anybody can listen to",
        "It calls itself a {{ $labels.purpose }}, which proves nothing ({{ $labels.scope }}). The "
        "desk says from which network, and how many recordings in what time.",
    ),
    Alert(
        "StagedoorViolationStorm",
        f"{ANY.gained('stagedoor_violations_total', ('crawler',), '10m', proof='verified')} "
        f"> {STORM}",
        "0m", "warning",
        "{{ $labels.crawler }} asks again and again for what it was told not to take",
        '{{ $value | printf "%.0f" }} requests in ten minutes against what it had been handed.',
    ),
    Alert(
        "StagedoorLedgerNotWritten",
        f"{ANY.pick('stagedoor_ledger_writable')} == 0 or "
        f"increase({ANY.pick('stagedoor_ledger_unrecorded_total')}[10m]) > 0",
        "5m", "critical",
        "The ledger is not written",
        "Entries wait in memory or are lost; the site goes on. There is no evidence of what "
        "happens meanwhile.",
    ),
    Alert(
        "StagedoorLedgerCutBySize",
        f"increase({ANY.pick('stagedoor_ledger_removed_for_room_total')}[1h]) > 0",
        "0m", "warning",
        "The ledger is full, and entries go before their age",
        '{{ $value | printf "%.0f" }} entries made room in an hour. The chain stays whole; somebody '
        "may be flooding the site.",
    ),
    Alert(
        "StagedoorSignalsMissingFromAudio",
        f"(max by (instance) ({_SAYING}) or 0 * {_AUDIO}) / ({_AUDIO} > 0) < 0.99 "
        f"and on (instance) {ANY.pick('stagedoor_signals_said')} > 0",
        "15m", "warning",
        "Audio goes out that does not say what is allowed",
        "Only {{ $value | humanizePercentage }} of the audio responses carry the signals that the "
        "stance asks for.",
    ),
)  # fmt: skip


def groups() -> dict[str, Any]:
    """The whole file."""
    return {"groups": [{"name": "stagedoor", "rules": [alert.rule() for alert in ALERTS]}]}
