"""Kinds of metrics that prometheus_client has not: with children kept, asked for late, and a histogram
that costs a fifth."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from prometheus_client import Counter, Gauge
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

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


class Spread(Collector):
    """A histogram without labels. Observed from one thread: the one that decides; scraped from any."""

    __slots__ = ("_bounds", "_counts", "_help", "_name", "_sum")

    def __init__(self, name: str, text: str, bounds: Sequence[float]) -> None:
        self._name, self._help = name, text
        self._bounds = tuple(sorted(float(bound) for bound in bounds))
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def collect(self) -> Iterator[Metric]:
        names = (*map(floatToGoString, self._bounds), "+Inf")
        totals = accumulate(list(self._counts))
        yield HistogramMetricFamily(
            self._name,
            self._help,
            buckets=[(name, float(total)) for name, total in zip(names, totals, strict=True)],
            sum_value=self._sum,
        )
