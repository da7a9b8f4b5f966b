"""Answers of mitmproxy itself: a short page or one plain line, and they are reported.

The site is down, a request is malformed, a response cannot be read: mitmproxy would show visitors
its version and the inner address of the site, as HTML even to a player, and would keep silent about
the reason. Here every such answer is counted by what was wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mitmproxy import http
from mitmproxy.net.http import status_codes
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers.http import HttpStream, SendHttp, _http1, _http2, _http3

from stagedoor.fronts.mitmproxy.complaints import Report, Side
from stagedoor.fronts.mitmproxy.replacing import Replacement, original
from stagedoor.fronts.refusal_texts import TEXTS
from stagedoor.fronts.refusals import Answer, answer
from stagedoor.model.facts import Request
from stagedoor.model.languages import DEFAULT, Language

_OTHER = 500
_KNOWN = frozenset({400, 413, 414, 431, 500, 502, 503, 504})
_PASSING = frozenset({500, 502, 503, 504})
"""Those after which it is worth trying again."""
ICE_SOURCE = "an Icecast source"
LARGE_HEAD = "the head is larger than 64 kB or 200 lines"

_FAULTS: tuple[tuple[str, Side, str], ...] = (
    (LARGE_HEAD, "site", "head-size"),
    ("Cannot parse HTTP response: invalid content-length", "site", "framing"),
    ("Cannot parse HTTP response: unknown transfer-encoding", "site", "framing"),
    ("Cannot parse HTTP response: invalid transfer-encoding", "site", "framing"),
    ("Cannot parse HTTP response", "site", "head"),
    ("unexpected server response", "site", "head"),
    ("Invalid HTTP/2 response", "site", "head"),
    ("Received ", "site", "framing"),
    ("HTTP/1 protocol error: peer closed connection", "site", "truncated"),
    ("HTTP/1 protocol error", "site", "framing"),
    ("HTTP/2 protocol error", "site", "framing"),
    ("server closed connection", "site", "no-answer"),
    ("Certificate verify failed", "site", "certificate"),
    ("The remote server ", "site", "tls"),
    ("OpenSSL ", "site", "tls"),
    ("tlsv1 alert", "site", "tls"),
    ("sslv3 alert", "site", "tls"),
    ("ssl/tls alert", "site", "tls"),
    ("connection closed early", "site", "tls"),
)
"""How mitmproxy's messages begin → whose fault it was, and a word for it. What is not here is a
connection that failed, which has a count and a line of its own."""
_BY_STATUS = {400: "head", 413: "body-size", 414: "target-length", 431: "head-size"}


_asking: http.Request | None = None
"""The request that is being answered: mitmproxy makes its answers without it."""


def body_for(status: int) -> bytes:
    """The body of an answer by HTTP/2: a page where the client reads one, else the line."""
    found = _answer(status)
    return plain_body(status) if found is None else found.body


def response_for(status: int) -> bytes:
    """A whole HTTP/1 response: as any refusal of the guard's. The connection ends with it."""
    found = _answer(status)
    return plain_response(status) if found is None else _whole(status, found)


def _whole(status: int, found: Answer) -> bytes:
    reason = status_codes.RESPONSES.get(status, "Error")
    lines = [f"HTTP/1.1 {status} {reason}".encode()]
    lines += [name + b": " + value for name, value in found.headers]
    return b"\r\n".join([*lines, b"Connection: close", b"", found.body])


def response_to(asked: http.Request, status: int, message: str, report: Report) -> bytes:
    """The whole HTTP/1 response to a request that the site has not answered; it is reported."""
    side, fault = classified(status, message)
    report(side, fault, message)
    return _whole(status, _answer_to(asked, status))


def _answer(status: int) -> Answer | None:
    """The answer to the request at hand; None where nothing is known of it."""
    return None if _asking is None else _answer_to(_asking, status)


def _answer_to(asked: http.Request, status: int) -> Answer:
    request = Request(
        method=asked.data.method.decode("latin-1").upper(),
        host="",
        path="",
        target="",
        agent="",
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in asked.headers.fields
        ),
    )
    retry = ((b"Retry-After", b"60"),) if status in {502, 504} else ()
    return answer(request, status, *_keys(status), more=retry)


def _keys(status: int) -> tuple[str, ...]:
    """What is said about `status`: keys of the texts."""
    known = status if status in _KNOWN else _OTHER
    return (str(known), "minute") if status in _PASSING else (str(known),)


def plain_body(status: int, language: Language = DEFAULT) -> bytes:
    """The line that is shown for `status`."""
    first, *more = (TEXTS[language][key] for key in _keys(status))
    return (" ".join([f"{first}.", *more]) + "\n").encode()


def plain_response(status: int, language: Language = DEFAULT) -> bytes:
    """A whole HTTP/1 response with that line; the connection ends with it."""
    body = plain_body(status, language)
    reason = status_codes.RESPONSES.get(status, "Error")
    retry = "Retry-After: 60\r\n" if status in {502, 503, 504} else ""
    head = (
        f"HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n{retry}"
        f"Content-Language: {language}\r\n"
        f"Cache-Control: no-store\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def classified(status: int, message: str) -> tuple[Side, str]:
    """Whose fault an answer of mitmproxy's own reports, and which."""
    if message.startswith(ICE_SOURCE):
        return "client", "length"
    if status in _BY_STATUS:
        return "client", _BY_STATUS[status]
    for beginning, side, fault in _FAULTS:
        if message.startswith(beginning):
            return side, fault
    return "site", "connection"


def replacements(report: Report) -> tuple[Replacement, ...]:
    """What takes the place of mitmproxy's error pages."""

    def counted(make: Callable[[int], bytes]) -> Any:
        def answer(status: int, message: str = "") -> bytes:
            side, fault = classified(status, message)
            report(side, fault, message)
            return make(status)

        return answer

    return (
        Replacement(_http1, "make_error_response", counted(response_for)),
        Replacement(_http2, "format_error", counted(body_for)),
        Replacement(_http3, "format_error", counted(body_for)),
        Replacement(HttpStream, "handle_protocol_error", _naming_the_request()),
    )


def _naming_the_request() -> Any:
    def handle_protocol_error(self: Any, event: Any) -> Iterator[commands.Command]:
        global _asking  # noqa: PLW0603 (nothing runs between the two lines that set it)
        steps: Any = original(handle_protocol_error)(self, event)
        reply = None
        while True:
            try:
                command = steps.send(reply)
            except StopIteration:
                return
            if isinstance(command, SendHttp):
                _asking = self.flow.request
            try:
                reply = yield command
            finally:
                _asking = None

    return handle_protocol_error
