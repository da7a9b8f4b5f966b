"""Two kinds of metrics that prometheus_client has not: with children kept, and asked for late."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import Counter, Gauge
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from stagedoor.record.metric_table import METRICS

Source = Callable[[], float | None]


class Family[M: (Counter, Gauge)]:
    """A metric with labels; each of its children is looked up once."""

    __slots__ = ("_children", "_metric")

    def __init__(self, metric: M) -> None:
        self._metric: M = metric
        self._children: dict[tuple[str, ...], M] = {}

    def __call__(self, *labels: str) -> M:
        child = self._children.get(labels)
        if child is None:
            child = self._children[labels] = self._metric.labels(*labels)
        return child


class Late(Collector):
    """What is asked for when somebody scrapes; whatever answers None is left out."""

    def __init__(self) -> None:
        self.sources: dict[str, Source] = {}

    def collect(self) -> Iterator[Metric]:
        for name, source in self.sources.items():
            value = source()
            if value is None:
                continue
            row = METRICS[name]
            family = CounterMetricFamily if row.type == "counter" else GaugeMetricFamily
            yield family(name, row.help, value=value)
