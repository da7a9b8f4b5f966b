"""The watch's metrics: a table of their own, since a guard has none of them.

Labels are bounded: ids of profiles, names of documents and settings in them, words of this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from wsgiref.types import WSGIApplication

from prometheus_client import CollectorRegistry, Counter, Gauge, make_wsgi_app

from stagedoor.platforms.observer import News, Observer
from stagedoor.platforms.profiles import PageKind
from stagedoor.record.metric_table import Metric

_TABLE: tuple[Metric, ...] = (
    Metric(
        "stagedoor_watch_pages_total", "counter", "watch",
        "Pages of platforms that were looked at, by what they are.", ("platform", "page"),
    ),
    Metric(
        "stagedoor_watch_news_total", "counter", "watch",
        "What was new: a first or changed text, a setting, signals.", ("platform", "news"),
    ),
    Metric(
        "stagedoor_watch_silent_changes_total", "counter", "watch",
        "Texts whose words changed while their date of the last update did not.", ("platform",),
    ),
    Metric(
        "stagedoor_watch_text_seen_timestamp_seconds", "gauge", "watch",
        "When a document was last read.", ("platform", "document"),
    ),
    Metric(
        "stagedoor_watch_answer", "gauge", "watch",
        "What the newest page with audio says about a use: -1 no, 0 nothing, 1 yes.",
        ("platform", "use"),
    ),
)  # fmt: skip
WATCH_METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _TABLE}
_ANSWERS = {"no": -1, None: 0, "yes": 1}


class WatchMetrics:
    """Counters and gauges of one watch."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._pages = self._counter("stagedoor_watch_pages_total")
        self._news = self._counter("stagedoor_watch_news_total")
        self._silent = self._counter("stagedoor_watch_silent_changes_total")
        self._seen = self._gauge("stagedoor_watch_text_seen_timestamp_seconds")
        self._answer = self._gauge("stagedoor_watch_answer")

    @property
    def exposition(self) -> WSGIApplication:
        return make_wsgi_app(self.registry)

    def page(self, platform: str, kind: PageKind) -> None:
        """A page was looked at."""
        self._pages.labels(platform, kind).inc()

    def news(self, news: News) -> None:
        """Something is new."""
        self._news.labels(news.platform, news.kind).inc()
        if news.comparison is not None and news.comparison.silent:
            self._silent.labels(news.platform).inc()

    def refresh(self, observer: Observer) -> None:
        """What is known by now."""
        for profile in observer.profiles.all:
            for document in profile.file.documents:
                at = observer.history.last_look("text", profile.id, document.name)
                if at is not None:
                    self._seen.labels(profile.id, document.name).set(at)
            audit = observer.last_audit(profile)
            for use, answer in audit[1].answers.items() if audit else ():
                self._answer.labels(profile.id, use).set(_ANSWERS[answer])

    def _counter(self, name: str) -> Counter:
        row = WATCH_METRICS[name]
        return Counter(name.removesuffix("_total"), row.help, row.labels, registry=self.registry)

    def _gauge(self, name: str) -> Gauge:
        row = WATCH_METRICS[name]
        return Gauge(name, row.help, row.labels, registry=self.registry)
