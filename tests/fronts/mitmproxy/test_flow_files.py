"""Flow files; those of a real mitmdump are in tests/e2e."""

from __future__ import annotations

import io

from mitmproxy import http
from mitmproxy.flow import Flow
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow

from stagedoor.fronts.mitmproxy.flow_files import exchanges
from stagedoor.fronts.replay.log_records import Exchange, Unreadable


def saved(*flows: Flow) -> bytes:
    file = io.BytesIO()
    for flow in flows:
        FlowWriter(file).add(flow)
    return file.getvalue()


def answered() -> tuple[http.HTTPFlow, http.Response]:
    flow = tflow.tflow(resp=True)
    assert flow.response is not None
    return flow, flow.response


def test_an_exchange() -> None:
    flow, response = answered()
    flow.request.path = "/music/%61.mp3?x"
    flow.request.headers["user-agent"] = "VLC"
    response.headers["content-type"] = "audio/mpeg"
    response.raw_content = b"x" * 77
    (found,) = exchanges(io.BytesIO(saved(flow)))
    assert isinstance(found, Exchange)
    request = found.request
    assert (request.method, request.path, request.agent) == ("GET", "/music/a.mp3", "VLC")
    assert ("user-agent", "VLC") in request.headers
    assert request.address == flow.client_conn.peername[0]
    assert (found.status, found.size, found.content_type) == (200, 77, "audio/mpeg")
    assert found.at == flow.request.timestamp_start


def test_a_body_that_was_streamed_is_counted_by_its_length() -> None:
    flow, response = answered()
    response.headers["content-length"] = "1000000"
    response.data.content = None
    (found,) = exchanges(io.BytesIO(saved(flow)))
    assert isinstance(found, Exchange)
    assert found.size == 1_000_000


def test_what_was_not_answered_is_left_out() -> None:
    assert list(exchanges(io.BytesIO(saved(tflow.tflow(), tflow.ttcpflow())))) == []


def test_a_file_that_was_cut_off() -> None:
    data = saved(tflow.tflow(resp=True), tflow.tflow(resp=True))
    found = list(exchanges(io.BytesIO(data[:-100])))
    assert [type(one) for one in found] == [Exchange, Unreadable]
