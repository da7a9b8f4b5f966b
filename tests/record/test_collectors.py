"""Metrics that prometheus_client has not, held against those that it has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as open_metrics

from stagedoor.record.collectors import Spread

BOUNDS = (0.00001, 0.0005, 0.1, 1.0, 2.5)


@given(st.lists(st.sampled_from(BOUNDS) | st.floats(0, 10), max_size=30))
def test_a_spread_says_what_a_histogram_says(values: list[float]) -> None:
    theirs, ours = CollectorRegistry(), CollectorRegistry()
    usual = Histogram("waiting_seconds", "How long.", buckets=BOUNDS, registry=theirs)
    spread = Spread("waiting_seconds", "How long.", BOUNDS)
    ours.register(spread)
    for value in values:
        usual.observe(value)
        spread.observe(value)
    for written in (generate_latest, open_metrics):
        want, have = written(theirs).decode(), written(ours).decode()
        # A histogram of theirs says when it began, too, unless that is switched off.
        assert [line for line in want.splitlines() if "_created" not in line] == have.splitlines()
