"""What `stagedoor publish` writes, served by real nginx, Caddy and Apache with its snippets."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import http_sf
import pytest
from lxml import etree
from protego import Protego
from robots import RobotsParser

from stagedoor.load import rule_folder
from stagedoor.publish.publication import Published, published
from stagedoor.signals import headers
from stagedoor.signals.meaning import USES, resolve

from .clients import Answer, curl
from .programs import Program, free_port, program, run
from .test_logs import user

ADDRESS = "https://ghostlight.example"
STANCE = f"""\
artist: {{name: Ghost Light, contact: "mailto:ana@ghostlight.example"}}
publish: {{address: "{ADDRESS}", trust_txt: yes}}
"""
OWN = "# The site's own.\nUser-agent: *\nDisallow: /drafts/\n"

_NGINX = """
daemon off;
{user}
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  types {{ audio/mpeg mp3; text/html html; text/plain txt; application/json json; text/xml xml; }}
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {root};
    include {root}/headers/nginx.conf;
    {types}
    location /old {{ return 301 /index.html; }}
    location /broken {{ return 500; }}
    location /own/ {{ add_header X-Own 1; include {root}/headers/nginx.conf; }}
  }}
}}
"""
_CADDY = """
{{
  admin off
  auto_https off
}}
http://:{port} {{
  bind 127.0.0.1
  root * {root}
  import {root}/headers/Caddyfile
  redir /old /index.html 301
  respond /broken 500
  header /own/* X-Own 1
  file_server
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
LoadModule dir_module {modules}/mod_dir.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule headers_module {modules}/mod_headers.so
{user}
TypesConfig /dev/null
AddType audio/mpeg .mp3
AddType text/html .html
AddType text/plain .txt
AddType application/json .json
AddType text/xml .xml
DocumentRoot {root}
DirectoryIndex index.html
<Directory {root}>
  Require all granted
  AllowOverride {override}
</Directory>
ErrorLog {folder}/error.log
ErrorDocument 404 /missing.html
<Location /own>
  Header set X-Own 1
</Location>
{include}
"""

_REDIRECTS = "Redirect 301 /old /index.html\nRedirect 500 /broken\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A site with everything published into it."""
    folder, rules = tmp_path / "site", tmp_path / "rules"
    for inside in ("music", "own"):
        (folder / inside).mkdir(parents=True)
        (folder / inside / "a.mp3").write_bytes(b"a" * 100_000)
    (folder / "index.html").write_text("<title>The Band</title>")
    (folder / "missing.html").write_text("<title>Nothing here</title>")
    (folder / "robots.txt").write_text(OWN)
    rules.mkdir()
    (rules / "stance.yaml").write_text(STANCE)
    done = run(sys.executable, "-m", "stagedoor", "publish", str(folder), "--rules", str(rules))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def said(root: Path) -> Published:
    """What must come out of it."""
    policy = rule_folder.load(root.parent / "rules")
    return published(policy.stance, policy.catalogue)


@contextmanager
def nginx(folder: Path, root: Path) -> Iterator[str]:
    snippet = (root / "headers" / "nginx.conf").read_text()
    types = [line.removeprefix("#") for line in snippet.splitlines() if "location =" in line]
    assert len(types) == 2
    port, config = free_port(), folder / "nginx.conf"
    config.write_text(
        _NGINX.format(
            folder=folder, port=port, root=root, types="\n".join(types), user=f"user {user()};"
        )
    )
    command = [program("nginx"), "-c", str(config), "-e", str(folder / "error.log")]
    with Program(*command, log=folder / "output") as started:
        started.listens(port)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def caddy(folder: Path, root: Path) -> Iterator[str]:
    port, config = free_port(), folder / "Caddyfile"
    config.write_text(_CADDY.format(port=port, root=root))
    where = [f"{name}={folder}" for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")]
    command = [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(config)]
    with Program(program("env"), *where, *command, log=folder / "output") as started:
        started.listens(port)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def apache(folder: Path, root: Path, *, htaccess: bool = False) -> Iterator[str]:
    server, port, config = program("apache2"), free_port(), folder / "apache2.conf"
    rights = ""
    if os.geteuid() == 0:  # Apache refuses to run as root
        rights = "User nobody\nGroup nogroup"
        inside = [path for path in root.rglob("*") if path.is_dir()]
        for path in (root, *root.parents[:3], *inside):
            path.chmod(path.stat().st_mode | 0o055)
    snippet = root / "headers" / "apache.conf"
    include = f"{_REDIRECTS}Include {snippet}"
    if htaccess:
        (root / ".htaccess").write_text(_REDIRECTS + snippet.read_text())
    config.write_text(
        _APACHE.format(
            folder=folder,
            port=port,
            root=root,
            user=rights,
            modules="/usr/lib/apache2/modules",
            override="FileInfo" if htaccess else "None",
            include="" if htaccess else include,
        )
    )
    command = [server, "-D", "FOREGROUND", "-f", str(config)]
    with Program(*command, log=folder / "output") as started:
        started.listens(port)
        yield f"http://127.0.0.1:{port}"


def ours(answer: Answer, said: Published) -> list[tuple[str, str]]:
    """The fields of an answer by the names that are published, in small letters and sorted."""
    names = {name.decode().lower() for name, _ in said.headers}
    fields = [(n.lower(), " ".join(v.split())) for n, v in answer.headers.items()]
    return sorted(field for field in fields if field[0] in names)


def carries_everything(url: str, said: Published) -> None:
    """Every kind of response has exactly the published headers, and they mean the stance."""
    expected = sorted((n.decode().lower(), v.decode()) for n, v in said.headers)
    for status, path, *more in (
        (200, "/index.html"),
        (200, "/music/a.mp3"),
        (200, "/own/a.mp3"),
        (206, "/music/a.mp3", "-r", "100-199"),
        (416, "/music/a.mp3", "-r", "900000-"),
        (404, "/nowhere.mp3"),
        (301, "/old"),
        (500, "/broken"),
        (200, "/robots.txt"),
        (200, "/license.xml"),
    ):
        answer = curl(url + path, *more)
        assert (path, answer.status) == (path, status)
        found = ours(answer, said)
        if status == 416:  # nginx says everything twice here
            found = sorted(set(found))
        assert found == expected, path
    assert curl(f"{url}/own/a.mp3").headers["x-own"] == "1"
    meant = headers.read(ours(curl(f"{url}/music/a.mp3"), said))
    assert [resolve(meant, use).answer for use in USES] == ["no", "no", "yes"]
    usage = curl(f"{url}/music/a.mp3").headers["content-usage"]
    parsed = http_sf.parse(usage.encode(), tltype="dictionary")
    assert isinstance(parsed, dict)
    assert {name: str(value[0]) for name, value in parsed.items()} == {  # type: ignore[index]
        "train-ai": "n",
        "ai-use": "n",
        "search": "y",
    }


def serves_the_files(url: str, said: Published) -> None:
    """Every file as it was written, as what it is; and others than ourselves understand them."""
    for path, file in said.files.items():
        answer = curl(url + path)
        assert (answer.status, answer.body) == (200, file.text)
        assert answer.type.partition(";")[0] == file.type.partition(";")[0], path
    text = curl(f"{url}/robots.txt").text
    assert text == said.robots(OWN.encode()).text.decode()
    spy, protego = RobotsParser.from_string(text), Protego.parse(text)
    for token in ("GPTBot", "CCBot", "ChatGPT-User", "Google-Extended"):
        assert not spy.can_fetch(token, "/music/a.mp3")
        assert not protego.can_fetch("/music/a.mp3", token)
        assert spy.can_fetch(token, "/license.xml")
        assert protego.can_fetch("/license.xml", token)
    for token in ("Googlebot", "Overcast"):
        for path, may in (("/music/a.mp3", True), ("/drafts/b.mp3", False)):
            assert spy.can_fetch(token, path) is may
            assert protego.can_fetch(path, token) is may
    licence = etree.fromstring(curl(f"{url}/license.xml").body)
    names = {"r": licence.nsmap[None]}
    assert (
        licence.xpath("string(//r:prohibits[@type='usage'])", namespaces=names)
        == "ai-train ai-input"
    )
    assert (
        licence.xpath("string(//r:permits[@type='usage'])", namespaces=names) == "search ai-index"
    )
    assert licence.xpath("string(//r:copyright)", namespaces=names) == "Ghost Light"


def test_nginx(tmp_path: Path, root: Path, said: Published) -> None:
    with nginx(tmp_path, root) as url:
        carries_everything(url, said)
        serves_the_files(url, said)


def test_caddy(tmp_path: Path, root: Path, said: Published) -> None:
    with caddy(tmp_path, root) as url:
        carries_everything(url, said)
        serves_the_files(url, said)


@pytest.mark.parametrize("htaccess", [False, True])
def test_apache(tmp_path: Path, root: Path, said: Published, htaccess: bool) -> None:
    with apache(tmp_path, root, htaccess=htaccess) as url:
        carries_everything(url, said)
        serves_the_files(url, said)
