"""robots.txt and the other signal files, answered for the front: the site's own with ours written in.

What the guard in front of a site does with a response that passes, done with one that was fetched. The
site's own file is looked at once a minute. A server's error asks crawlers to stay away, so it goes on
as it is; a site that cannot be asked is 503, which crawlers take for the same.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from stagedoor.fetch.fetch_policy import FetchError
from stagedoor.fronts.authorize.asked_requests import Asked
from stagedoor.fronts.authorize.site_readings import SiteReadings
from stagedoor.fronts.refusals import Answer, unavailable
from stagedoor.fronts.service import Service
from stagedoor.model.events import Answered, Responded
from stagedoor.publish.publication import NOTHING, ROBOTS, Published, stricter
from stagedoor.signals.file_forms import as_utf8, fits, robots_text

KEPT = 60.0
MOST_KEPT, MOST_MERGED = 256, 8
_ROBOTS_TYPE = "text/plain; charset=utf-8"
_LOOK = 1024
"""Bytes in which a file has shown its form."""


class _Own(NamedTuple):
    """What the site has under a path: its status, type and text; None where it has no such file."""

    status: int
    type: str
    text: bytes | None


class SignalAnswers:
    """Those of one counter."""

    def __init__(self, service: Service, site: SiteReadings) -> None:
        self._service, self._site = service, site
        self._said = NOTHING
        self._merged: Callable[[bytes | None], bytes] = lambda origin: origin or b""
        self._kept: OrderedDict[tuple[str, str], tuple[float, _Own]] = OrderedDict()

    def follow(self, said: Published) -> None:
        """From now on this is published."""
        self._said = said
        self._merged = lru_cache(maxsize=MOST_MERGED)(lambda origin: said.robots(origin).text)

    async def answer(self, transaction: Asked) -> Answer:
        """The file that is asked for, as it goes out."""
        path = transaction.resource.path
        found = await self._own(transaction)
        if found is None:
            return unavailable(transaction.request)
        self._service.emit(Answered(found.status, None))
        answer, text = self._file(path, found)
        if transaction.request.method == "HEAD":
            answer = Answer(answer.status, answer.headers, b"")
        elif text is not None:
            self._service.noticed(transaction, path, text)
        self._service.emit(Responded("signal", frozenset()))
        return answer

    def _file(self, path: str, found: _Own) -> tuple[Answer, bytes | None]:
        """The answer, and the text where it is one that says something."""
        said, own = self._said, self._said.files.get(path)
        there = found.text is not None
        if (not there and found.status in range(500, 600)) or found.status == 429:
            return self._whole(found.status, "text/plain; charset=utf-8", b""), None
        if path == ROBOTS and said.merges_robots:
            text = self._merged(robots_text(found.text) if found.text is not None else None)
            return self._whole(200, _ROBOTS_TYPE, text), text
        if found.text is not None and (own is None or fits(path, found.type, found.text[:_LOOK])):
            return self._whole(200, found.type, found.text), as_utf8(found.text)
        if own is not None:
            return self._whole(200, own.type, own.text), own.text
        return self._whole(404, "text/plain; charset=utf-8", b"There is no such file.\n"), None

    def _whole(self, status: int, kind: str, body: bytes) -> Answer:
        fields = (
            (b"Content-Type", kind.encode("latin-1", "replace")),
            (b"Cache-Control", b"max-age=3600" if status == 200 else b"no-store"),
            (b"Content-Length", str(len(body)).encode()),
        )
        return Answer(status, stricter(fields, self._said.headers), body)

    async def _own(self, transaction: Asked) -> _Own | None:
        """The site's own file; None where the site cannot be asked."""
        if self._site.upstream is None:
            return _Own(404, "", None)
        key = (transaction.request.host, transaction.request.target)
        now = time.monotonic()
        known = self._kept.get(key)
        if known is not None and now - known[0] < KEPT:
            return known[1]
        try:
            answer = await self._site.fetch_file(transaction)
        except (FetchError, ValueError):
            return None
        text = answer.body if 200 <= answer.status < 300 and answer.body else None
        found = _Own(answer.status, answer.header("content-type"), text)
        self._kept[key] = (now, found)
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found
