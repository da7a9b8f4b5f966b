"""HTTP hooks are over before a layer stops for them, unless somebody waits or more is to come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy import http, master, options
from mitmproxy.proxy.layers import http as layers
from mitmproxy.test import tflow

from stagedoor.fronts.mitmproxy.dispatch import shorten
from stagedoor.fronts.mitmproxy.immediate_hooks import READER, REST, replacements
from stagedoor.fronts.mitmproxy.replacing import install

NAMES = (
    *("HttpRequestHeadersHook", "HttpRequestHook"),
    *("HttpResponseHeadersHook", "HttpResponseHook"),
)


def begun(
    name: str, flow: http.HTTPFlow, addon: Callable[[http.HTTPFlow], Any], *, short: bool = True
) -> Any:
    """The hook of that name as a layer of mitmproxy makes it, where `addon` listens."""

    async def run() -> Any:
        found = master.Master(options.Options())
        hook = getattr(layers, name)
        undo = [install(replacements())]
        if short:
            undo.append(shorten(found))
        event = {"HttpRequestHeadersHook": "requestheaders", "HttpRequestHook": "request"}.get(
            name, "responseheaders" if "Headers" in name else "response"
        )
        found.addons.add(SimpleNamespace(name="one", **{event: addon}))
        try:
            made = getattr(layers, name)(flow)
        finally:
            for each in undo:
                each()
        assert getattr(layers, name) is hook
        assert isinstance(made, hook)
        rest = vars(made).get(REST)
        if rest is not None:
            await rest
        return made

    return asyncio.run(run())


def flow(buffered: bytes | None = b"", status: int = 200) -> http.HTTPFlow:
    """A flow with a response, of a client whose next request may have come already."""
    found = tflow.tflow(resp=True)
    assert found.response is not None
    found.response.status_code = status
    if buffered is not None:
        vars(found.client_conn)[READER] = SimpleNamespace(buf=buffered)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_an_addon_that_waits_for_nothing_stops_nobody(name: str) -> None:
    heard: list[http.HTTPFlow] = []
    asked = flow()
    hook = begun(name, asked, heard.append)
    assert heard == [asked]
    assert not hook.blocking


@pytest.mark.parametrize("name", NAMES)
def test_an_addon_that_waits_stops_the_layer(name: str) -> None:
    heard: list[str] = []

    async def later(_flow: http.HTTPFlow) -> None:
        await asyncio.sleep(0)
        heard.append("waited")

    assert begun(name, flow(), later).blocking is True
    assert heard == ["waited"]


def test_a_flow_that_is_intercepted_stops_the_layer() -> None:
    assert begun("HttpRequestHook", flow(), lambda f: f.intercept()).blocking is True


@pytest.mark.parametrize(
    ("buffered", "status"), [(b"GET / HTTP/1.1", 200), (None, 200), (b"", 101)]
)
def test_a_response_stops_where_more_may_follow_at_once(
    buffered: bytes | None, status: int
) -> None:
    """The client's next request, a protocol that has streams, another protocol."""
    heard: list[http.HTTPFlow] = []
    assert begun("HttpResponseHook", flow(buffered, status), heard.append).blocking is True
    assert not heard  # as ever: when the hook is handled


def test_without_the_short_way_everything_is_as_ever() -> None:
    heard: list[http.HTTPFlow] = []
    assert begun("HttpRequestHook", flow(), heard.append, short=False).blocking is True
    assert not heard
