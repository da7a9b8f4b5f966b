"""Which page has a request sent: one of the site's own, nobody's, or another site's.

Browsers say so in headers that no page can change: Referer (RFC 9110, 10.1.3) and Origin (RFC 6454)
name the page, Sec-Fetch-Site (W3C Fetch Metadata) how near it is. Whatever is no browser may write
anything there, or nothing.

Own is a page on the host that is asked for or on the one of `publish.address`, with or without `www.`,
and on a host below or above these: `example.org` and `music.example.org` belong together. So does a
copy that a translator shows of such a page.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from stagedoor.model.facts import Request, SentFrom

_MOST = 2_048
"""Characters of a header that are looked at."""
_NEAR = frozenset({"same-origin", "same-site"})
_TRANSLATED = ".translate.goog"
"""Google shows a translated page of `music.example.org` at `music-example-org.translate.goog`."""


def sent_from(request: Request, address: str = "") -> SentFrom:
    """`own`, `none` or `elsewhere`; `address` is where the site is seen (`publish.address`).

    What names an own page counts first: a recording that its page asks for by way of a counting service
    comes back as cross-site. Where nothing names a page, a browser may still say that it was
    another site's.
    """
    said = [request.header(name).strip().lower()[:_MOST] for name in ("referer", "origin")]
    pages = [host for text in said if (host := _page(text))]
    if pages:
        own = _own_hosts(request, address)
        if any(_belongs(host, to) for host in pages for to in own):
            return "own"
    site = request.header("sec-fetch-site").strip().lower()
    if site in _NEAR:
        return "own"
    if pages:
        return "elsewhere"
    # An extension or an app has an address of its own kind, and is no page of the web.
    from_program = any("://" in text for text in said)
    return "elsewhere" if site == "cross-site" and not from_program else "none"


def _page(address: str) -> str:
    """The host of the page at `address`; empty where that is no page's address."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return host.rstrip(".") if parts.scheme in {"http", "https"} else ""


def _own_hosts(request: Request, address: str) -> list[str]:
    # A proxy in front may ask for the site by an inner name, and then says the outer one here.
    forwarded = request.header("x-forwarded-host").partition(",")[0].strip()
    names = (f"http://{request.host}", f"http://{forwarded.lower()}", address.lower())
    return [host.removeprefix("www.") for name in names if (host := _page(name))]


def _belongs(host: str, own: str) -> bool:
    bare = host.removeprefix("www.")
    return (
        bare == own
        or bare.endswith(f".{own}")
        or ("." in bare and own.endswith(f".{bare}"))
        or host == own.replace("-", "--").replace(".", "-") + _TRANSLATED
    )
