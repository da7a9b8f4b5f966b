"""The door that `measure_ja4.py` measures at: mitmdump ending TLS in front of the demo site."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tools.ja4_clients import LISTEN

ROOT = Path(__file__).resolve().parents[1]
ADDONS = ROOT / "addons"
SITE = ADDONS / "stagedoor" / "demo" / "site"
PATIENCE = 60.0
"""Seconds until something that must happen counts as not happening."""
WATCH = """
import json, sys
sys.path.insert(0, {addons!r})
from stagedoor.fronts.handshakes import Fingerprints
from stagedoor.fronts.mitmproxy.client_hello import learn

class Watch:
    def __init__(self):
        self.known = Fingerprints()
        self.out = open({out!r}, "a", buffering=1)
    def tls_clienthello(self, data):
        print(json.dumps({{"ja4": learn(self.known, data)}}), file=self.out)
    def requestheaders(self, flow):
        print(json.dumps({{
            "ja4": self.known.of(flow.client_conn.id), "path": flow.request.path,
            "method": flow.request.method, "http": flow.request.http_version,
            "host": flow.request.host_header, "tls": bool(flow.client_conn.tls),
            "headers": [[k.decode("latin-1"), v.decode("latin-1")]
                        for k, v in flow.request.headers.fields]}}), file=self.out)
        flow.request.headers.pop("upgrade", None)
    def responseheaders(self, flow):
        flow.response.stream = True

addons = [Watch()]
"""


class _Origin(SimpleHTTPRequestHandler):
    """The demo site and a page that plays it, with byte ranges."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].lstrip("/")
        file = SITE / path
        data = LISTEN.encode() if path == "listen" else file.read_bytes() if file.is_file() else b""
        kind = "text/html" if path == "listen" else self.guess_type(str(file))
        first, _, last = self.headers.get("Range", "").removeprefix("bytes=").partition("-")
        start = int(first or 0)
        end = min(int(last) + 1 if last else len(data), len(data))
        self.send_response(404 if not data else 206 if first else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(end - start))
        self.send_header("Accept-Ranges", "bytes")
        if first:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(data[start:end])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class Door:
    """mitmdump ending TLS in front of the origin; `lines` are what it saw."""

    def __init__(self, work: Path) -> None:
        self._out = work / "seen.jsonl"
        self._out.touch()
        self._log = (work / "mitmdump.log").open("wb")
        self.certificate = _certificate(work / "localhost.pem")
        origin = ThreadingHTTPServer(("127.0.0.1", 0), _Origin)
        threading.Thread(target=origin.serve_forever, daemon=True).start()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        script = work / "watch.py"
        script.write_text(WATCH.format(addons=str(ADDONS), out=str(self._out)))
        self._process = subprocess.Popen(
            [
                *(str(Path(sys.executable).parent / "mitmdump"), "-q", "-s", str(script)),
                *("--mode", f"reverse:http://127.0.0.1:{origin.server_port}"),
                *("--listen-host", "127.0.0.1", "--listen-port", str(self.port)),
                *("--certs", f"*={work / 'localhost.pem'}", "--set", f"confdir={work}"),
                *("--set", "keep_host_header=true"),
            ],
            stderr=self._log,
        )
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise SystemExit(f"mitmdump did not start: {(work / 'mitmdump.log').read_text()}")

    def lines(self, after: int = 0) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._out.read_text().splitlines()[after:]]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._log.close()


def _certificate(path: Path) -> str:
    """A certificate for localhost, in a file together with its key; returns the certificate."""
    key = path.with_suffix(".key")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(key), "-out", str(path)),
        ],
        check=True,
        capture_output=True,
    )
    certificate = path.read_text()
    path.write_text(key.read_text() + certificate)
    return certificate
