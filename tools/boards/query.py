"""PromQL, put together so that it cannot name a metric or a label that does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stagedoor.platforms.watch_metrics import WATCH_METRICS
from stagedoor.record.metric_table import METRICS, STANDARD
from stagedoor.record.metrics_of_sites import OF_THE_GUARD

_LABELS: dict[str, tuple[str, ...]] = {
    **{name: row.labels for row in METRICS.values() for name in row.series},
    **{name: row.labels for row in WATCH_METRICS.values() for name in row.series},
    **dict.fromkeys(STANDARD, ()),
    "up": (),
}
_OF_A_GUARD = {name for row in METRICS.values() for name in row.series}
_ALWAYS = ("job", "instance", "site")
"""Labels that Prometheus adds, and the one that a guard of several sites adds."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which guards are meant: matchers that stand in every selector, and those that stand where a metric
    is counted by site (a label that is absent matches `.*`, so a guard of one site is among them).
    """

    matchers: tuple[str, ...] = ()
    of_sites: tuple[str, ...] = ()

    def pick(self, name: str, **labels: str) -> str:
        """A selector. A value that begins with ~ is an expression, with ! an exception.

        KeyError for a metric, ValueError for a label that does not exist.
        """
        _check(name, labels)
        told = [*self.matchers, *(self.of_sites if _by_site(name) else ())]
        for label, value in labels.items():
            sign = {"~": "=~", "!": "!="}.get(value[:1], "=")
            told.append(f'{label}{sign}"{value.lstrip("~!")}"')
        return f"{name}{{{','.join(told)}}}" if told else name

    def total(self, name: str, by: Sequence[str] = (), **labels: str) -> str:
        """The sum over all guards."""
        return f"{_sum(name, by)} ({self.pick(name, **labels)})"

    def rate(
        self, name: str, by: Sequence[str] = (), window: str = "$__rate_interval", **labels: str
    ) -> str:
        """How much a second."""
        return f"{_sum(name, by)} (rate({self.pick(name, **labels)}[{window}]))"

    def gained(
        self, name: str, by: Sequence[str] = (), window: str = "$__range", **labels: str
    ) -> str:
        """How much in all of the window.

        increase() alone does not see what a counter begins with, and a crawler's counter begins
        with its first request: a client that came once would never have come.
        """
        one = self.pick(name, **labels)
        return (
            f"{_sum(name, by)} (({one} unless {one} offset {window}) or increase({one}[{window}]))"
        )

    def quantile(self, share: float, name: str, window: str = "$__rate_interval") -> str:
        """The value below which this share of a histogram lies."""
        return f"histogram_quantile({share}, {self.rate(f'{name}_bucket', ('le',), window)})"


BOARD = Scope(('job=~"$job"', 'instance=~"$instance"'), ('site=~"$site"',))
ANY = Scope()


def top(count: int, expression: str) -> str:
    """The largest, without those at nothing."""
    return f"topk({count}, {expression} > 0)"


def or_zero(expression: str) -> str:
    """For a sum over everything: nothing has happened, which is a figure as well."""
    return f"({expression}) or vector(0)"


def _sum(name: str, by: Sequence[str]) -> str:
    _check(name, by)
    return f"sum by ({', '.join(by)})" if by else "sum"


def _by_site(name: str) -> bool:
    family = name.removesuffix("_total").removesuffix("_info")
    return name in _OF_A_GUARD and family not in OF_THE_GUARD


def _check(name: str, labels: Sequence[str] | dict[str, str]) -> None:
    known = _LABELS[name]
    for label in labels:
        if label not in (*known, *_ALWAYS) and not (label == "le" and name.endswith("_bucket")):
            raise ValueError(f"{name} has no label {label}")
