"""Flow files, as mitmproxy saves them: every exchange in one, with all its headers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from mitmproxy import http
from mitmproxy.exceptions import FlowReadException
from mitmproxy.io import FlowReader

from stagedoor.fronts.addresses import Network
from stagedoor.fronts.handshakes import Fingerprints
from stagedoor.fronts.mitmproxy.client_hello import arrival
from stagedoor.fronts.mitmproxy.flow_request import read
from stagedoor.fronts.replay.log_records import Exchange, Unreadable

_TRUSTED: tuple[Network, ...] = ()
"""A flow file does not say which proxies were trusted."""


def exchanges(file: BinaryIO) -> Iterator[Exchange | Unreadable]:
    """Every HTTP flow that was answered, one in memory at a time. A file that was cut off ends with
    an Unreadable.
    """
    fingerprints = Fingerprints()
    try:
        for flow in FlowReader(file).stream():
            if isinstance(flow, http.HTTPFlow) and flow.response is not None:
                yield _exchange(flow, flow.response, fingerprints)
    except (FlowReadException, ValueError, TypeError, KeyError) as error:
        yield Unreadable(f"no flow can be read from here on: {error}"[:120])


def _exchange(flow: http.HTTPFlow, response: http.Response, fingerprints: Fingerprints) -> Exchange:
    request = read(flow, _TRUSTED)
    body, told = response.raw_content, response.headers.get("content-length", "")
    return Exchange(
        at=flow.request.timestamp_start,
        request=request,
        arrival=arrival(flow.client_conn, request, fingerprints, _TRUSTED),
        status=response.status_code,
        # A body that was streamed is not in the file.
        size=len(body) if body else int(told) if told.isascii() and told.isdigit() else 0,
        content_type=response.headers.get("content-type", ""),
    )
