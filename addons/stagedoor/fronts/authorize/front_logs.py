"""Log lines of fronts → what went out: nginx, HAProxy and Envoy as set up here, Caddy and Traefik as
they come. nginx's have tabs between FIELDS, all others are JSON.

One line is one response. Lines come from programs on this machine, with fields that visitors wrote:
what cannot be read is counted and left out, and no line is longer than MOST_LINE bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from stagedoor.fronts.addresses import Proxies, is_trusted, parse
from stagedoor.model.facts import as_header

MOST_LINE = 64 << 10
"""As much as a datagram can carry. What would need more is not let in (`logged_fields.py`)."""
MOST = float(1 << 50)
"""No figure of a log is larger."""
BY_MAP = "map"
"""What a front writes as the verdict where it has refused by an exported map, and nobody was asked."""
KEPT = "kept"
"""The same where it had kept the verdict, and nobody was asked this time."""
_KEPT_WORDS = frozenset({"HIT", "STALE", "REVALIDATED", "UPDATING", KEPT})
"""nginx's words for "from the cache" among them."""
MARK = "stagedoor2"
"""Begins a line with tabs."""
FIELDS = (
    *("client", "chain", "method", "host", "target", "agent", "status", "sent", "seconds"),
    *("type", "length", "range", "coding", "verdict", "asked"),
)
"""What stands behind MARK, in this order."""
_MARKED = f"{MARK}\t".encode()
_ESCAPED = re.compile(r"\\x([0-9A-F]{2})")
"""How nginx writes quotes, backslashes and what is no printable ASCII."""
_LENGTH = re.compile(r"\d{1,15}\Z", re.ASCII)
_REQUEST_LINE = re.compile(r"(\S+) (\S+)(?: HTTP/[\d.]+)?\Z")


class SentResponse(NamedTuple):
    """What went out, as a front's log says. Texts are as in headers; `size` is the body's bytes.

    `headers` are the response's, names in lower case, as far as the log has them. `verdict` is BY_MAP
    or KEPT where the counter was not asked, else empty. `asked` is the request's Range.
    """

    address: str
    method: str
    host: str
    target: str
    agent: str
    status: int
    size: int
    seconds: float
    headers: Mapping[str, str]
    verdict: str = ""
    asked: str = ""

    def announced(self) -> int | None:
        """Bytes that the response said its body has."""
        length = self.headers.get("content-length", "")
        return int(length) if _LENGTH.match(length) else None


def read(line: bytes, trusted: Proxies) -> SentResponse | None:
    """What a datagram or a line of a file says; None where it is no log line of a front.

    Raises ValueError where it looks like one and cannot be understood.
    """
    if len(line) > MOST_LINE:
        return None
    start = line.find(_MARKED)  # in front of it stands what syslog writes
    if start >= 0:
        return _tabbed(line[start + len(_MARKED) :], trusted)
    start = line.find(b"{")
    if start < 0:
        return None
    try:
        found = _parsed(line[start:].rstrip(b"\x00\r\n "))
        if not isinstance(found, dict):
            return None
        if "stagedoor" in found:
            return _ours(found, trusted)
        if "resp_headers" in found:
            return _caddy(found, trusted)
        if "DownstreamStatus" in found:
            return _traefik(found, trusted)
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
    return None


def _parsed(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        # nginx writes bytes of an agent that are no UTF-8 as they are.
        return json.loads(data.decode("utf-8", "surrogateescape"), strict=False)


def visitor(known: object, chain: object, trusted: Proxies) -> str:
    """The address as the counter has named it; else the last of the chain that is no proxy of ours."""
    if isinstance(known, str) and (given := parse(known[:100])) is not None:
        return str(given)
    entries = [part.strip() for part in str(chain or "").split(",") if part.strip()]
    found = ""
    for entry in reversed(entries[-16:]):
        address = parse(entry[:100])
        if address is None:
            break
        found = str(address)
        if not is_trusted(found, trusted):
            break
    return found


def _tabbed(line: bytes, trusted: Proxies) -> SentResponse:
    parts = line.rstrip(b"\x00\r\n").decode("latin-1").split("\t")
    if len(parts) != len(FIELDS):
        raise ValueError(f"{len(parts)} fields in the place of {len(FIELDS)}")
    if b"\\x" in line:
        parts = [_ESCAPED.sub(lambda found: chr(int(found[1], 16)), part) for part in parts]
    client, chain, method, host, target, agent, status, sent, seconds = parts[:9]
    verdict, asked = parts[13:]
    return SentResponse(
        address=_visitor(client, chain, trusted),
        method=method,
        host="" if host == "-" else host.lower(),
        target=target,
        agent="" if agent == "-" else agent.strip(),
        status=int(status),
        size=int(_number(sent)),
        seconds=_number(seconds),
        headers={
            name: value
            for name, value in zip(_READ, parts[9:13], strict=True)
            if value and value != "-"
        },
        verdict=BY_MAP if verdict == BY_MAP else KEPT if verdict in _KEPT_WORDS else "",
        asked="" if asked == "-" else asked,
    )


def _visitor(client: str, chain: str, trusted: Proxies) -> str:
    """As visitor(), quick where the counter has named it a moment ago."""
    known = _canonical(client)
    return known or visitor(None, chain, trusted)


@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    address = parse(text[:100])
    return "" if address is None else str(address)


def _ours(line: dict[str, Any], trusted: Proxies) -> SentResponse:
    verdict = str(line.get("verdict") or "")
    return SentResponse(
        address=visitor(line.get("client"), line.get("chain"), trusted),
        method=str(line["method"]),
        host=_text(line.get("host")).lower(),
        target=_text(line["target"]),
        agent=_text(line.get("agent")).strip(),
        status=int(line["status"]),
        size=_size(line),
        seconds=_number(line.get("seconds")) / (1000 if line.get("unit") == "ms" else 1),
        headers=_present(
            {
                "content-type": line.get("type"),
                "content-length": line.get("length"),
                "content-range": line.get("range"),
                "content-encoding": line.get("coding"),
            }
        ),
        verdict=BY_MAP if verdict == BY_MAP else KEPT if verdict in _KEPT_WORDS else "",
        asked=_text(line.get("asked")),
    )


def _size(line: dict[str, Any]) -> int:
    """Bytes of the body. HAProxy counts those of the head, too: where the body's length is known, no
    more than that is meant; else the size of the head is taken off.
    """
    size = int(_number(line.get("sent")))
    if "head" not in line:
        return size
    length = str(line.get("length") or "")
    if _LENGTH.match(length):
        return min(size, int(length))
    return max(0, size - int(_number(line["head"])))


def _caddy(line: dict[str, Any], trusted: Proxies) -> SentResponse:
    request, answer = line["request"], line["resp_headers"]
    asked = {name.lower(): _first(value) for name, value in (request.get("headers") or {}).items()}
    there = {name.lower(): _first(value) for name, value in answer.items()}
    # What a visitor wrote into X-Forwarded-For stands here as well; whether Caddy believes it, does not.
    known = there.get("x-stagedoor-client") or request.get("client_ip")
    return SentResponse(
        address=visitor(known, request.get("remote_ip"), trusted),
        method=str(request["method"]),
        host=_text(request.get("host")).lower(),
        target=_text(request["uri"]),
        agent=_text(asked.get("user-agent")).strip(),
        status=int(line["status"]),
        size=int(_number(line["size"])),
        seconds=_number(line.get("duration")),
        headers=_present({name: there.get(name) for name in _READ}),
        verdict=BY_MAP if there.get("x-stagedoor-verdict") == BY_MAP else "",
        asked=_text(asked.get("range")),
    )


def _traefik(line: dict[str, Any], trusted: Proxies) -> SentResponse:
    lowered = {name.lower(): value for name, value in line.items()}
    there = {name: lowered.get(f"downstream_{name}") for name in _READ}
    chain = ",".join(
        filter(None, (lowered.get("request_x-forwarded-for"), lowered.get("clienthost")))
    )
    refused = str(line.get("RouterName") or "").startswith("stagedoor-refused@")
    known = None if refused else lowered.get("request_x-stagedoor-client")
    return SentResponse(
        address=visitor(known, chain, trusted),
        method=str(line["RequestMethod"]),
        host=_text(line.get("RequestHost")).lower(),
        target=_text(line["RequestPath"]),
        agent=_text(lowered.get("request_user-agent")).strip(),
        status=int(line["DownstreamStatus"]),
        size=int(_number(line["DownstreamContentSize"])),
        seconds=_number(line.get("Duration")) / 1e9,
        headers=_present(there),
        verdict=BY_MAP if refused else "",
        asked=_text(lowered.get("request_range")),
    )


_READ = ("content-type", "content-length", "content-range", "content-encoding")


def _first(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return str(value)


def _text(value: object) -> str:
    """A text of JSON as it stood in the request: one character a byte."""
    if value is None or value == "-":
        return ""
    text = str(value)
    return text if text.isascii() else as_header(text)


def _number(value: object) -> float:
    """A number of a log: nothing for what is none, and never more than MOST."""
    try:
        return min(max(0.0, float(str(value))), MOST)
    except ValueError:
        return 0.0


def _present(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in fields.items() if value and value != "-"}
