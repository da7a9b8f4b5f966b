"""The trap: a link in pages that no person sees and no polite program follows, and who has tripped.

It stands once in a page, is forbidden in robots.txt, and is out of sight, of the tab order and of the
accessibility tree. A program that follows it has read the page and not robots.txt.

Some programs come near such a link without any fault, and do not trip: those that fetch ahead for a
person, that only look whether a link works, that a page or an extension runs (they say what for), and
those that read feeds, make previews or watch whether a site is up. Nor does a browser that another
site has sent here: anybody could put up the link elsewhere, and keep listeners from the recordings.
"""

from __future__ import annotations

import hashlib
from html import escape

from stagedoor.config.stance import Stance
from stagedoor.model.facts import PEOPLE, Client, Purpose, Request, host_name

_AHEAD = ("sec-purpose", "purpose", "x-purpose", "x-moz")
"""Say `prefetch`, `prerender` or `preview` where nobody has asked for the page yet."""
_INNOCENT: frozenset[Purpose] = (PEOPLE - {"browser"}) | {"social-preview", "monitoring", "search"}


def trap_path(stance: Stance) -> str:
    """The path behind the link, the site's own; empty where the stance sets no trap.

    Without a robots.txt to forbid it in, there is none.
    """
    if stance.traps != "yes" or not stance.publish.says("robots"):
        return ""
    artist = stance.artist
    said = f"{artist.name}\0{artist.contact}\0{stance.publish.address}"
    return f"/all-recordings-{hashlib.sha256(said.encode()).hexdigest()[:8]}"


def trap_link(path: str) -> str:
    """The link, to stand behind a page's end: there every browser takes it into the body."""
    return (
        f'<a href="{escape(path)}" rel="nofollow" hidden="hidden" aria-hidden="true" tabindex="-1"'
        ' style="display:none!important"></a>'
    )


def trips(request: Request, client: Client) -> bool:
    """Whether this request for the trap is a program's that follows every link."""
    if request.method != "GET" or client.proof == "verified" or client.purpose in _INNOCENT:
        return False
    if any(request.header(name) for name in _AHEAD):
        return False
    if request.header("sec-fetch-dest").lower() not in {"", "document"}:
        return False
    return not _sent_from_elsewhere(request)


def _sent_from_elsewhere(request: Request) -> bool:
    """Whether a page of another site has led here. Browsers say so, and no page can change it; old ones
    by Referer alone.
    """
    site = request.header("sec-fetch-site").strip().lower()
    if site:
        return site in {"cross-site", "same-site"}
    referrer = request.header("referer").strip()
    if "://" not in referrer:
        return False
    return host_name(referrer.partition("://")[2].partition("/")[0]) != request.host
