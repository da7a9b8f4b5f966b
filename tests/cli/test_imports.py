"""What commands load: those that only fetch and compare need no proxy, and start without one."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from making import ROOT

SCRIPT = f"""
import json, socket, sys
sys.path.insert(0, {str(ROOT / "addons")!r})
def nowhere(*_, **__):
    raise socket.gaierror(-2, "no names in this test")
socket.getaddrinfo = nowhere
from stagedoor.cli import main
status = main(sys.argv[1:])
loaded = [name for name in sys.modules if name.partition(".")[0] in ("mitmproxy", "mitmproxy_rs")]
print(json.dumps({{"status": status, "loaded": sorted(loaded)}}), file=sys.stderr)
"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<title>Songs</title>" if self.path == "/" else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def site() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def ran(*words: str) -> tuple[dict[str, object], str]:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    return json.loads(run.stderr.splitlines()[-1]), run.stdout


def test_audit_loads_no_mitmproxy(site: str) -> None:
    found, said = ran("audit", site)
    assert "robots.txt" in said
    assert found == {"status": 1, "loaded": []}


def test_update_loads_no_mitmproxy(tmp_path: Path) -> None:
    found, said = ran("update", "--state", str(tmp_path))
    assert "cannot be looked up" in said
    assert found == {"status": 1, "loaded": []}
