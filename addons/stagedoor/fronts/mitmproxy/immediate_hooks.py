"""HTTP hooks that are over before mitmproxy's layers stop for them.

A layer of mitmproxy stops at each hook, and goes on when an event says that it is completed: up through
all layers and down again, four times a request. Here the addons are called as soon as the hook comes
up. Where none of them has anything to wait for, the hook is passed up as one that nobody stops for.

The hook of a response that the site has sent is the one that other code may rely on stopping: what
goes on from there may begin with the client's next request, before the connection to the site knows
that it is done with this one. So it stops as ever where that request is there already.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from mitmproxy import ctx, http
from mitmproxy.proxy.layers import http as layers
from mitmproxy.proxy.layers.http._hooks import (
    HttpRequestHeadersHook,
    HttpRequestHook,
    HttpResponseHeadersHook,
    HttpResponseHook,
)

from stagedoor.fronts.mitmproxy.dispatch import BEGIN_FLOW
from stagedoor.fronts.mitmproxy.replacing import Replacement

READER = "stagedoor_reader"
"""Where a client's connection keeps what reads its HTTP/1 requests."""
REST = "stagedoor_rest"
"""Where a hook keeps what is left of it: None for nothing; absent where it was not begun yet."""


def replacements() -> tuple[Replacement, ...]:
    """What takes the place of the hooks in mitmproxy's HTTP layer."""
    always: Callable[[http.HTTPFlow], bool] = lambda _flow: True  # noqa: E731
    return (
        Replacement(layers, "HttpRequestHeadersHook", _begun(HttpRequestHeadersHook, always)),
        Replacement(layers, "HttpRequestHook", _begun(HttpRequestHook, always)),
        Replacement(layers, "HttpResponseHeadersHook", _begun(HttpResponseHeadersHook, always)),
        Replacement(layers, "HttpResponseHook", _begun(HttpResponseHook, _is_last)),
    )


def _is_last(flow: http.HTTPFlow) -> bool:
    """Whether nothing can follow the response in the same turn: no request that waits, no upgrade."""
    reader = vars(flow.client_conn).get(READER)
    return (
        reader is not None
        and not reader.buf
        and flow.response is not None
        and flow.response.data.status_code != 101
    )


def _begun(make: Callable[[http.HTTPFlow], Any], may: Callable[[http.HTTPFlow], bool]) -> Any:
    event: str = make.name  # type: ignore[attr-defined]

    def begun(flow: http.HTTPFlow) -> Any:
        hook = make(flow)
        begin = vars(ctx.master.addons).get(BEGIN_FLOW)
        if begin is None or not may(flow):
            return hook
        rest: Awaitable[None] | None = begin(event, [flow])
        hook.stagedoor_rest = rest
        if rest is None and not flow.intercepted:
            hook.blocking = False
        return hook

    return begun
