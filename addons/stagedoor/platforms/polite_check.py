"""The same without a browser: public pages fetched once a day at most, by an honest agent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from stagedoor.audit.page_links import joined
from stagedoor.audit.responses import Fetched
from stagedoor.fetch.client import HttpClient
from stagedoor.fetch.fetch_policy import FetchError
from stagedoor.fetch.uses import AUDIT
from stagedoor.platforms.extraction import MOST, page_text
from stagedoor.platforms.kept_texts import DAY
from stagedoor.platforms.observer import Observer
from stagedoor.platforms.page_audit import audit_page
from stagedoor.platforms.profiles import Profile
from stagedoor.signals import registry
from stagedoor.signals.meaning import Use
from stagedoor.signals.robots import access

TOKEN = "Stagedoor"  # noqa: S105 (the name in robots.txt)
POLICY = replace(AUDIT, most=MOST, join=joined)


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of one address: `read`, or why not."""

    url: str
    outcome: str


class Checker:
    """Checks with one client; `now` in seconds since 1970."""

    def __init__(
        self, observer: Observer, client: HttpClient, agent: str, crawlers: Mapping[str, Use],
        now: Callable[[], int],
    ) -> None:  # fmt: skip
        self._observer = observer
        self._client = client
        self._agent = agent
        self._crawlers = crawlers
        self._now = now

    async def check(self, profile: Profile) -> list[Looked]:
        """All documents of a profile."""
        found = []
        for document in profile.file.documents:
            url = document.url
            if ".invalid/" in url:
                continue
            last = self._observer.history.last_look("text", profile.id, document.name)
            if last is not None and self._now() - last < DAY:
                found.append(Looked(url, "was read within a day"))
                continue
            got = await self._page(url)
            if isinstance(got, str):
                found.append(Looked(url, got))
                continue
            blocks = page_text(got.body, got.charset, document.text, document.remove)
            self._observer.document(profile, document, blocks, self._now(), "check")
            found.append(Looked(url, "read" if blocks else "does not hold the text"))
        return found

    async def page(self, url: str) -> list[Looked]:
        """One page by its address: a document is read, a page with audio audited."""
        parts = urlsplit(url)
        profile = self._observer.profiles.of(parts.hostname or "")
        if profile is None:
            return [Looked(url, "has no profile")]
        page = profile.page(parts.hostname or "", parts.path or "/")
        if page.kind not in {"audio", "document"}:
            return [Looked(url, f"is no page with audio and no text that is watched ({page.kind})")]
        got = await self._page(url)
        if isinstance(got, str):
            return [Looked(url, got)]
        if page.document is not None:
            document = page.document
            blocks = page_text(got.body, got.charset, document.text, document.remove)
            self._observer.document(profile, document, blocks, self._now(), "check")
            return [Looked(url, "read" if blocks else "does not hold the text")]
        base = f"{parts.scheme}://{parts.netloc}"
        robots = await self._file(base, "/robots.txt")
        files = {path: await self._file(base, path) for path in registry.current().asked}
        audit = audit_page(got, robots, files, self._crawlers)
        self._observer.audited(profile, audit, self._now())
        return [Looked(url, "read")]

    async def _page(self, url: str) -> Fetched | str:
        """A page that robots.txt leaves open to us; else why there is none."""
        parts = urlsplit(url)
        robots = await self._file(f"{parts.scheme}://{parts.netloc}", "/robots.txt")
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if not access.allowed(access.reads_as(robots.status, robots.body), TOKEN, path or "/"):
            if robots.trouble or robots.status is None or robots.status >= 500:
                return f"not read, because robots.txt is not to be had: {robots.outcome}"
            return "robots.txt asks not to read it"
        got = await self._get(url)
        return got if got.ok else got.outcome

    async def _file(self, base: str, path: str) -> Fetched:
        """A public file, from the history where it is not older than a day."""
        host = urlsplit(base).hostname or ""
        known = self._observer.history.file(host, path)
        if known is not None and self._now() - known[0] < DAY:
            return known[1]
        got = await self._get(base + path)
        if got.status is not None:
            self._observer.history.keep_file(host, path, self._now(), got)
        return got

    async def _get(self, url: str) -> Fetched:
        headers = (("User-Agent", self._agent), ("Accept-Encoding", "gzip"))
        try:
            got = await self._client.fetch(url, POLICY, headers=headers)
        except FetchError as error:
            return Fetched(url, trouble=str(error))
        return Fetched(url, got.status, got.fields, got.body, got.url, got.hops, cut=got.cut)
