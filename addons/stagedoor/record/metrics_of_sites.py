"""The metrics of several sites in one answer: each under the label `site`, by the name in the stance.

A guard of one site has no such label, so boards, alerts and queries go on as they are: `sum` and `by` take
an additional label as nothing new, and a label that is absent matches `.*`. What is of the whole guard
(connections, the process) has no site here either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from wsgiref.types import WSGIApplication

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

LABEL = "site"
OF_THE_GUARD = frozenset({
    "stagedoor_connections", "stagedoor_connections_unfinished", "stagedoor_connections_limit",
    "stagedoor_connections_closed", "stagedoor_malformed", "stagedoor_build",
})  # fmt: skip
"""Families that a guard has once, however many sites there are."""
OF_BOTH = frozenset({"stagedoor_errors", "stagedoor_reloads", "stagedoor_rules_current"})
"""Families of what is shared, too: an error before a site is known, a mistake in the shared stance."""
_OURS = "stagedoor_"


class MetricsOfSites(Collector):
    """`whole` has what the guard counts, `sites` what each site does."""

    def __init__(self, whole: CollectorRegistry, sites: Mapping[str, CollectorRegistry]) -> None:
        self._whole, self._sites = whole, sites

    def collect(self) -> Iterator[Metric]:
        """Each family once, with the samples of all."""
        found: dict[str, Metric] = {}
        for family in self._whole.collect():
            name = family.name
            if not name.startswith(_OURS) or name in OF_THE_GUARD or name in OF_BOTH:
                found[name] = family
        for site, registry in self._sites.items():
            for family in registry.collect():
                if family.name in OF_THE_GUARD:
                    continue
                there = found.get(family.name)
                if there is None:
                    there = found[family.name] = Metric(
                        family.name, family.documentation, family.type, family.unit
                    )
                there.samples.extend(
                    sample._replace(labels={LABEL: site, **sample.labels})
                    for sample in family.samples
                )
        yield from found.values()

    def exposition(self) -> WSGIApplication:
        """As Metrics.exposition."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return make_wsgi_app(registry)
