"""Who gets tags in pages: clients that show pages or crawl them, not those that fetch files.

A program that copies a site (rclone, a WebDAV client, a mirror) compares lengths and sums, and may
save what it got back into the site. To such a program a page is a file, and goes out as it is;
headers say the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from stagedoor.model.facts import CRAWLERS, Client, Purpose, Request

_READ = frozenset({"GET", "HEAD"})
_ALWAYS: frozenset[Purpose] = CRAWLERS | {"browser", "headless", "robot"}
_NEVER: frozenset[Purpose] = frozenset({"downloader"})
_FILE_HEADERS = frozenset({"range", "translate", "depth", "destination", "lock-token", "if-range"})
"""What only those send who want a part of a file, or speak WebDAV (RFC 4918; Microsoft's Translate)."""


def reads_pages(client: Client, request: Request) -> bool:
    """Whether a page that goes out to this client may have tags in it.

    Libraries, players and programs nobody knows get them where they ask for pages by `Accept`.
    """
    if request.method not in _READ or client.purpose in _NEVER:
        return False
    headers: Mapping[str, str] = {name.lower(): value for name, value in request.headers}
    if not _FILE_HEADERS.isdisjoint(headers):
        return False
    return client.purpose in _ALWAYS or "text/html" in headers.get("accept", "").lower()
