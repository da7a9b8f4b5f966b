"""The metrics of several sites in one answer: under a label each, and readable as one text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from making import event
from stagedoor.model.events import ConnectionClosed, Failed, Reloaded
from stagedoor.record.metrics import Metrics
from stagedoor.record.metrics_of_sites import MetricsOfSites


def scraped(of: MetricsOfSites, accept: str = "") -> str:
    def start(_status: str, _headers: object, _error: object = None, /) -> Callable[..., object]:
        return lambda _: None

    asked = {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics", "HTTP_ACCEPT": accept}
    return b"".join(of.exposition()(asked, start)).decode()


def several() -> tuple[Metrics, dict[str, Metrics], MetricsOfSites]:
    whole = Metrics()
    sites = {name: Metrics(of_a_site=True) for name in ("anna", "berta")}
    registries = {name: one.registry for name, one in sites.items()}
    return whole, sites, MetricsOfSites(whole.registry, registries)


def test_each_sample_of_a_site_bears_its_name_and_is_counted_there_alone() -> None:
    _, sites, together = several()
    sites["anna"].record(event())
    sites["anna"].record(event())
    sites["berta"].record(event())
    families = {f.name: f for f in text_string_to_metric_families(scraped(together))}
    found = {s.labels["site"]: s.value for s in families["stagedoor_requests"].samples}
    assert found == {"anna": 2, "berta": 1}
    assert {s.labels["site"] for s in families["stagedoor_decision_seconds"].samples} == set(sites)


def test_what_is_of_the_whole_guard_has_no_site() -> None:
    whole, sites, together = several()
    for metrics in (whole, *sites.values()):
        for happened in (ConnectionClosed("idle"), Failed("request", "open"), Reloaded(well=False)):
            metrics.handlers()[type(happened)](happened)
    families = {f.name: f for f in text_string_to_metric_families(scraped(together))}
    closed = families["stagedoor_connections_closed"].samples
    assert [(s.labels, s.value) for s in closed] == [({"reason": "idle"}, 1)]
    current = {s.labels.get("site"): s.value for s in families["stagedoor_rules_current"].samples}
    assert current == {None: 0, "anna": 0, "berta": 0}
    failed = [s.labels.get("site") for s in families["stagedoor_errors"].samples if s.value]
    assert failed == [None, "anna", "berta"]
    assert {s.labels.get("site") for s in families["stagedoor_rules_in_force"].samples} == set(
        sites
    )
    assert "process_cpu_seconds" in families


def test_each_family_stands_once_and_openmetrics_reads_it_too() -> None:
    _, sites, together = several()
    for metrics in sites.values():
        metrics.record(replace(event(), id="K7Q29FXM"))
    text = scraped(together)
    heads = [line for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(heads) == len(set(heads))
    names = [f.name for f in openmetrics(scraped(together, "application/openmetrics-text"))]  # type: ignore[no-untyped-call]
    assert len(names) == len(set(names))


def test_a_guard_of_one_site_has_no_such_label() -> None:
    metrics = Metrics()
    metrics.record(event())
    assert all(
        "site" not in sample.labels
        for family in metrics.registry.collect()
        for sample in family.samples
    )
