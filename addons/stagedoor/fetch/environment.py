"""The proxies that the environment names (HTTP_PROXY, HTTPS_PROXY, NO_PROXY)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from stagedoor.model.errors import StagedoorError


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy; `authorization` is the value of Proxy-Authorization, or empty."""

    host: str
    port: int
    authorization: str = ""


def proxy_for(scheme: str, host: str) -> Proxy | None:
    """The proxy for a server; None where there is none. Raises StagedoorError for an odd one."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 (40 ms, for one command)

    written = getproxies().get(scheme, "")
    if not written or proxy_bypass(host):
        return None
    parts = urlsplit(written if "://" in written else f"http://{written}")
    if parts.scheme != "http" or not parts.hostname:
        raise StagedoorError(f"the proxy {written!r} of the environment is not http://HOST:PORT")
    user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    secret = f"Basic {b64encode(user.encode()).decode()}" if parts.username else ""
    return Proxy(parts.hostname, parts.port or 80, secret)
