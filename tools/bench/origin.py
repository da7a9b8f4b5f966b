"""The site behind both proxies: small files of a few kilobytes, and two long recordings."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

from .processes import Processes, free_port

LONG = "/music/long.mp3"
ENDLESS = "/music/endless.mp3"

_SMALL = {
    "index.html": 4_000,
    "about.html": 2_500,
    "shows.html": 6_000,
    "css/site.css": 5_000,
    "covers/one.jpg": 8_000,
    "covers/two.jpg": 7_000,
    "feed.xml": 8_000,
    "robots.txt": 300,
    "music/one.mp3": 8_000,
    "music/two.mp3": 6_000,
}

_NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  types {{ text/html html; text/css css; image/jpeg jpg; audio/mpeg mp3; text/plain txt;
          application/rss+xml xml; }}
  access_log off;
  sendfile on;
  keepalive_requests 100000000;
  keepalive_timeout 600s;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {folder}/site; }}
}}
"""


def build(folder: Path, long: int, endless: int) -> Path:
    """Lay the site out in `folder`. The recordings are sparse: they cost no disk."""
    site = folder / "site"
    noise = random.Random(0)
    for name, size in _SMALL.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(noise.randbytes(size))
    for name, size in ((LONG, long), (ENDLESS, endless)):
        with (site / name[1:]).open("wb") as file:
            file.truncate(size)
    return site


def start(processes: Processes, folder: Path, site: Path) -> tuple[int, str]:
    """Start the origin; returns its port and what it is."""
    port = free_port()
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if nginx:
        config = folder / "nginx.conf"
        config.write_text(_NGINX.format(folder=folder, port=port))
        processes.start("nginx", [nginx, "-p", folder, "-c", config], port)
        told = subprocess.run([nginx, "-v"], capture_output=True, text=True, check=False).stderr
        return port, told.strip().rpartition(": ")[2]
    script = Path(__file__).with_name("fallback.py")
    processes.start("origin", [sys.executable, script, site, str(port)], port)
    return port, "our own small origin (no nginx on PATH)"
