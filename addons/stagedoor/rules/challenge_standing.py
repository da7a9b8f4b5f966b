"""Who can be challenged: a browser, of any kind, that opens a page for somebody.

A challenge is a page with a form. Whatever cannot show one would only lose what it came for, so a rule
that challenges does not hold for it, and later rules are asked: media clients, feed readers and other
programs that people listen and read with; all that is no page; requests that log in or show a licence;
search engines that have proven who they are; what the scripts of a page fetch.
"""

from __future__ import annotations

from stagedoor.model.facts import (
    PEOPLE,
    Behaviour,
    ChallengeStanding,
    Client,
    Purpose,
    Request,
    Resource,
)

_NEVER: frozenset[Purpose] = PEOPLE - {"browser"}
_SEARCH: frozenset[Purpose] = frozenset({"search", "ai-search"})
_NO_NAVIGATION = ("upgrade", "range", "icy-metadata", "x-requested-with")
"""Headers that nobody's opening of a page carries: a WebSocket's, a player's, a script's."""
_FEEDS = ("rss+xml", "atom+xml", "feed+json")


def challenge_standing(
    request: Request, client: Client, resource: Resource, _behaviour: Behaviour
) -> ChallengeStanding:
    """`never` where nobody can be challenged, `solved` where somebody was, and `open` else."""
    if resource.kind != "page" or request.method != "GET" or client.purpose in _NEVER:
        return "never"
    if request.credentials != "none" or client.licence != "none":
        return "never"
    if client.proof == "verified" and not _SEARCH.isdisjoint(client.purposes):
        return "never"
    if not _opens_a_page(request):
        return "never"
    return "solved" if request.solved else "open"


def _opens_a_page(request: Request) -> bool:
    if request.header("sec-fetch-mode").strip().lower() not in {"", "navigate"}:
        return False
    # Not in a frame: there a browser may keep the cookie back, and it would be asked again and again.
    if request.header("sec-fetch-dest").strip().lower() not in {"", "document"}:
        return False
    if any(request.header(name) for name in _NO_NAVIGATION):
        return False
    accept = request.header("accept").lower()
    if any(word in accept for word in _FEEDS):
        return False
    return not accept or "text/html" in accept or "xhtml" in accept or "*/*" in accept
