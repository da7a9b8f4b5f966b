"""The port without TLS, where the guard ends HTTPS itself: a redirect, and the files of an ACME challenge.

Who comes by http:// is sent to the same page by https://, and learns nothing else here. A program that
renews the certificate (certbot, lego, acme.sh) proves that the site is yours with a file below
/.well-known/acme-challenge/ (RFC 8555, section 8.3). It puts the file into a folder, the webroot, and
this port hands it out.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from stagedoor.model.errors import StagedoorError
from stagedoor.web.server import HttpThread

MOST = 512
"""Connections at a time. Each is answered in under a millisecond."""
CHALLENGES = Path(".well-known/acme-challenge")
"""Below the webroot, as certbot --webroot and lego --http.webroot write it."""
_LARGEST = 4_096
"""Bytes of a challenge: a token, a dot, and a thumbprint of 43 letters."""
_HOST = re.compile(
    r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9](?:[a-z0-9._-]{0,252}))(?::[0-9]{1,5})?", re.IGNORECASE
)
_HTTPS = 443


class Redirect(HttpThread):
    """Answers at HOST:PORT until it is closed; port 0 asks for a free one, which is then in `port`.

    `secure` is the port of https://, as visitors reach it. Without a webroot there are no challenges.
    """

    def __init__(self, host: str, port: int, secure: int, webroot: Path | None = None) -> None:
        """Raises StagedoorError where the address cannot be had."""
        try:
            sockets = bind_sockets(port, host or None)
        except OSError as error:
            raise StagedoorError(
                f"--redirect {host}:{port} cannot be listened at: {error.strerror or error} — choose "
                "another address, or stop the program that is there"
            ) from error
        rules = [(r"/\.well-known/acme-challenge/([A-Za-z0-9_-]{1,256})", _Challenge,
                  {"folder": webroot and webroot / CHALLENGES, "secure": secure}),
                 (r".*", _Elsewhere, {"secure": secure})]  # fmt: skip
        application = Application(rules, log_function=lambda _handler: None)
        super().__init__(sockets, application, "stagedoor redirect", MOST)


class _Elsewhere(RequestHandler):
    """The same address by https://, for every method."""

    SUPPORTED_METHODS = ("GET", "HEAD", "POST", "DELETE", "PATCH", "PUT", "OPTIONS", "PROPFIND")  # type: ignore[assignment]

    def initialize(self, secure: int) -> None:
        self._port = "" if secure == _HTTPS else f":{secure}"

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("Connection", "close")

    def prepare(self) -> None:
        named = _HOST.fullmatch(self.request.host)
        if named is None:
            self.send_error(400)
            return
        self.set_status(301 if self.request.method in {"GET", "HEAD"} else 308)
        self.set_header(
            "Location", f"https://{named[1]}{self._port}{_path(self.request.uri or '/')}"
        )
        self.finish()

    def write_error(self, status_code: int, **_: object) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}: this request names no site\n")


class _Challenge(_Elsewhere):
    """A file of the webroot; else the redirect, in case the site itself has one."""

    def initialize(self, secure: int, folder: Path | None = None) -> None:
        super().initialize(secure)
        self._folder = folder

    def prepare(self) -> None:
        text = _read(self._folder / self.path_args[0]) if self._folder is not None else None
        if text is None or self.request.method not in {"GET", "HEAD"}:
            super().prepare()
            return
        self.set_header("Content-Type", "application/octet-stream")
        self.finish(text)


def _path(target: str) -> str:
    """The target behind the host; an absolute one, as a proxy is asked, loses its own."""
    if target.startswith("/"):
        return target
    parts = urlsplit(target)
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"


def _read(path: Path) -> bytes | None:
    """A small file of the folder itself; None for anything else."""
    try:
        with open(path, "rb", opener=_itself) as file:
            text = file.read(_LARGEST + 1)
    except OSError:
        return None
    return text if 0 < len(text) <= _LARGEST else None


def _itself(path: str, flags: int) -> int:
    """Neither what a link leads to, nor anything that lets its reader wait."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
