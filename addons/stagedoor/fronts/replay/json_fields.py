"""Any object that describes a request: its fields found by their names, else by their shapes.

Field names are compared without case and signs, alone and with what they stand in:
`{"http": {"response": {"status_code": 200}}}` is `statuscode` and `httpresponsestatuscode`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stagedoor.fronts.replay.log_records import Hit, Line, NoRequest, Unreadable
from stagedoor.fronts.replay.times_and_addresses import (
    bare_address,
    chain,
    is_address,
    seconds,
    split_target,
)
from stagedoor.model.facts import as_header

MOST_FIELDS = 300
DEEPEST = 6

_METHODS = (
    "GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE|PROPFIND|PROPPATCH|MKCOL|MOVE|COPY|LOCK|"
    "UNLOCK|REPORT|SOURCE|SEARCH|PURGE"
)
_METHOD = re.compile(rf"(?:{_METHODS})\Z", re.IGNORECASE)
_REQUEST = re.compile(rf"({_METHODS}) (\S.*?)(?: HTTP/\d(?:\.\d)?)?\Z", re.IGNORECASE)
_REQUEST_INSIDE = re.compile(rf"\b({_METHODS}) (https?://\S+|/\S*)")
_AGENT = re.compile(r"(?:Mozilla/\d|[A-Za-z][\w .+()-]{1,60}/v?\d)")
_SIGNS = re.compile(r"[^a-z0-9]+")


def _is_status(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and 0 <= int(value) <= 999
    except (TypeError, ValueError, OverflowError):
        return False


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and int(value) >= 0
    except (TypeError, ValueError, OverflowError):
        return False


def _is_time(value: Any) -> bool:
    try:
        return seconds(value) > 1e8
    except (TypeError, ValueError, OverflowError):
        return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_target(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("/", "http://", "https://", "*"))


def _is_method(value: Any) -> bool:
    return isinstance(value, str) and bool(_METHOD.match(value))


def _is_request(value: Any) -> bool:
    return isinstance(value, str) and bool(_REQUEST.match(value))


def _is_client(value: Any) -> bool:
    return isinstance(value, str) and any(map(is_address, value.split(",")[:20]))


_ROLES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "time": (
        _is_time,
        "ts time timestamp timeiso8601 timelocal msec startutc starttime startlocal datetime date "
        "edgestarttimestamp eventtime requesttimestamp realtimetimestamp receivedat epoch at t",
    ),
    "status": (
        _is_status,
        "status statuscode responsestatus responsestatuscode responsecode httpstatus httpstatuscode "
        "httpresponsestatuscode scstatus edgeresponsestatus downstreamstatus originstatus resstatus "
        "respstatus elbstatuscode stat code response",
    ),
    "method": (
        _is_method,
        "requestmethod method verb httpmethod csmethod clientrequestmethod reqmethod "
        "httprequestmethod httpverb op",
    ),
    "target": (
        _is_target,
        "requesturi uri clientrequesturi target requrl urloriginal url requestpath path csuristem "
        "urlpath requesturl originalurl httptarget uripath resource",
    ),
    "request": (_is_request, "request requestline httprequest req firstline rawrequest"),
    "host": (
        _is_text,
        "httphost requesthost clientrequesthost authority cshost xhostheader vhost virtualhost "
        "servername domain urldomain host",
    ),
    "size": (
        _is_number,
        "bodybytessent bytessent size bytes responsesize responsebytes scbytes downstreamcontentsize "
        "edgeresponsebytes responselength contentlength bytesout httpresponsebodybytes bodysize sent "
        "length",
    ),
    "agent": (
        _is_text,
        "httpuseragent useragentoriginal useragent csuseragent clientrequestuseragent agent ua browser",
    ),
    "address": (
        _is_client,
        "clientip remoteaddr clienthost remoteip clientaddr clientaddress sourceip sourceaddress cip "
        "remoteaddress downstreamremoteaddress remotehost address ip client remote srcip peer visitor",
    ),
    "forwarded": (_is_client, "xforwardedfor httpxforwardedfor forwardedfor xff"),
    "type": (_is_text, "senthttpcontenttype responsecontenttype downstreamcontenttype contenttype"),
}  # fmt: skip
"""What is looked for: the shape it must have, and the names it may have, the best first."""
_NAMES: Mapping[str, Sequence[str]] = {role: names.split() for role, (_, names) in _ROLES.items()}


def read(found: Mapping[str, Any]) -> Line:
    """The request that an object describes."""
    fields = list(_flat(found, (), 0))[:MOST_FIELDS]
    got = {role: _named(role, fields) for role in _ROLES}
    _by_shape(got, fields)
    method, target = got["method"], got["target"]
    if method is None or target is None:
        asked = _REQUEST.match(got["request"]) if got["request"] else _inside(fields)
        if asked:
            method, target = asked[1], asked[2]
    missing = [
        words
        for words, value in (
            ("status (a number such as 200)", got["status"]),
            ("request (a method and a path)", method and target),
        )
        if value is None or value == ""
    ]
    if missing:
        return Unreadable(f"it has no {' and no '.join(missing)}")
    host, path = split_target(str(target))
    at = seconds(got["time"]) if got["time"] is not None else 0.0
    if int(got["status"]) == 0:
        return NoRequest(at)
    address = str(got["address"] or "")
    if address and "," not in address:
        address = bare_address(address)
    agent = got["agent"]
    return Hit(
        at,
        chain(_bytes(got["forwarded"]), _bytes(address)),
        _bytes(str(method).upper()),
        _bytes(host or got["host"]),
        _bytes(path),
        int(got["status"]),
        int(got["size"] or 0),
        None if agent is None else _bytes(agent),
        _bytes(got["type"]).decode("latin-1"),
    )


def _bytes(value: Any) -> bytes:
    text = "" if value is None or value == "-" else str(value)
    return as_header(text).encode("latin-1")


def _flat(value: Any, place: tuple[str, ...], depth: int) -> Any:
    """Every plain value with its place; of a list the first."""
    if isinstance(value, Mapping):
        if depth < DEEPEST:
            yield from _header_pair(value, place)
            for name, inner in value.items():
                yield from _flat(inner, (*place, _SIGNS.sub("", str(name).lower())), depth + 1)
    elif isinstance(value, list):
        named = [one for one in value[:64] if isinstance(one, Mapping) and "name" in one]
        for inner in named or value[:1]:
            yield from _flat(inner, place, depth + 1)
    elif value is not None and value != "":
        yield place, value
    elif value == "" and place and place[-1] in _NAMES["agent"]:
        yield place, "-"  # nobody said who asked, which is something else than no such field


def _header_pair(value: Mapping[str, Any], place: tuple[str, ...]) -> Any:
    """`{"name": "User-Agent", "value": "…"}`, as some write a header."""
    name, text = value.get("name"), value.get("value")
    if isinstance(name, str) and isinstance(text, str):
        yield (*place, _SIGNS.sub("", name.lower())), text


def _named(role: str, fields: Sequence[tuple[tuple[str, ...], Any]]) -> Any:
    fits, names = _ROLES[role][0], _NAMES[role]
    best, value = len(names) * 3, None
    for place, given in fields:
        whole = "".join(place)
        for number, name in enumerate(names):
            # The whole place under that name before the last part of it, before its end.
            rank = number * 3 + (0 if whole == name else 1 if place[-1] == name else 2)
            if rank >= best:
                break
            if (rank % 3 < 2 or (len(name) > 4 and whole.endswith(name))) and fits(given):
                best, value = rank, given
    return value


def _by_shape(got: dict[str, Any], fields: Sequence[tuple[tuple[str, ...], Any]]) -> None:
    """What no name has found, by what the values look like."""
    for place, value in fields:
        name = "".join(place)
        if got["status"] is None and ("stat" in name or "code" in name) and _is_status(value):
            got["status"] = value if 100 <= int(value) <= 599 else None
        if not isinstance(value, str):
            if got["time"] is None and "time" in name and _is_time(value):
                got["time"] = value
            continue
        if got["request"] is None and _is_request(value) and " " in value:
            got["request"] = value
        elif got["method"] is None and _is_method(value):
            got["method"] = value
        elif got["target"] is None and value.startswith("/"):
            got["target"] = value
        elif got["address"] is None and is_address(value):
            got["address"] = value
        elif got["time"] is None and len(value) >= len("2026-11-23") and _is_time(value):
            got["time"] = value
        elif got["agent"] is None and _AGENT.match(value) and not value.startswith("HTTP/"):
            got["agent"] = value


def _inside(fields: Sequence[tuple[tuple[str, ...], Any]]) -> re.Match[str] | None:
    """A request inside a message, as `HTTP: GET http://…` of Navidrome."""
    for _, value in fields:
        if isinstance(value, str) and (found := _REQUEST_INSIDE.search(value)):
            return found
    return None
