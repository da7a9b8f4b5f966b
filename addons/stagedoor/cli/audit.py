"""`stagedoor audit URL`: what does a site tell machines, and does it contradict itself?

Exit status: 0 where training is answered for all that was looked at and nothing contradicts, 1
where not, 2 where the site cannot be fetched.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console

from stagedoor.audit import page_links
from stagedoor.audit.responses import Fetched, Site
from stagedoor.audit.result import audit
from stagedoor.audit.statements import EVERYBODY, is_html, licences, read
from stagedoor.cli import audit_report
from stagedoor.cli.site_client import Asker, Wish
from stagedoor.identify.catalogue import Catalogue, Signature
from stagedoor.load import rule_folder
from stagedoor.load.credentials import MEDIA_TYPES, CredentialsError
from stagedoor.load.credentials import read as read_credentials
from stagedoor.model.errors import StagedoorError, did_you_mean
from stagedoor.record.terminal import printable
from stagedoor.signals import registry
from stagedoor.signals.inside import licence_inside
from stagedoor.signals.meaning import USES_OF, Statement, Use
from stagedoor.signals.robots.lines import MOST_OCTETS

UNREACHABLE = 2
PAGE = Wish(1_000_000)
ROBOTS = Wish(MOST_OCTETS)
FILE = Wish(1_000_000)
HEADERS = Wish(0, "bytes=0-65535")
"""Of a recording only the headers are wanted, and no server need send all of it."""
WHOLE = Wish(50_000_000, seconds=120)
MOST_RECORDINGS = 3
MOST_FEEDS = 2
MOST_LICENCES = 4
_SUFFIXES = {
    **{kind: suffix for suffix, kind in MEDIA_TYPES.items()},
    "audio/x-wav": ".wav",
    "audio/x-flac": ".flac",
    "audio/x-m4a": ".m4a",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.description = (
        "Fetches robots.txt, the well-known files, a page and a few of its recordings "
        "(their headers only). Exit status 0: training is answered and nothing contradicts; 1: not "
        "so; 2: the site cannot be fetched."
    )
    parser.add_argument("url", metavar="URL", help="the page to begin with: https://example.org")
    parser.add_argument(
        "--audio", action="append", default=[], metavar="PATH", help="a recording: /music/a.mp3"
    )
    parser.add_argument(
        "--agent", default="*", metavar="NAME", help="read the site as this crawler: GPTBot"
    )
    parser.add_argument(
        "--as-ua",
        action="store_true",
        help="also send that crawler's user agent, to see its answers",
    )
    parser.add_argument(
        "--credentials",
        action="store_true",
        help="download the recordings (50 MB each at most) and read what stands inside them: "
        "content credentials, and RSL licences in ID3, MP4 and XMP",
    )
    parser.add_argument("--json", action="store_true", help="everything, for programs")


def run(options: argparse.Namespace) -> int:
    """Audit one site."""
    catalogue = rule_folder.load().catalogue
    try:
        agent, user_agent = _who(options, catalogue)
        wanted = _Wanted(_address(options.url), tuple(options.audio), options.credentials)
    except StagedoorError as error:
        print(error, file=sys.stderr)
        return UNREACHABLE
    eyes = Asker(_own_agent()) if options.as_ua else None
    site = asyncio.run(_fetch(Asker(user_agent), wanted, eyes))
    if site.page.status is None:
        print(f"{printable(site.page.url)} {printable(site.page.trouble, 300)}.", file=sys.stderr)
        return UNREACHABLE
    found = audit(site, _crawlers(catalogue), agent)
    if options.json:
        print(audit_report.as_json(found))
    else:
        console = Console(highlight=False, markup=False, emoji=False)
        if not console.is_terminal:
            console.width = 120
        audit_report.show(found, console, credentials=options.credentials)
    return 0 if found.holds else 1


def _address(written: str) -> str:
    whole = written if "://" in written else f"https://{written}"
    url = page_links.joined("", whole)
    if not url:
        raise StagedoorError(f"{printable(written)} is no address — write https://example.org")
    return url


def _who(options: argparse.Namespace, catalogue: Catalogue) -> tuple[str, str]:
    """The robots token to listen as, and the user agent to send."""
    if options.agent == EVERYBODY:
        if options.as_ua:
            raise StagedoorError("--as-ua needs a crawler — write --agent GPTBot")
        return EVERYBODY, _own_agent()
    wanted = options.agent.lower()
    known = [s for s in catalogue.signatures if wanted in _names(s)]
    token = known[0].robots_token if known else options.agent
    if not options.as_ua:
        return token, _own_agent()
    if not known:
        hint = did_you_mean(options.agent, [s.robots_token for s in catalogue.signatures])
        raise StagedoorError(
            f"{printable(options.agent)} is in no list, so its user agent is not known"
            + (f" — {hint}" if hint else " — leave --as-ua out")
        )
    if known[0].robots_only:
        raise StagedoorError(
            f"{token} is a name for robots.txt alone: nobody sends it as a user agent"
        )
    return token, next(iter(known[0].examples.match), token)


def _own_agent() -> str:
    return (
        f"Stagedoor/{rule_folder.program_version()} (looks once at what this site tells machines)"
    )


def _crawlers(catalogue: Catalogue) -> dict[str, Use]:
    """What each known robots token comes for, in the main."""
    found: dict[str, Use] = {}
    for signature in catalogue.signatures:
        uses = [USES_OF[purpose] for purpose in signature.purposes if purpose in USES_OF]
        if uses:
            found[signature.robots_token] = uses[0]
    return found


def _names(signature: Signature) -> set[str]:
    names = (signature.name, signature.robots_token, *signature.tokens)
    return {name.lower() for name in names}


@dataclass(frozen=True, slots=True)
class _Wanted:
    url: str
    audio: tuple[str, ...]
    credentials: bool


async def _fetch(asker: Asker, wanted: _Wanted, eyes: Asker | None) -> Site:
    """Everything there is to judge; recordings last, and no more than a few.

    Where a crawler is refused the page, `eyes` look for recordings in it, which it asks for then.
    """
    page = await asker.get(wanted.url, PAGE)
    if page.status is None:
        return Site(page, Fetched(wanted.url))
    robots = await asker.get(page_links.joined(page.address, "/robots.txt"), ROBOTS)
    files = {
        path: await asker.get(page_links.joined(page.address, path), FILE)
        for path in registry.current().asked
    }
    found = page_links.Links()
    seen = await eyes.get(wanted.url, PAGE) if eyes and not page.ok else page
    if is_html(seen):
        found = page_links.in_page(seen.body, seen.charset, seen.address)
    feeds = [await asker.get(url, FILE) for url in found.feeds[:MOST_FEEDS]]
    named = [page_links.joined(page.address, path) for path in wanted.audio]
    site = Site(page, robots, files, feeds=tuple(feeds))
    enclosed = (
        url for feed in feeds if feed.ok for url in page_links.in_feed(feed.body, feed.address)
    )
    site = await _listen(asker, site, (*named, *(() if named else (*found.recordings, *enclosed))))
    urls = list(licences(read(site)))[:MOST_LICENCES]
    site = replace(site, licences={url: await asker.get(url, FILE) for url in urls})
    return await _inside(asker, site) if wanted.credentials else site


async def _listen(asker: Asker, site: Site, urls: Iterable[str]) -> Site:
    """Ask for the first recordings of this host, and for the first part of a playlist."""
    own = urlsplit(site.page.address).netloc.lower()
    distinct = dict.fromkeys(filter(None, urls))
    here = [url for url in distinct if urlsplit(url).netloc.lower() == own]
    elsewhere = tuple(url for url in distinct if url not in set(here))
    heard: list[Fetched] = []
    gone: list[str] = []
    for url in here[:MOST_RECORDINGS]:
        heard += await _recording(asker, url, gone)
    return replace(
        site,
        recordings=tuple(heard),
        elsewhere=elsewhere,
        left=max(0, len(here) - MOST_RECORDINGS),
        unread=tuple(gone),
    )


async def _recording(asker: Asker, url: str, gone: list[str]) -> list[Fetched]:
    """A recording's response; of a playlist also what it leads to, twice at most (HLS)."""
    found: list[Fetched] = []
    for _ in range(3):
        playlist = urlsplit(url).path.lower().endswith((".m3u8", ".m3u"))
        response = await asker.get(url, FILE if playlist else HEADERS)
        if response.status is None or response.status in {404, 410}:
            gone.append(f"The recording {url} {response.outcome}.")
            break
        if response.host != urlsplit(url).netloc.lower():
            gone.append(
                f"{url} is redirected to {response.host}, whose own robots.txt speaks for it."
            )
            break
        found.append(response)
        url = (
            page_links.in_playlist(response.body, response.address)
            if playlist and response.ok
            else ""
        )
        if not url or urlsplit(url).netloc.lower() != response.host:
            break
    return found


async def _inside(asker: Asker, site: Site) -> Site:
    """Download the recordings, one after the other, and read their credentials and licences."""
    said: dict[str, Statement | None] = {}
    inside: dict[str, tuple[Statement, ...]] = {}
    unread = list(site.unread)
    for recording in site.recordings:
        name = Path(urlsplit(recording.address).path).suffix.lower()
        suffix = name if name in MEDIA_TYPES else _SUFFIXES.get(recording.content_type, "")
        if not suffix or not recording.ok:
            continue
        whole = await asker.get(recording.url, WHOLE)
        if not whole.ok or whole.cut:
            why = "is larger than 50 MB" if whole.cut else whole.outcome
            unread.append(f"{recording.path} {why}: its content credentials were not read.")
            continue
        inside[recording.url] = licence_inside.read(whole.body)
        with tempfile.NamedTemporaryFile(suffix=suffix) as file:
            file.write(whole.body)
            file.flush()
            try:
                said[recording.url] = read_credentials(Path(file.name))
            except CredentialsError as error:
                unread.append(f"{recording.path}: {str(error).replace(file.name, '').lstrip(': ')}")
    return replace(site, credentials=said, inside=inside, unread=tuple(unread))
