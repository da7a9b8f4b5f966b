"""An answer of ours as mitmproxy sends it."""

from __future__ import annotations

import time

from mitmproxy import http
from mitmproxy.net.http import status_codes

from stagedoor.fronts.refusals import Answer

_REASONS = {status: reason.encode() for status, reason in status_codes.RESPONSES.items()}

_OURS = "stagedoor.answer"
"""Marks a flow whose response is the guard's own, in its metadata."""


def as_response(answer: Answer) -> http.Response:
    """The response; nothing of the body is copied."""
    now = time.time()
    # Response.make() does the same at twice the price, and refused clients ask often.
    return http.Response(
        b"HTTP/1.1",
        answer.status,
        _REASONS.get(answer.status, b""),
        answer.headers,
        answer.body,
        None,
        now,
        now,
    )


def answer(flow: http.HTTPFlow, response: http.Response) -> None:
    """Answer in the site's place; what the client still uploads is thrown away (hardening)."""
    flow.metadata[_OURS] = True
    flow.response = response


def is_answered(flow: http.HTTPFlow) -> bool:
    """Whether the response is the guard's own."""
    return _OURS in flow.metadata
