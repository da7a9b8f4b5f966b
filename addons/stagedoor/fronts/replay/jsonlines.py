"""Access logs as JSON lines: Caddy's own, and nginx with a `log_format … escape=json`.

nginx has no names of its own for the fields, so the variables' names and those that people give
them are looked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from stagedoor.fronts.replay.clf import request_line
from stagedoor.fronts.replay.log_records import Hit, Line, NoRequest, Unreadable
from stagedoor.fronts.replay.times_and_addresses import chain, is_address, seconds
from stagedoor.model.facts import as_header

_NAMES: Mapping[str, Sequence[str]] = {
    "time": ("time_iso8601", "msec", "time_local", "@timestamp", "timestamp", "time", "ts", "date"),
    "address": ("remote_addr", "client_ip", "remote_ip", "address", "ip", "client", "remote"),
    "method": ("request_method", "method", "verb"),
    "host": ("http_host", "host", "server_name", "vhost"),
    "target": ("request_uri", "uri", "target", "url", "path"),
    "request": ("request", "request_line"),
    "status": ("status", "response_status", "status_code", "response"),
    "size": ("body_bytes_sent", "bytes_sent", "size", "bytes", "sent"),
    "agent": ("http_user_agent", "user_agent", "agent", "ua", "useragent"),
    "type": ("sent_http_content_type", "content_type"),
    "forwarded": ("http_x_forwarded_for", "x_forwarded_for", "xff"),
}
"""What a field may be called; the first that is there counts."""


def parse(line: bytes) -> Line:
    """One line of JSON."""
    try:
        found = loads(line)
    except ValueError as error:
        told = str(error).partition(":")[0]
        if b"\\x" in line:
            told += '; nginx writes JSON only with "log_format NAME escape=json"'
        return Unreadable(f"it is no JSON: {told}")
    if not isinstance(found, dict):
        return Unreadable("it is JSON, but no object")
    try:
        if isinstance(found.get("request"), dict):
            return _caddy(found, found["request"])
        return _flat(found)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        return Unreadable(str(error).strip("'\"") or "a field is missing")


def loads(line: bytes) -> Any:
    """The value of a line. ValueError where it is no JSON."""
    try:
        return orjson.loads(line)
    except ValueError:
        # nginx passes bytes on that are not UTF-8.
        return json.loads(line.decode("utf-8", "surrogateescape"))


def _caddy(line: Mapping[str, Any], request: Mapping[str, Any]) -> Line:
    """`headers` are complete but not in the order sent, and credentials are blacked out: they say
    who asked, and no more.
    """
    if "status" not in line:
        return Unreadable("it has no status: it is another of Caddy's logs")
    headers = request.get("headers")
    agents = _header(headers, "User-Agent")
    address = _bytes(request.get("client_ip") or request.get("remote_ip") or "")
    return Hit(
        seconds(_time_of(line)),
        chain(_forwarded(_header(headers, "X-Forwarded-For")), address),
        _bytes(request["method"]),
        _bytes(request.get("host", "")),
        _bytes(request["uri"]),
        int(line["status"]),
        int(line.get("size", 0)),
        agents,
        _header(line.get("resp_headers"), "Content-Type").decode("latin-1"),
    )


def _time_of(line: Mapping[str, Any]) -> Any:
    """The time's name can be set, as `time_key`."""
    return next((line[name] for name in ("ts", *_NAMES["time"]) if name in line), 0)


def _forwarded(value: bytes) -> bytes:
    """X-Forwarded-For, where it is nothing but addresses."""
    good = value and all(map(is_address, value.decode("latin-1").split(",")))
    return value if good else b""


def _header(headers: Any, name: str) -> bytes:
    values = (headers or {}).get(name) or [""]
    return _bytes(values if isinstance(values, str) else values[0])


def _flat(line: Mapping[str, Any]) -> Line:
    def get(what: str) -> Any:
        return next((line[name] for name in _NAMES[what] if name in line), None)

    at = seconds(get("time") or 0)
    status, method, target = get("status"), get("method"), get("target")
    if status is None:
        return Unreadable('it has no status — call a field of your log_format "status"')
    if method is None or target is None:
        request = get("request")
        if request is None:
            return Unreadable('it has no request — call a field of your log_format "request"')
        asked = request_line(_bytes(request))
        if asked is None:
            return NoRequest(at)
        method, target = asked
    if not (sent := _bytes(method)) or not _bytes(target):
        return NoRequest(at)
    agent = get("agent")
    kind = get("type")
    return Hit(
        at,
        chain(_forwarded(_bytes(get("forwarded") or "")), _bytes(get("address") or "")),
        sent,
        _bytes(get("host") or ""),
        _bytes(target),
        int(status),
        int(get("size") or 0),
        None if agent is None else _bytes(agent),
        _bytes(kind).decode("latin-1") if kind else "",
    )


def _bytes(value: Any) -> bytes:
    """As it came over the wire; `-` means nothing."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} should be a text")
    return b"" if value == "-" else as_header(value).encode("latin-1")
