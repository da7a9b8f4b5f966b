"""Where the shared store is: `valkey://host:6379/0`, as the stance and the option write it.

| part                   | meaning                                                                |
|------------------------|------------------------------------------------------------------------|
| valkey://, redis://    | plain; both kinds of server speak the same protocol                    |
| valkeys://, rediss://  | over TLS                                                               |
| unix:///path           | a socket on this machine                                               |
| user@                  | the name of a user of the server's access list                         |
| host, :port            | 6379 where there is none                                               |
| /number                | the database, 0 where there is none                                    |
| ?wait=20               | milliseconds a request waits for the store at most, 1 to 1000          |
| ?site=name             | goes before every key, so that several sites can use one server        |
| ?ca=/file.pem          | certificates to believe of a server with TLS                           |

Never a password: it comes from the environment or a file (`store/store_password.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

WAIT = 0.02
"""Seconds that a request waits at most."""
PORT = 6379
_EXAMPLE = "valkey://127.0.0.1:6379"
_TLS = {"valkey": False, "redis": False, "valkeys": True, "rediss": True, "unix": False}
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MORE = ("wait", "site", "ca")


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """`path` is a socket's, and empty where `host` and `port` count; `wait` is in seconds."""

    host: str = ""
    port: int = PORT
    path: str = ""
    database: int = 0
    user: str = ""
    tls: bool = False
    wait: float = WAIT
    site: str = ""
    authorities: str = ""

    def __str__(self) -> str:
        """As a log may show it."""
        if self.path:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def store_address(text: str) -> StoreAddress:
    """`text` understood. ValueError with the fix where it is no address of a store."""
    scheme, mark, _ = text.partition("://")
    if not mark or scheme not in _TLS:
        raise ValueError(f'"{_hidden(text)}" is not the address of a store — write {_EXAMPLE}')
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(f'"{_hidden(text)}" has no usable port — write {_EXAMPLE}') from None
    if parts.password is not None:
        raise ValueError(
            f'"{_hidden(text)}" has a password in it — put that into the environment variable '
            "STAGEDOOR_STORE_PASSWORD, or into a file that STAGEDOOR_STORE_PASSWORD_FILE names"
        )
    local = scheme == "unix"
    if bool(parts.hostname) == local or (local and len(parts.path) < 2):
        fix = "unix:///run/valkey/valkey.sock" if local else _EXAMPLE
        raise ValueError(f'"{text}" does not say where the store is — write {fix}')
    database = "" if local else parts.path.removeprefix("/")
    if database and not (database.isascii() and database.isdigit()):
        raise ValueError(f'"{database}" is not the number of a database — write {_EXAMPLE}/0')
    more = _more(text, parts.query)
    return StoreAddress(
        host=parts.hostname or "",
        port=port or PORT,
        path=unquote(parts.path) if local else "",
        database=int(database or 0),
        user=unquote(parts.username or ""),
        tls=_TLS[scheme],
        wait=_wait(more.get("wait", "")),
        site=_site(more.get("site", "")),
        authorities=more.get("ca", ""),
    )


def _more(text: str, query: str) -> dict[str, str]:
    more = dict(parse_qsl(query, keep_blank_values=True))
    for name in more:
        if name not in _MORE:
            raise ValueError(f'"{name}" in "{text}" is not known — known: {", ".join(_MORE)}')
    return more


def _wait(text: str) -> float:
    if not text:
        return WAIT
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1000):
        raise ValueError(
            f"wait={text} is not a number of milliseconds from 1 to 1000 — write wait=20"
        )
    return int(text) / 1000


def _site(text: str) -> str:
    if text and not _NAME.fullmatch(text):
        raise ValueError(f"site={text} is not a name — write letters, digits, dots and hyphens")
    return text


def _hidden(text: str) -> str:
    """`text` without a password: it goes into logs."""
    return re.sub(r":[^/@]*@", ":…@", text)
