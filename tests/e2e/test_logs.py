"""`stagedoor replay` on what real servers and the real mitmdump have written."""

from __future__ import annotations

import gzip
import os
import pwd
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from .clients import FIREFOX, GPTBOT, LIBRARY, conversation, curl, raw, request
from .programs import Program, eventually, free_port, program, run

REFERER = 'a" "Googlebot/2.1'
"""Looks like the end of a log line; so does the agent, which also is none for a terminal."""
QUOTES = LIBRARY + ' \\ \\" "- \u00e9" "'
CONTROLS = QUOTES + "\x1b[31m"
"""Apache and Caddy refuse such a request by themselves."""
CAUGHT = "python-requests"

_NGINX = """
daemon off;
{user}
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  types {{ audio/mpeg mp3; text/html html; }}
  log_format vhost '$host:$server_port $remote_addr - $remote_user [$time_local] "$request" '
    '$status $body_bytes_sent "$http_referer" "$http_user_agent"';
  log_format main '$remote_addr - $remote_user [$time_local] "$request" '
    '$status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for"';
  log_format common '$remote_addr - $remote_user [$time_local] "$request" $status $bytes_sent';
  log_format json escape=json '{{"time_local":"$time_local","remote_addr":"$remote_addr",'
    '"request":"$request","status":"$status","body_bytes_sent":"$body_bytes_sent",'
    '"http_host":"$http_host","http_user_agent":"$http_user_agent"}}';
  access_log {folder}/combined.log combined;
  access_log {folder}/main.log main;
  access_log {folder}/vhost.log vhost;
  access_log {folder}/common.log common;
  access_log {folder}/json.log json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""
_APACHE = """
ServerRoot {folder}
ServerName music.example
PidFile {folder}/pid
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule mime_module {modules}/mod_mime.so
{user}
TypesConfig /dev/null
AddType audio/mpeg .mp3
DocumentRoot {root}
<Directory {root}>
  Require all granted
</Directory>
ErrorLog {folder}/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" combined
LogFormat "%v:%p %h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" vhost_combined
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog {folder}/combined.log combined
CustomLog {folder}/vhost.log vhost_combined
CustomLog {folder}/common.log common
"""
_CADDY = """
{{
  admin off
  auto_https off
}}
http://:{port} {{
  bind 127.0.0.1
  root * {root}
  file_server
  log {{
    output file {folder}/caddy.log
  }}
}}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A site of a recording and a page."""
    folder = tmp_path / "site"
    (folder / "music").mkdir(parents=True)
    (folder / "music" / "a.mp3").write_bytes(b"a" * 100_000)
    (folder / "index.html").write_text("<title>The Band</title>")
    return folder


def visit(url: str, hostile: str = CONTROLS) -> None:
    """Ten requests: people, crawlers, one who is hostile. And two who ask for nothing."""
    for _ in range(3):
        assert curl(f"{url}/music/a.mp3", agent=GPTBOT).status == 200
    assert curl(f"{url}/music/a.mp3", "-r", "0-999", agent=GPTBOT).status == 206
    assert curl(f"{url}/music/%61.mp3?x=%22", "-e", REFERER, agent=FIREFOX).status == 200
    assert curl(f"{url}/index.html", agent=FIREFOX).status == 200
    assert curl(f"{url}/missing.mp3", agent=FIREFOX).status == 404
    assert curl(f"{url}/music/a.mp3", "-I", agent=FIREFOX).status == 200
    assert curl(f"{url}/index.html", "-u", "jo [x:pw", agent=FIREFOX).status == 200
    assert raw(url, request("/music/a.mp3", hostile.encode().decode("latin-1"))).status == 200
    for garbage in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"SSH-2.0-Go\r\n\r\n"):
        conversation(url, garbage, silence=0.5)


def replay(*words: str | Path) -> dict[str, Any]:
    """The JSON that `stagedoor replay` prints."""
    done = run(sys.executable, "-m", "stagedoor", "replay", "--json", *map(str, words))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found


def check(found: dict[str, Any], *, size: int = 0) -> None:
    """The visit, as it must be counted. `size`: bytes that each answer is longer than its body."""
    assert found["unreadable"] == {"count": 0, "first": []}
    assert found["came"]["requests"] == 10
    clients = {client["name"]: client for client in found["clients"]}
    assert set(clients) == {"GPTBot", "Firefox", CAUGHT}
    bot = clients["GPTBot"]
    assert (bot["came"]["requests"], bot["came"]["served"], bot["files"]) == (4, 4, 1)
    assert 0 <= bot["came"]["bytes"] - 301_000 <= 4 * size
    assert bot["refused"] == bot["came"]
    assert clients["Firefox"]["came"]["requests"] == 5
    assert clients["Firefox"]["files"] == 1
    assert 0 <= clients["Firefox"]["came"]["recordings_bytes"] - 100_000 <= size
    assert clients[CAUGHT]["refused"]["recordings"] == 1
    rules = {rule["rule"]: rule["requests"] for rule in found["rules"]}
    assert rules == {"ai-training-off": 4, "libraries-off": 1}
    assert found["first"] <= found["last"]
    assert found["first"].startswith("20")


def written(log: Path, lines: int) -> Path:
    """A log, once so many lines are in it: servers write a moment after they answer."""
    eventually(lambda: log.exists() and log.read_bytes().count(b"\n") >= lines, f"{lines} in {log}")
    return log


def user() -> str:
    """Whom a server's workers run as, so that they can read pytest's folders."""
    return pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture
def nginx(tmp_path: Path, root: Path) -> Path:
    """The folder of the logs that nginx has written about the visit."""
    port = free_port()
    config = tmp_path / "nginx.conf"
    config.write_text(_NGINX.format(folder=tmp_path, port=port, root=root, user=f"user {user()};"))
    command = [program("nginx"), "-c", str(config), "-e", str(tmp_path / "error.log")]
    with Program(*command, log=tmp_path / "output") as started:
        started.listens(port)
        visit(f"http://127.0.0.1:{port}")
    return tmp_path


def test_nginx(nginx: Path) -> None:
    for name in ("combined", "main", "vhost", "json"):
        log = written(nginx / f"{name}.log", 12)
        found = replay(log)
        check(found)
        assert found["not_requests"] == 2
    packed = nginx / "packed"  # its name does not say what it is
    packed.write_bytes(gzip.compress(log.read_bytes()))
    assert replay(packed)["clients"] == found["clients"]


def test_nginx_all_at_once(nginx: Path) -> None:
    both = replay(nginx / "combined.log", nginx / "json.log")
    assert both["came"]["requests"] == 20
    assert both["refused"]["requests"] == 10
    assert both["clients"][0]["files"] == 1


def test_the_common_format_judges_nobody(nginx: Path) -> None:
    found = replay(written(nginx / "common.log", 12))
    assert (found["without_agent"], found["came"]["requests"]) == (10, 0)


def test_apache(tmp_path: Path, root: Path) -> None:
    server = program("apache2")
    port = free_port()
    config = tmp_path / "apache2.conf"
    rights = f"User {user()}\nGroup nogroup" if os.geteuid() == 0 else ""
    if os.geteuid() == 0:  # Apache refuses to run as root
        rights = "User nobody\nGroup nogroup"
        for folder in (root, *root.parents[:3], root / "music"):
            folder.chmod(folder.stat().st_mode | 0o055)
    config.write_text(
        _APACHE.format(
            folder=tmp_path, port=port, root=root, user=rights, modules="/usr/lib/apache2/modules"
        )
    )
    command = [server, "-D", "FOREGROUND", "-f", str(config)]
    with Program(*command, log=tmp_path / "output") as started:
        started.listens(port)
        visit(f"http://127.0.0.1:{port}", QUOTES)
        for name in ("combined", "vhost"):
            found = replay(written(tmp_path / f"{name}.log", 12))
            check(found, size=500)
            assert found["not_requests"] >= 1  # of SSH's greeting it makes nothing, or a request
        assert replay(written(tmp_path / "common.log", 12))["without_agent"] >= 10


def test_caddy(tmp_path: Path, root: Path) -> None:
    port = free_port()
    config = tmp_path / "Caddyfile"
    config.write_text(_CADDY.format(folder=tmp_path, port=port, root=root))
    command = ["run", "--adapter", "caddyfile", "--config", str(config)]
    home = f"HOME={tmp_path}"
    with Program(
        program("env"), home, f"XDG_DATA_HOME={tmp_path}", f"XDG_CONFIG_HOME={tmp_path}",
        program("caddy"), *command, log=tmp_path / "output",
    ) as started:  # fmt: skip
        started.listens(port)
        visit(f"http://127.0.0.1:{port}", QUOTES)
        check(replay(written(tmp_path / "caddy.log", 10)))


def flows(tmp_path: Path, url: str, *arguments: str) -> Path:
    """The flow file of a mitmdump in front of `url`, after the visit."""
    port, file = free_port(), tmp_path / "site.flows"
    with Program(*_mitmdump(
        tmp_path, "--mode", f"reverse:{url}@127.0.0.1:{port}", "-w", str(file), *arguments
    ), log=tmp_path / "mitmdump") as started:  # fmt: skip
        started.listens(port)
        visit(f"http://127.0.0.1:{port}")
    return file


def _mitmdump(tmp_path: Path, *arguments: str) -> Sequence[str]:
    return (program("mitmdump"), "-q", "--set", f"confdir={tmp_path}/conf", *arguments)


def test_mitmproxy_and_har(tmp_path: Path, root: Path) -> None:
    """A flow file, the HAR that mitmproxy makes of it, and both packed."""
    port = free_port()
    config = tmp_path / "nginx.conf"
    config.write_text(_NGINX.format(folder=tmp_path, port=port, root=root, user=f"user {user()};"))
    command = [program("nginx"), "-c", str(config), "-e", str(tmp_path / "error.log")]
    with Program(*command, log=tmp_path / "output") as started:
        started.listens(port)
        file = flows(tmp_path, f"http://127.0.0.1:{port}")
    har = tmp_path / "site.har"
    done = run(*_mitmdump(tmp_path, "-n", "-r", str(file), "--set", f"hardump={har}"))
    assert done.returncode == 0, done.stderr
    for capture in (file, har):
        found = replay(capture)
        check(found)
        packed = tmp_path / "packed"
        packed.write_bytes(gzip.compress(capture.read_bytes()))
        assert replay(packed)["clients"] == found["clients"]
