"""HAR 1.2: what browsers' developer tools and proxies save, one JSON document for all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from stagedoor.fronts.replay.log_records import Exchange, Unreadable
from stagedoor.model.facts import Arrival, Request, as_header, host_name
from stagedoor.resources.paths import normalise


def exchanges(data: bytes) -> Iterator[Exchange | Unreadable]:
    """Every entry of a HAR file, in its order."""
    try:
        entries = orjson.loads(data)["log"]["entries"]
    except (ValueError, TypeError, KeyError):
        yield Unreadable("it is no HAR file: there is no list log.entries in it")
        return
    for entry in entries if isinstance(entries, list) else []:
        try:
            yield _exchange(entry)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            yield Unreadable(f"the entry is not as HAR 1.2 has it: {error!r}"[:120])


def _exchange(entry: Mapping[str, Any]) -> Exchange:
    asked, answered = entry["request"], entry["response"]
    url = urlsplit(asked["url"])
    target = as_header((url.path or "/") + (f"?{url.query}" if url.query else ""))
    # Pseudo-headers (`:path`) are the request line of HTTP/2, and no headers.
    headers = tuple(
        (as_header(header["name"]), as_header(header["value"]))
        for header in asked.get("headers") or ()
        if not header["name"].startswith(":")
    )
    named = {name.lower(): value for name, value in reversed(headers)}
    content = answered.get("content") or {}
    return Exchange(
        at=datetime.fromisoformat(entry["startedDateTime"]).timestamp(),
        request=Request(
            method=str(asked["method"]).upper(),
            host=host_name(named.get("host") or url.netloc.rpartition("@")[2]),
            path=normalise(target),
            target=target,
            agent=named.get("user-agent", "").strip(),
            headers=headers,
        ),
        # Not every program that saves a HAR keeps the order and the case of names.
        arrival=Arrival(plaintext=url.scheme != "https", proxied=True),
        status=int(answered["status"]),
        size=max(0, int(answered.get("bodySize") or 0)) or max(0, int(content.get("size") or 0)),
        content_type=str(content.get("mimeType") or ""),
    )
