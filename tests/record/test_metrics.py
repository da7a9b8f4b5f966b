"""Counters: names and labels are public interface, and nothing a visitor sends becomes a label."""

from __future__ import annotations

from dataclasses import replace

import pytest
from prometheus_client import generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from making import GPTBOT_CLIENT, REFUSED, asks, event
from stagedoor.model.events import (
    AudioSent,
    ChallengeMet,
    Handout,
    Interrupted,
    MarkHanded,
    MarkUsed,
    StreamChanged,
    Swept,
)
from stagedoor.model.facts import KINDS, PROOFS, PURPOSES, UNKNOWN, Client, Resource, Verdict
from stagedoor.model.heard import Sweep
from stagedoor.record.metric_table import LABELS, METRICS, markdown
from stagedoor.record.metrics import MOST_NAMES, OTHERS, Metrics


def used() -> Metrics:
    """Metrics with something in each."""
    metrics = Metrics()
    metrics.loaded(program="1.2", rules=31, in_force=20, signatures=1700, enforcing=True)
    metrics.record(event())
    several = Client("Timpibot", "Timpi", "seo", further=("search",))
    metrics.record(event(client=several, verdict=Verdict("allow")))
    metrics.record(event(client=UNKNOWN, verdict=Verdict("allow"), resource=Resource("page", "/")))
    licensed = replace(GPTBOT_CLIENT, licence="valid", licence_id="l1")
    metrics.record(event(client=licensed, verdict=Verdict("allow")))
    handlers = metrics.handlers()
    handlers[AudioSent](AudioSent("browser", 4096, 2.5))
    handlers[StreamChanged](StreamChanged("browser", 1))
    handlers[Interrupted](Interrupted(event(), 1000))
    metrics.withheld("ai-training", 1000, 2.5)
    metrics.taken(GPTBOT_CLIENT, "audio", against=True)
    metrics.referral("ChatGPT", "OpenAI")
    metrics.error("request", "closed")
    metrics.upstream_error()
    metrics.answered(200, 0.01)
    metrics.added(0.001)
    metrics.proof("GPTBot", "verified")
    metrics.lookup("confirmed")
    metrics.fetch("good")
    metrics.saying(2)
    metrics.notice(GPTBOT_CLIENT, "robots")
    metrics.violation(GPTBOT_CLIENT, "robots")
    metrics.response("audio", frozenset({"tdmrep"}))
    metrics.page("tagged")
    metrics.malformed("client", "host")
    metrics.closed("household")
    sweep = replace(event(), sweep=Sweep("household", 21, 1.0))
    metrics.handlers()[Swept](Swept(sweep, stopped=True, new=True))
    handout = Handout("s", "canary", 0.0, "GPTBot", "OpenAI", "ai-training", "verified", "", "/")
    metrics.handlers()[MarkHanded](MarkHanded(event(), handout))
    metrics.handlers()[MarkUsed](MarkUsed(event(), "s", "canary", handout, near=False))
    metrics.handlers()[ChallengeMet](ChallengeMet("waited"))
    for name, row in METRICS.items():
        if row.late and row.group in {"audio", "ledger", "guard"}:
            metrics.watch(name, lambda: 1)
    return metrics


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """One sample."""
    return metrics.registry.get_sample_value(name, labels)


def test_names_types_and_labels_are_as_the_table_has_them() -> None:
    text = generate_latest(used().registry).decode()
    families = [f for f in text_string_to_metric_families(text) if f.name.startswith("stagedoor_")]
    found = {
        sample.name: (family.type, family.documentation, set(sample.labels) - {"le"})
        for family in families
        for sample in family.samples
    }
    assert found == {
        series: ("gauge" if row.type == "info" else row.type, row.help, set(row.labels))
        for row in METRICS.values()
        for series in row.series
    }


def test_every_metric_says_what_it_is() -> None:
    text = generate_latest(used().registry).decode()
    families = [f for f in text_string_to_metric_families(text) if f.name.startswith("stagedoor_")]
    assert [family.name for family in families if not family.documentation] == []


def test_a_refusal_is_counted_by_verdict_crawler_and_rule() -> None:
    metrics = used()
    assert (
        value(
            metrics,
            "stagedoor_requests_total",
            verdict="block",
            purpose="ai-training",
            resource="audio",
        )
        == 1
    )
    assert value(metrics, "stagedoor_blocks_total", crawler="GPTBot", rule="ai-training-off") == 1
    assert value(metrics, "stagedoor_audio_requests_refused_total", purpose="ai-training") == 1
    assert value(metrics, "stagedoor_decision_seconds_count") == 4


def test_a_refused_page_is_no_refused_recording() -> None:
    metrics = Metrics()
    metrics.record(event(resource=Resource("page", "/")))
    assert value(metrics, "stagedoor_blocks_total", crawler="GPTBot", rule="ai-training-off") == 1
    assert value(metrics, "stagedoor_audio_requests_refused_total", purpose="ai-training") is None


def test_what_observe_mode_let_pass_is_counted_as_such_and_as_no_block() -> None:
    metrics = Metrics()
    metrics.record(event(verdict=Verdict("log", "ai-training-off", would="block")))
    assert (
        value(
            metrics,
            "stagedoor_requests_total",
            verdict="would-block",
            purpose="ai-training",
            resource="audio",
        )
        == 1
    )
    assert (
        value(metrics, "stagedoor_blocks_total", crawler="GPTBot", rule="ai-training-off") is None
    )


def test_what_is_loaded_is_told() -> None:
    metrics = used()
    assert value(metrics, "stagedoor_rules_loaded") == 31
    assert value(metrics, "stagedoor_rules_in_force") == 20
    assert value(metrics, "stagedoor_signatures_loaded") == 1700
    assert value(metrics, "stagedoor_enforcing") == 1
    metrics.loaded(program="1.2", rules=1, in_force=1, signatures=1, enforcing=False)
    assert value(metrics, "stagedoor_enforcing") == 0


def test_nothing_a_visitor_sends_becomes_a_label() -> None:
    metrics = Metrics()
    for number in range(2000):
        hostile = asks(f'Evil/{number}\n\x1b[31m"}} 1', f"/{number}/a.mp3", method=f"M{number}")
        metrics.record(event(request=hostile, client=UNKNOWN, verdict=REFUSED))
    text = generate_latest(metrics.registry).decode()
    assert "Evil" not in text
    samples = [
        s
        for f in text_string_to_metric_families(text)
        for s in f.samples
        if s.name.startswith("stagedoor_")
    ]
    assert len(samples) < 80


def test_the_number_of_series_is_bounded_by_the_vocabulary() -> None:
    metrics = Metrics()
    noted, would = Verdict("log", "a"), Verdict("log", "a", would="block")
    for verdict in (Verdict("allow"), noted, REFUSED, would):
        for kind in KINDS:
            for purpose in PURPOSES:
                client = Client("X", "", purpose)
                metrics.record(event(client=client, verdict=verdict, resource=Resource(kind, "/x")))
    (family,) = [f for f in metrics.registry.collect() if f.name == "stagedoor_requests"]
    counted = [sample for sample in family.samples if sample.name.endswith("_total")]
    assert len(counted) == 4 * len(KINDS) * len(PURPOSES)


def test_a_sample_with_signs_of_the_format_in_it_still_parses() -> None:
    metrics = Metrics()
    odd = 'Bad "bot" \\ with\nlines'
    metrics.record(event(client=Client(odd, "", "seo")))
    text = generate_latest(metrics.registry).decode()
    samples = [s for f in text_string_to_metric_families(text) for s in f.samples]
    assert any(sample.labels.get("crawler") == odd for sample in samples)


def test_two_guards_in_one_process_count_apart() -> None:
    one, two = Metrics(), Metrics()
    one.record(event())
    assert value(one, "stagedoor_decision_seconds_count") == 1
    assert value(two, "stagedoor_decision_seconds_count") == 0


def test_the_exposition_is_what_prometheus_reads_and_closing_changes_nothing() -> None:
    metrics = used()
    metrics.close()
    begun: list[str] = []
    body = b"".join(
        metrics.exposition(
            {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics", "QUERY_STRING": ""},
            lambda status, _fields, _error=None: begun.append(status),  # type: ignore[arg-type]
        )
    )
    assert begun == ["200 OK"]
    families = {family.name for family in text_string_to_metric_families(body.decode())}
    assert "stagedoor_requests" in families
    assert "process_resident_memory_bytes" in families
    assert value(metrics, "stagedoor_upstream_errors_total") == 1


def test_names_of_crawlers_are_counted_up_to_a_bound() -> None:
    metrics = Metrics()
    for number in range(MOST_NAMES + 500):
        metrics.record(event(client=Client(f"Robot {number}", "", "robot")))
    metrics.record(event(client=Client("Robot 7", "", "robot")))
    (family,) = [f for f in metrics.registry.collect() if f.name == "stagedoor_blocks"]
    counted = {sample.labels["crawler"]: sample.value for sample in family.samples}
    assert len(counted) == MOST_NAMES + 1
    assert (counted[OTHERS], counted["Robot 7"]) == (500, 2)


def test_requests_are_counted_by_operator_but_not_those_of_people() -> None:
    metrics = Metrics()
    metrics.record(event())
    metrics.record(event(client=UNKNOWN))
    metrics.record(event(client=Client("Firefox", "Mozilla", "browser")))
    (family,) = [f for f in metrics.registry.collect() if f.name == "stagedoor_operator_requests"]
    assert {(s.labels["operator"], s.labels["verdict"]): s.value for s in family.samples} == {
        ("OpenAI", "block"): 1,
        ("nobody", "block"): 1,
    }


def test_a_refusal_carries_its_id_as_an_exemplar() -> None:
    metrics = Metrics()
    metrics.record(replace(event(), id="abc-123"))
    text = openmetrics.generate_latest(metrics.registry).decode()  # type: ignore[no-untyped-call]
    (line,) = [line for line in text.splitlines() if line.startswith("stagedoor_blocks_total{")]
    assert '# {request_id="abc-123"} 1.0' in line
    assert "abc-123" not in generate_latest(metrics.registry).decode()


def test_what_is_asked_for_late_is_absent_until_there_is_something() -> None:
    metrics = Metrics()
    name, told = "stagedoor_ledger_waiting", [None, 3.0]
    assert value(metrics, name) is None
    metrics.watch(name, lambda: told[0])
    assert value(metrics, name) is None
    told.reverse()
    assert value(metrics, name) == 3
    with pytest.raises(ValueError, match="counted, not asked for"):
        metrics.watch("stagedoor_requests_total", lambda: 1)


def test_the_site_is_up_or_down_once_somebody_asked() -> None:
    metrics = Metrics()
    name = "stagedoor_upstream_up"
    assert value(metrics, name) is None
    metrics.upstream_error()
    assert value(metrics, name) == 0
    metrics.answered(502, None)
    assert value(metrics, name) == 1
    assert value(metrics, "stagedoor_upstream_responses_total", status="5xx") == 1
    assert value(metrics, "stagedoor_upstream_first_byte_seconds_count") == 0


def test_errors_begin_at_nothing() -> None:
    """An alert asks by how much they grew; what begins at one has not grown."""
    metrics = Metrics()
    assert value(metrics, "stagedoor_errors_total", step="request", outcome="open") == 0


def test_the_table_for_people_has_every_metric_and_every_label() -> None:
    text = markdown()
    for row in METRICS.values():
        assert f"| `{row.name}` | {row.type} |" in text
    used_labels = {label for row in METRICS.values() for label in row.labels}
    assert used_labels == set(LABELS)
    assert all(f"\n| `{label}` | " in text for label in LABELS)


def test_a_costume_adds_nothing_to_what_the_operator_did() -> None:
    metrics = Metrics()
    for times, proof in enumerate(PROOFS, 1):
        client = replace(GPTBOT_CLIENT, proof=proof)
        for _ in range(times):
            metrics.notice(client, "robots")
            metrics.violation(client, "robots")
            metrics.taken(client, "audio", against=True)
        who = {"crawler": "GPTBot", "proof": proof}
        assert value(metrics, "stagedoor_notices_total", **who, signal="robots") == times
        assert value(metrics, "stagedoor_violations_total", **who, signal="robots") == times
        assert value(metrics, "stagedoor_taken_against_total", **who, resource="audio") == times
        taken = value(metrics, "stagedoor_audio_taken_total", **who, purpose="ai-training")
        assert taken == times
