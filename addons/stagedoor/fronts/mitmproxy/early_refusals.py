"""Refusals in the reader of a connection: those who were refused before are answered before a stream
begins.

mitmproxy makes a stream, a flow and four hooks for each request, also for one that is refused at once.
Here a request without a body, of a user agent that was refused the last time, is decided as soon as
its head is read. Where it is refused again, the answer goes out at once. Where it is not, the request
goes its usual way, and is not decided about twice. Over HTTP/2 everything is as before.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from mitmproxy import ctx, http
from mitmproxy.addons.tlsconfig import TlsConfig
from mitmproxy.net.http import http1
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers import http as layers
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import RequestHeaders

from stagedoor.fronts.mitmproxy.dispatch import LISTENERS

Refuse = Callable[[http.HTTPFlow], http.Response | None]
"""Decides about a flow that has only a request; the answer, where it is a refusal."""
Read = Callable[[Any, events.Event], tuple[Iterator[commands.Command], bool]]
"""Begins to read what comes next on a connection; whether that may be refused here."""

MOST, LONGEST = 1024, 512
"""User agents that are remembered, and the bytes of one."""
_HOOKS = (
    *("requestheaders", "request", "responseheaders", "response", "error"),
    *("http_connect", "update"),
)
_CONNECT = b"CONNECT"
_AGENT = re.compile(rb"\nuser-agent:[ \t]*+([^\r\n]*)", re.IGNORECASE)


class RefusedAgents:
    """User agents whose last request was refused: it is worth looking at the next one early."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def add(self, request: http.Request) -> None:
        """It was refused."""
        agent = agent_of(request)
        if len(agent) > LONGEST or agent in self._known:
            return
        self._known[agent] = None
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def discard(self, request: http.Request) -> None:
        """It was let in."""
        self._known.pop(agent_of(request), None)

    def has(self, head: bytes) -> bool:
        """Whether the last request of the user agent in this head was refused."""
        found = _AGENT.search(head) if self._known else None
        return found is not None and found[1].rstrip(b" \t") in self._known


def agent_of(request: http.Request) -> bytes:
    """The first user agent of a request, as it was sent; empty for none."""
    for name, value in request.data.headers.fields:
        if len(name) == 10 and name.lower() == b"user-agent":
            return value
    return b""


def nobody_else_listens(guard: object) -> bool:
    """Whether all that hear of requests are the guard, and mitmproxy's list of revoked certificates."""
    listening = vars(ctx.master.addons).get(LISTENERS)
    return listening is not None and all(
        getattr(function, "__self__", None) is guard
        or isinstance(getattr(function, "__self__", None), TlsConfig)
        for name in _HOOKS
        for function in listening(name)
    )


class EarlyRefusals:
    """One guard's. `agents` are kept by who refuses."""

    def __init__(self, guard: object, agents: RefusedAgents, refuse: Refuse) -> None:
        self._guard, self._agents, self._refuse = guard, agents, refuse

    def may_be_one(self, head: bytes) -> bool:
        """Whether it is worth looking at the request that begins with these bytes."""
        return self._agents.has(head)

    def reading(
        self,
        server: Any,
        reader: Iterator[commands.Command],
        read: Read,
        rests: Callable[[Any], None],
    ) -> Iterator[commands.Command]:
        """What `reader` does for mitmproxy's `server` with a head, unless it is refused here.

        `rests` is called with a connection whose request was answered; `read` begins with the next.
        """
        while True:
            response = None
            for command in reader:
                if isinstance(command, ReceiveHttp) and isinstance(command.event, RequestHeaders):
                    response = self._answer(server, command.event)
                    if response is not None:
                        break
                yield command
            if response is None:
                return
            reader.close()  # type: ignore[attr-defined]  # a generator
            request, server.request = server.request, None
            rests(server.conn)
            head = http1.assemble_response_head(response)
            yield commands.SendData(server.conn, head + (response.raw_content or b""))
            if _is_last(request) or _is_last(response):
                yield commands.CloseConnection(server.conn)
                server.state = server.done
                return
            server.stream_id += 2
            if not server.buf:
                return
            # A loop, because somebody may send a thousand requests at once.
            reader, early = read(server, events.DataReceived(server.conn, b""))
            if not early:
                yield from reader
                return

    def _answer(self, server: Any, event: RequestHeaders) -> http.Response | None:
        flow = _begun(server, event)
        if flow is None or not nobody_else_listens(self._guard):
            return None
        response = self._refuse(flow)
        if response is None:
            event.replay_flow = flow
        return response


def _is_last(message: http.Message) -> bool:
    return bool(http1.connection_close(message.http_version, message.headers))


def _begun(server: Any, event: RequestHeaders) -> http.HTTPFlow | None:
    """The flow of a request that can be decided about; None where mitmproxy has to look first."""
    request = event.request
    if not event.end_stream or event.replay_flow or request.data.method == _CONNECT:
        return None
    options = server.context.options
    mode = layers.HTTPMode.transparent
    if layers.validate_request(mode, request, options.validate_inbound_headers) is not None:
        return None
    flow = http.HTTPFlow(server.context.client, server.context.server)
    flow.request, flow.live = request, True
    return flow
