"""mitmdump with nothing but tags: what the guard does to pages, without a decision before it."""

from __future__ import annotations

from mitmproxy import http

from stagedoor.fronts.mitmproxy.page_tags import Tagging
from stagedoor.signals.html.insertion import Tags, meta


class Door:
    """Streams everything, tags pages, reports what became of each."""

    def __init__(self) -> None:
        tags = Tags.of(meta("robots", "noai, noimageai") + meta("tdm-reservation", "1"))
        self.tagging = Tagging(tags, lambda outcome: print(f"page: {outcome}", flush=True))

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        self.tagging.arriving(flow)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        assert flow.response
        flow.response.stream = True
        self.tagging.leaving(flow)


addons = [Door()]
