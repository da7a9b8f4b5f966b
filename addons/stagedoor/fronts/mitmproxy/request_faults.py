"""Requests that are answered before anything is decided, because they can be read in two ways."""

from __future__ import annotations

from mitmproxy import http
from mitmproxy.net.http import status_codes

from stagedoor.fronts.authorities import normalised
from stagedoor.fronts.mitmproxy.heads import MAX_LINES
from stagedoor.resources.targets import Fault, fault

_TWO_HOSTS = Fault(400, "host", "the request has more than one Host")
_NO_HOST = Fault(400, "host", "the request has no Host, which HTTP/1.1 asks for")
_BAD_HOST = Fault(400, "host", "the Host is no name of a site")
_OTHER_HOST = Fault(400, "host", "the Host is another than the request's authority")
_NO_LENGTH = Fault(
    411,
    "length",
    "the upload has no length: send Content-Length or Transfer-Encoding: chunked. An Icecast source "
    "must connect to Icecast itself, not through this guard",
)
_UPLOADS = frozenset({b"PUT", b"POST", b"PATCH", b"SOURCE"})
_ANNOUNCED = (b"audio/", b"video/", b"application/ogg", b"application/x-ogg", b"application/octet-")
"""Types of bodies that nobody announces without sending one."""
_MANY = Fault(431, "head-size", f"the request has more than {MAX_LINES} headers")


def settle(flow: http.HTTPFlow) -> Fault | None:
    """What is wrong with the request in `flow`; where nothing is, its Host says what it is for.

    The authority of the request line or of HTTP/2 replaces the Host (RFC 9112, 3.2.2), both in one
    spelling: what is decided about is then what the site hears.
    """
    data = flow.request.data
    found = fault(data.path.decode("latin-1"), data.method.decode("latin-1"))
    if found is not None:
        return found
    fields = data.headers.fields
    if len(fields) > MAX_LINES:
        return _MANY
    if data.method.upper() in _UPLOADS and _lacks_length(flow.request):
        return _NO_LENGTH
    sent: bytes | None = None
    for name, value in fields:
        if len(name) == 4 and name.lower() == b"host":
            if sent is not None:
                return _TWO_HOSTS
            sent = value
    scheme = "https" if flow.client_conn.tls else "http"
    if not data.authority:
        if sent is None:
            return _NO_HOST if data.http_version == b"HTTP/1.1" else None
        host = normalised(sent.decode("latin-1"), scheme)
        if host is None:
            return _BAD_HOST
        if host.encode("latin-1") != sent:
            _rename(data, host.encode("latin-1"))
        return None
    meant = normalised(data.authority.decode("latin-1"), scheme)
    host = None if sent is None else normalised(sent.decode("latin-1"), scheme)
    if not meant or (sent is not None and host is None):
        return _BAD_HOST
    framed = flow.request.is_http2 or flow.request.is_http3
    if framed and host is not None and host != meant:
        return _OTHER_HOST  # RFC 9113, 8.3.1
    name = meant.encode("latin-1")
    _rename(data, name)
    data.authority = name if framed else b""
    return None


def _lacks_length(request: http.Request) -> bool:
    """Whether a body is announced whose end nobody knows: to HTTP/1 that is none at all, so what
    follows would be lost, and the site would keep an empty file (RFC 9112, 6.3).
    """
    if request.is_http2 or request.is_http3:
        return False
    source = request.data.method.upper() == b"SOURCE"
    announced = source
    for name, value in request.headers.fields:
        lowered = name.lower()
        if lowered in {b"content-length", b"transfer-encoding"}:
            return False
        if lowered == b"content-type":
            put = request.data.method.upper() == b"PUT"
            announced = announced or put or value.lower().startswith(_ANNOUNCED)
        elif lowered == b"expect" or lowered.startswith((b"ice-", b"icy-")):
            announced = True
    return announced


def _rename(data: http.RequestData, host: bytes) -> None:
    """Give a request another Host, in the place of the one it has."""
    others = [field for field in data.headers.fields if field[0].lower() != b"host"]
    data.headers.fields = ((b"Host", host), *others)


def answer(found: Fault) -> http.Response:
    """The response to a request with a fault; the connection ends with it."""
    body = f"{found.reason[0].upper()}{found.reason[1:]}.\n".encode()
    fields = (
        (b"Content-Type", b"text/plain; charset=utf-8"),
        (b"Cache-Control", b"no-store"),
        (b"Connection", b"close"),
        (b"Content-Length", str(len(body)).encode()),
    )
    reason = status_codes.RESPONSES.get(found.status, "").encode()
    now = 0.0
    return http.Response(b"HTTP/1.1", found.status, reason, fields, body, None, now, now)
