"""A real music site: audio made by ffmpeg, served by nginx."""

from __future__ import annotations

import itertools
import json
import os
import pwd
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from stagedoor.load import rule_folder
from stagedoor.publish.publication import Published, published
from stagedoor.signals.html.insertion import Inserter, Tags

from .clients import FIREFOX, curl
from .programs import Program, eventually, free_port, program, run

SECONDS = 20
"""Length of the recording; the short one takes its whole length to be played."""
SHORT_SECONDS = 2
LONG_SECONDS = 180

PATHS_OF_SIGNALS = ("/robots.txt", "/ai.txt", "/license.xml", "/.well-known/tdmrep.json")

_NUMBERS = itertools.count()

_PAGES = {
    "index.html": "<!doctype html><title>The Band</title><h1>The Band</h1>" + "<p>Hello.</p>" * 200,
    "player.html": '<!doctype html><title>Player</title><audio src="/music/short.mp3" autoplay></audio>',
    "hls.html": '<!doctype html><title>Stream</title><audio src="/hls/index.m3u8" autoplay></audio>',
    "robots.txt": "User-agent: GPTBot\nDisallow: /\n",
    ".well-known/tdmrep.json": '[{"location": "/", "tdm-reservation": 1}]\n',
    "feed.xml": '<?xml version="1.0"?>\n<rss version="2.0"><channel><title>The Band</title></channel></rss>\n',
}

_CONFIG = """
daemon off;
user {user};
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  types {{
    text/html html; text/plain txt; application/json json; application/rss+xml xml;
    audio/mpeg mp3; audio/flac flac; audio/ogg ogg; audio/mp4 m4a; audio/wav wav;
    application/vnd.apple.mpegurl m3u8; video/mp2t ts;
  }}
  log_format json escape=json '{{"method":"$request_method","target":"$request_uri","status":$status,'
    '"agent":"$http_user_agent","range":"$http_range","sent":$body_bytes_sent,"host":"$http_host",'
    '"forwarded_for":"$http_x_forwarded_for","real_ip":"$http_x_real_ip","forwarded":"$http_forwarded",'
    '"authorization":"$http_authorization"}}';
  access_log {folder}/access.log json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  keepalive_timeout 60;
  server {{
    listen 127.0.0.1:{port};
    gzip on; gzip_types text/html; gzip_min_length 100;
    add_header Alt-Svc 'h3=":443"; ma=86400';
    {server}
  }}
}}
"""
_SITE = """
    root {root};
    location /listen/ {{ types {{ }} default_type audio/mpeg; }}
"""
_PROXY = """
    location / {{
      proxy_pass {upstream};
      proxy_http_version 1.1;
      proxy_bind {address};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
"""


def make_audio(folder: Path) -> None:
    """Recordings in the usual formats, an HLS stream, and one without an extension."""
    ffmpeg = [program("ffmpeg"), "-v", "error", "-y"]
    noise = "anoisesrc=color=pink:seed=1:duration={}"  # noise does not compress to nothing
    music = folder / "music"
    music.mkdir(parents=True)
    (folder / "hls").mkdir()
    (folder / "listen").mkdir()
    _did(*ffmpeg, "-f", "lavfi", "-i", noise.format(SECONDS), str(music / "tone.wav"))
    _did(*ffmpeg, "-f", "lavfi", "-i", noise.format(SHORT_SECONDS), str(music / "short.mp3"))
    silence = f"anullsrc=duration={LONG_SECONDS}"  # 30 MB: more than a browser reads ahead
    _did(*ffmpeg, "-f", "lavfi", "-i", silence, str(music / "long.wav"))
    whole = [*ffmpeg, "-i", str(music / "tone.wav")]
    for extension in ("mp3", "flac", "ogg", "m4a"):
        _did(*whole, str(music / f"tone.{extension}"))
    _did(*whole, "-t", "4", "-c:a", "aac", "-hls_time", "1", "-hls_list_size", "0",
         str(folder / "hls" / "index.m3u8"))  # fmt: skip
    (folder / "listen" / "tone").write_bytes((music / "tone.mp3").read_bytes())


def _did(*command: str) -> None:
    done = run(*command)
    assert done.returncode == 0, done.stderr


def make_site(folder: Path) -> None:
    """The files of the site."""
    make_audio(folder)
    for name, text in _PAGES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


@dataclass(frozen=True)
class Site:
    """A running nginx: `root` is what it serves, `log` what it was asked for."""

    url: str
    root: Path
    log: Path

    def served(self, path: str) -> bytes:
        """A file as it comes through the guard under the shipped stance: with what it says in it."""
        data = self.file(path)
        if path == "/robots.txt":
            return shipped().robots(data).text
        if not path.endswith(".html"):
            return data
        inserter = Inserter(Tags.of(shipped().tags), "utf-8")
        return inserter.feed(data) + inserter.finish()

    def file(self, path: str) -> bytes:
        """What lies on the disk under a path."""
        return (self.root / path.lstrip("/")).read_bytes()

    def heard(self, marker: str, field: str = "target") -> list[dict[str, Any]]:
        """The requests so far that carry `marker` in their target, or in another field."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [asked for line in lines if marker in (asked := json.loads(line))[field]]

    def hears(self, marker: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until the site has answered `count` such requests."""

        def look() -> list[dict[str, Any]]:
            found = self.heard(marker)
            return found if len(found) >= count else []

        return eventually(look, f"{count} requests with {marker} in nginx's log")

    def never_heard(self, marker: str, through: str, field: str = "target") -> bool:
        """Whether no such request came. A later one, through the same guard, must have by then."""
        later = f"later-{next(_NUMBERS)}"
        assert curl(f"{through}/robots.txt?{later}", agent=FIREFOX).status == 200
        self.hears(later)
        return not self.heard(marker, field)


def nginx(folder: Path, server: str) -> tuple[Program, str]:
    """nginx with one server block; returns it and its address."""
    port = free_port()
    config = folder / "nginx.conf"
    user = pwd.getpwuid(os.geteuid()).pw_name  # as root, workers must read pytest's folders
    config.write_text(_CONFIG.format(folder=folder, port=port, user=user, server=server))
    command = [program("nginx"), "-c", str(config), "-e", str(folder / "error.log")]
    started = Program(*command, log=folder / "output")
    started.listens(port)
    return started, f"http://127.0.0.1:{port}"


def serve(folder: Path) -> tuple[Program, Site]:
    """Make the site in `folder` and serve it."""
    root = folder / "site"
    make_site(root)
    started, url = nginx(folder, _SITE.format(root=root))
    return started, Site(url, root, folder / "access.log")


def proxy(folder: Path, upstream: str, address: str) -> tuple[Program, str]:
    """nginx as the proxy in front of `upstream`, which sees it come from `address`."""
    return nginx(folder, _PROXY.format(upstream=upstream, address=address))


def small_proxy(folder: Path, upstream: str) -> tuple[Program, str]:
    """The same, for whose visitors this machine keeps 64 kB: it could be 4 MB, and as much again on the
    way to nginx as nginx was seen to read at once.
    """
    port = free_port()
    server = _PROXY.format(upstream=upstream, address="127.0.0.1")
    started, _ = nginx(folder, f"listen 127.0.0.1:{port} sndbuf=64k; {server}")
    return started, f"http://127.0.0.1:{port}"


@cache
def shipped() -> Published:
    """What is said under the shipped stance."""
    policy = rule_folder.load()
    return published(policy.stance, policy.catalogue)
