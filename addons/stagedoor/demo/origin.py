"""The demo site's origin: what a musician's own server offers, small enough for a test.

Run it alone with ``python -m stagedoor.demo.origin --port 8000``, or from code with
``server, port = await serve("127.0.0.1", 0)``.

It serves the files below ``site`` (with ranges, entity tags and HEAD), and beside them:

    /feed.xml            the podcast feed, with the public address put into its links
    /rest/ping.view      Subsonic: "ok", in XML
    /rest/stream.view    Subsonic: the MP3 that ``id`` names, without a file ending
    /archive/01.mp3      the same three pieces under twenty-four names: an archive to take
    /events              three server-sent events, then the end

Nothing here decides who may have what: that is Stagedoor's work, in front of it.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import tornado.httpserver
import tornado.netutil
import tornado.web
from tornado.iostream import StreamClosedError

if TYPE_CHECKING:
    from collections.abc import Awaitable

SITE = Path(__file__).parent / "site"

# What feed.xml says where an address belongs. ".example" never resolves (RFC 2606), so a
# feed that was not given its public address fails loudly instead of leading round the proxy.
PLACEHOLDER = "https://understudies.example"

# By file ending. The system's own table is not asked: it differs between machines.
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".flac": "audio/flac",
    ".html": "text/html; charset=utf-8",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".svg": "image/svg+xml",
    ".ts": "video/mp2t",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/rss+xml; charset=utf-8",
}

PIECES = ("ghost-light", "house-lights", "load-out")
ARCHIVED = 24

EVENTS = ("House Lights", "Ghost Light", "Load-Out")
EVENT_PAUSE = 0.2  # seconds; long enough to see whether a proxy holds events back

SUBSONIC_VERSION = "1.16.1"  # the last version of the API that Subsonic itself published
SUBSONIC_NOT_FOUND = 70  # its code for "the requested data was not found"


class Quiet(tornado.web.RequestHandler):
    """A handler that does not say which server, in which version, is answering."""

    def set_default_headers(self) -> None:
        """Drop the Server header; tornado calls this for errors too."""
        self.clear_header("Server")

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer an error in one line of plain text."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code} {self._reason}\n")


class Nothing(Quiet):
    """404 for any path without a route."""

    def prepare(self) -> None:
        """Refuse before any method is looked at."""
        raise tornado.web.HTTPError(404)


class Files(Quiet, tornado.web.StaticFileHandler):
    """The site's files, with ranges."""

    def get_content_type(self) -> str:
        """The type from our table; an unknown ending is plain bytes."""
        suffix = Path(self.absolute_path or "").suffix
        return CONTENT_TYPES.get(suffix, "application/octet-stream")


class Stream(Files):
    """``/rest/stream.view?id=ghost-light``: audio whose address does not look like audio."""

    found = False

    async def get(self, path: str = "", include_body: bool = True) -> None:
        """Send the MP3 that ``id`` names, or Subsonic's error (which is a 200, in XML)."""
        song = self.get_query_argument("id", path)
        file = Path(self.root) / "music" / f"{song}.mp3"
        if re.fullmatch(r"[a-z0-9-]+", song) and file.is_file():
            self.found = True
            await super().get(f"music/{song}.mp3", include_body)
            return
        self.set_header("Content-Type", "text/xml; charset=utf-8")
        error = f'<error code="{SUBSONIC_NOT_FOUND}" message="Song not found"/>'
        self.finish(subsonic("failed", error))

    def head(self, path: str = "") -> Awaitable[None]:
        """As ``get``, without the body."""
        return self.get(path, include_body=False)

    def compute_etag(self) -> str | None:
        """The file's tag; Subsonic's error has none."""
        return super().compute_etag() if self.found else None


class Archive(Files):
    """``/archive/07.mp3``: one of the three pieces, under a number."""

    async def get(self, path: str = "", include_body: bool = True) -> None:
        """Send it; 404 beyond the last number."""
        number = int(path)
        if not 1 <= number <= ARCHIVED:
            raise tornado.web.HTTPError(404)
        await super().get(f"music/{PIECES[number % len(PIECES)]}.mp3", include_body)

    def head(self, path: str = "") -> Awaitable[None]:
        """As ``get``, without the body."""
        return self.get(path, include_body=False)


class Ping(Quiet):
    """``/rest/ping.view``: the first thing a Subsonic app asks."""

    def get(self) -> None:
        """Say that all is well."""
        self.set_header("Content-Type", "text/xml; charset=utf-8")
        self.finish(subsonic("ok"))

    head = get  # tornado leaves the body out, and keeps its length


class Feed(Quiet):
    """``/feed.xml``, with the public address where the file has the placeholder."""

    def initialize(self, site: Path, public_url: str | None) -> None:
        """Take the site's folder and the address listeners use, None if there is none."""
        self.file = site / "feed.xml"
        self.base = PLACEHOLDER if public_url is None else public_url.rstrip("/")

    def get(self) -> None:
        """Send the feed; tornado adds the entity tag."""
        text = self.file.read_text(encoding="utf-8")
        self.set_header("Content-Type", CONTENT_TYPES[".xml"])
        self.finish(text.replace(PLACEHOLDER, escape(self.base, {'"': "&quot;"})))

    head = get


class Events(Quiet):
    """``/events``: what is on stage, as server-sent events."""

    async def get(self) -> None:
        """Send one event per piece, a pause apart; stop quietly if the listener leaves."""
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        try:
            for number, title in enumerate(EVENTS, 1):
                self.write(f"id: {number}\nevent: playing\ndata: {title}\n\n")
                await self.flush()
                await asyncio.sleep(EVENT_PAUSE)
        except StreamClosedError:
            return


def subsonic(status: str, inner: str = "") -> str:
    """A Subsonic response with ``status`` "ok" or "failed" around ready-made XML."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<subsonic-response xmlns="http://subsonic.org/restapi"'
        f' status="{status}" version="{SUBSONIC_VERSION}">{inner}</subsonic-response>\n'
    )


def make_app(site: Path = SITE, public_url: str | None = None) -> tornado.web.Application:
    """The application for the folder ``site``.

    ``public_url`` is the address that listeners use (the proxy's, such as
    "http://localhost:8080"); the feed's links get it. Raises ValueError if it is not an
    http or https address.
    """
    if public_url is not None and not re.match(r"https?://[^/\s]", public_url):
        raise ValueError(f"public_url must start with http:// or https://, not {public_url!r}")
    folder = {"path": str(site)}
    return tornado.web.Application(
        [
            (r"/feed\.xml", Feed, {"site": site, "public_url": public_url}),
            (r"/rest/ping(?:\.view)?", Ping),
            (r"/rest/stream(?:\.view)?", Stream, folder),
            (r"/archive/([0-9]{2})\.mp3", Archive, folder),
            (r"/events", Events),
            (r"/(.*)", Files, {**folder, "default_filename": "index.html"}),
        ],
        default_handler_class=Nothing,
        log_function=lambda _handler: None,  # the guard asks for files that are not there
    )


async def serve(
    host: str, port: int, *, site: Path = SITE, public_url: str | None = None
) -> tuple[tornado.httpserver.HTTPServer, int]:
    """Listen, and return the server with the port it got (any free one if ``port`` is 0).

    Stop it with ``server.stop()``, then ``await server.close_all_connections()``. Raises
    OSError if the address cannot be had, ValueError as ``make_app`` does.
    """
    server = tornado.httpserver.HTTPServer(make_app(site, public_url))
    sockets = tornado.netutil.bind_sockets(port, host)
    server.add_sockets(sockets)
    return server, sockets[0].getsockname()[1]


async def run(host: str, port: int, public_url: str | None) -> None:
    """Serve until the task is cancelled, having printed the address."""
    _, bound = await serve(host, port, public_url=public_url)
    print(f"The demo site is at http://{host}:{bound}/", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Read the command line and serve until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m stagedoor.demo.origin", description="Serve the demo music site."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8000, help="0 takes any free port")
    parser.add_argument("--public-url", help="the address listeners use, for the feed's links")
    options = parser.parse_args()
    try:
        asyncio.run(run(options.host, options.port, options.public_url))
    except (OSError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
