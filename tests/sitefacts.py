"""Sites as facts: what a server would have answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stagedoor.audit.responses import Fetched, Site
from stagedoor.audit.result import Audit, audit
from stagedoor.signals import registry
from stagedoor.signals.meaning import Use

HOME = "https://ana.example"
CRAWLERS: Mapping[str, Use] = {
    "GPTBot": "train",
    "CCBot": "train",
    "ChatGPT-User": "input",
    "Googlebot": "search",
    "bingbot": "search",
}
Fields = tuple[tuple[str, str], ...]
HTML = ("Content-Type", "text/html; charset=utf-8")


def answer(
    path: str, body: str | bytes = b"", *fields: tuple[str, str], status: int | None = 200
) -> Fetched:
    """One response of the site."""
    data = body.encode() if isinstance(body, str) else body
    url = path if "://" in path else HOME + path
    return Fetched(url, status, fields, data, url)


def site(
    *,
    robots: str | Fetched | None = None,
    page: Fetched | None = None,
    files: Mapping[str, str | Fetched] | None = None,
    recordings: tuple[Fetched, ...] = (),
    licences: Mapping[str, str | Fetched] | None = None,
    **rest: Any,
) -> Site:
    """A site that says only what its parameters ask for."""
    written = {**dict.fromkeys(registry.current().asked), **(files or {})}
    return Site(
        page or answer("/", "<title>Ana</title>", HTML),
        _file("/robots.txt", robots),
        {path: _file(path, text) for path, text in written.items()},
        recordings,
        licences={url: _file(url, text) for url, text in (licences or {}).items()},
        **rest,
    )


def _file(path: str, text: str | Fetched | None) -> Fetched:
    if isinstance(text, Fetched):
        return text
    return answer(path, status=404) if text is None else answer(path, text)


def audited(agent: str = "*", **facts: Any) -> Audit:
    """The audit of `site(**facts)`."""
    return audit(site(**facts), CRAWLERS, agent)


def told(found: Audit, matter: str) -> list[str]:
    """What is reported of one matter."""
    return [finding.what for finding in found.of(matter)]
