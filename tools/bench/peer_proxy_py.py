"""proxy.py as a reverse proxy: what Python does without mitmproxy. Its plugin; the site is in UPSTREAM."""

from __future__ import annotations

import os
from typing import Any

from proxy.http import Url
from proxy.http.server import ReverseProxyBasePlugin


class Site(ReverseProxyBasePlugin):
    """Everything goes to the one site, with the target as it came."""

    def routes(self) -> list[Any]:
        """A pattern of targets that handle_route() is asked about."""
        return [r"/(.*)"]

    def handle_route(self, request: Any, _pattern: Any) -> Url:
        """Where this request goes."""
        url = Url.from_bytes(os.environ["UPSTREAM"].encode())
        url.remainder = request.path
        return url
