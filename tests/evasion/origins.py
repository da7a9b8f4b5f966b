"""Real servers in front of one small site, each on a free port of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from e2e.programs import ROOT, Program, free_port, program

HERE = Path(__file__).resolve().parent / "servers"
CACHE = ROOT / ".evasion"
"""What npm and go make; git ignores it."""
MARK = b"THIS-IS-THE-RECORDING"
RECORDING = (b"\xff\xfb\x90\x64" + bytes(413)) * 4 + MARK


def site(folder: Path) -> Path:
    """A site with one recording under several names, in `folder`."""
    for name in ("music/a.mp3", "music/song", "music/a.mp3.bak", "music/a.mp3~", "rest/stream"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(RECORDING)
    (folder / "music/typeless").write_bytes(RECORDING)
    (folder / "robots.txt").write_text("User-agent: *\nAllow: /\n")
    (folder / ".well-known").mkdir()
    (folder / ".well-known/x").write_text("plain\n")
    (folder / "stream.php").write_text(
        "<?php header('Content-Type: audio/mpeg'); readfile(__DIR__ . '/music/song');"
    )
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def _nginx(root: Path, work: Path, port: int) -> Sequence[str]:
    (work / "nginx.conf").write_text(
        f"daemon off; error_log stderr; pid {work}/pid;\nevents {{}}\nhttp {{ access_log off;"
        f"types {{ audio/mpeg mp3; text/plain txt; }} default_type application/octet-stream;"
        f"client_body_temp_path {work}; proxy_temp_path {work}; fastcgi_temp_path {work};"
        f"uwsgi_temp_path {work}; scgi_temp_path {work};"
        f"server {{ listen 127.0.0.1:{port}; root {root}; location = /stream.php {{ return 404; }} }} }}"
        + ("\nuser root;" if os.geteuid() == 0 else "")
    )
    return [program("nginx"), "-c", f"{work}/nginx.conf", "-p", str(work)]


def _apache(root: Path, work: Path, port: int) -> Sequence[str]:
    modules = "/usr/lib/apache2/modules"
    names = ("mpm_event", "authz_core", "mime", "dir")
    (work / "types").write_text("audio/mpeg mp3\ntext/plain txt\n")
    (work / "apache.conf").write_text(
        "".join(f"LoadModule {n}_module {modules}/mod_{n}.so\n" for n in names)
        + f"ServerName x\nListen 127.0.0.1:{port}\nPidFile {work}/pid\nTypesConfig {work}/types\n"
        f"ErrorLog {work}/error.log\nDocumentRoot {root}\nUser nobody\nGroup nogroup\n"
        f"DefaultRuntimeDir {work}\n<Directory {root}>\nRequire all granted\n</Directory>\n"
    )
    return [program("apache2"), "-X", "-f", f"{work}/apache.conf"]


def _caddy(root: Path, work: Path, port: int) -> Sequence[str]:
    del work
    listen = f"127.0.0.1:{port}"
    return [program("caddy"), "file-server", "--listen", listen, "--root", str(root)]


def _lighttpd(root: Path, work: Path, port: int) -> Sequence[str]:
    (work / "l.conf").write_text(
        f'server.document-root = "{root}"\nserver.port = {port}\nserver.bind = "127.0.0.1"\n'
        'mimetype.assign = (".mp3" => "audio/mpeg", ".txt" => "text/plain")\n'
    )
    return [program("lighttpd"), "-D", "-f", f"{work}/l.conf"]


def _php(root: Path, work: Path, port: int) -> Sequence[str]:
    del work
    return [program("php"), "-S", f"127.0.0.1:{port}", "-t", str(root)]


def _http_server(root: Path, work: Path, port: int) -> Sequence[str]:
    del work
    return [sys.executable, "-m", "http.server", str(port), "-b", "127.0.0.1", "-d", str(root)]


def _tornado(root: Path, work: Path, port: int) -> Sequence[str]:
    del work
    return [sys.executable, str(HERE / "files.py"), str(port), str(root)]


def _node(kind: str) -> Callable[[Path, Path, int], Sequence[str]]:
    def command(root: Path, work: Path, port: int) -> Sequence[str]:
        del work
        CACHE.mkdir(exist_ok=True)
        node = program("node")
        if not (CACHE / "node_modules/express").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, CACHE)
            words = [program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(words, cwd=CACHE, check=True, timeout=300)
        script = CACHE / "serve.cjs"  # beside its modules, where node looks for them
        shutil.copy(HERE / "serve.cjs", script)
        return [node, str(script), kind, str(port), str(root)]

    return command


def _go(root: Path, work: Path, port: int) -> Sequence[str]:
    del work
    CACHE.mkdir(exist_ok=True)
    built = CACHE / "goserver"
    if not built.exists():
        words = [program("go"), "build", "-o", str(built), str(HERE / "main.go")]
        subprocess.run(words, check=True, timeout=300)
    return [str(built), str(port), str(root)]


def _tomcat(root: Path, work: Path, port: int) -> Sequence[str]:
    home = Path("/usr/share/tomcat10")
    script = home / "bin/catalina.sh"
    if not script.exists():
        program("tomcat10")  # fails in CI, skips elsewhere
    for name in ("conf", "logs", "temp", "work", "webapps"):
        (work / name).mkdir()
    shutil.copy("/etc/tomcat10/web.xml", work / "conf/web.xml")
    (work / "conf/server.xml").write_text(
        f'<Server port="-1"><Service name="Catalina"><Connector port="{port}" '
        'address="127.0.0.1"/><Engine name="Catalina" defaultHost="localhost"><Host '
        f'name="localhost" appBase="webapps"><Context path="" docBase="{root}"/></Host></Engine>'
        "</Service></Server>"
    )
    return ["/usr/bin/env", f"CATALINA_HOME={home}", f"CATALINA_BASE={work}", str(script), "run"]


SERVERS: dict[str, Callable[[Path, Path, int], Sequence[str]]] = {
    "nginx": _nginx,
    "apache": _apache,
    "caddy": _caddy,
    "lighttpd": _lighttpd,
    "php": _php,
    "http.server": _http_server,
    "tornado": _tornado,
    "serve": _node("serve"),
    "express": _node("express"),
    "go": _go,
    "tomcat": _tomcat,
}


@contextmanager
def serving(name: str, root: Path, work: Path) -> Iterator[int]:
    """A server of that name, as long as the block lasts; its port."""
    port = free_port()
    with Program(*SERVERS[name](root, work, port), log=work / "server.log") as started:
        started.listens(port)
        yield port
