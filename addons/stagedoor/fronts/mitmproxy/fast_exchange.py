"""One plain request and its response, carried out by the hooks of the guard and by nothing else.

The hooks and their order are mitmproxy's: requestheaders, responseheaders, response, error; they get its
flow. Where nothing has to be waited for, all of it happens in two turns of the event loop and needs no
task: one when the request has come, one when the response has.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from mitmproxy import connection, flow, http
from mitmproxy.net.http import http1
from mitmproxy.proxy import server_hooks
from mitmproxy.proxy.layers import http as http_layers

from stagedoor.fronts.mitmproxy import first_bytes, interrupting, own_answers
from stagedoor.fronts.mitmproxy.fast_parts import Peer
from stagedoor.fronts.mitmproxy.fast_responses import Broken, End, Event, ResponseReader
from stagedoor.fronts.mitmproxy.fast_site import SiteConnection, SiteConnections
from stagedoor.fronts.mitmproxy.forwarding import HANG_UP
from stagedoor.fronts.mitmproxy.passage import PASSAGE
from stagedoor.fronts.mitmproxy.refused_lately import Key

_layers: Any = http_layers  # its name there is one that header_lookup.py replaces
_log = logging.getLogger("stagedoor.door")
ANSWER_WITHIN = 300.0
"""Seconds in which the head of the site's response must come."""
_ITSELF = (
    "Request destination unknown. Unable to figure out where this request should be forwarded to."
)
_SMUGGLED = "Received {} from server, refusing to prevent request smuggling attacks."
_GONE = "Client disconnected."


class Exchange:
    """Belongs to one visitor's connection, `visitor`, until it is over."""

    __slots__ = (
        "_chunked", "_events", "_head_sent", "_held", "_interrupted", "_key", "_once_more", "_reader",
        "_site", "_start", "_stream", "_timer", "_visitor", "_waits", "close_after", "flow", "over",
    )  # fmt: skip

    def __init__(
        self, visitor: Peer, asked: http.Request, *, close_after: bool, key: Key | None = None
    ) -> None:
        self._visitor = visitor
        self.flow = made = http.HTTPFlow(visitor.client, visitor.host.server, live=True)
        made.request = asked
        asked.data.host, asked.data.port = visitor.host.site.host, visitor.host.site.port
        asked.data.scheme = b"http"
        made.metadata[HANG_UP] = self._hang_up_on_site
        self.close_after, self._key = close_after, key
        self.over = False
        self._waits = self._head_sent = self._chunked = self._once_more = False
        self._site: SiteConnection | None = None
        self._reader: ResponseReader | None = None
        self._events: deque[Event] = deque()
        self._held: first_bytes.Held | None = None
        self._start = bytearray()
        self._stream: Callable[[bytes], Iterable[bytes] | bytes] | None = None
        self._interrupted: Callable[[], bool] | None = None
        self._timer: asyncio.TimerHandle | None = None

    # -- the request -------------------------------------------------------------------------------

    def begin(self) -> None:
        """The head of the request has come."""
        self._then(self._visitor.host.guard.requestheaders, self._decided)

    def _then(
        self, hook: Callable[[http.HTTPFlow], Awaitable[None] | None], go_on: Callable[[], None]
    ) -> None:
        """Call a hook of the guard's, and go on once it is done."""
        later = hook(self.flow)
        if later is None:
            go_on()
            return
        self._waits = True
        self.heed_pace()
        self._visitor.host.spawn(self._later(later, go_on))

    async def _later(self, later: Awaitable[None], go_on: Callable[[], None]) -> None:
        try:
            await later
            self._waits = False
            if self.over:  # the visitor has gone meanwhile
                self._report_error(_GONE)
                return
            go_on()
            self._advance()
        except Exception:  # noqa: BLE001 (whatever it is, the visitor must not wait for ever)
            self._crashed()
        self.heed_pace()
        self._visitor.flush()

    def _decided(self) -> None:
        made = self.flow
        if made.error is not None:
            self._report_error(made.error.msg)
            self._finish(close=True)
        elif made.response is not None:
            self._visitor.host.guard.response(made)
            out = http1.assemble_response_head(made.response) + (made.response.raw_content or b"")
            self._visitor.write(out)
            close = self._ends_connection(made.response)
            if self._key is not None:
                passage, of = made.metadata.get(PASSAGE), self._visitor.host.guard.of(made)
                self._visitor.host.refused.learn(self._key, passage, of, out, close=close)
            self._finish(close=close)
        else:
            if self._key is not None:
                self._visitor.host.refused.forget(self._key)
            self._ask(fresh=False)

    def _ask(self, *, fresh: bool) -> None:
        """Send the request to the site, on a connection that rests or on a new one."""
        site = self._visitor.host.pool(self.flow.request)
        if self.close_after:  # a matter between the visitor and us
            headers = self.flow.request.headers
            headers.fields = tuple(one for one in headers.fields if one[0].lower() != b"connection")
        self._reader = ResponseReader(self.flow.request)
        found = None if fresh else site.take()
        if found is None:
            self._waits = True
            self._visitor.host.spawn(self._connected(site))
        else:
            self._asked(found)

    async def _connected(self, site: SiteConnections) -> None:
        if self._visitor.host.is_itself(site):
            self._waits = False
            self._unreachable(site, _ITSELF)
            self._visitor.flush()
            return
        try:
            found = await site.connect()
        except (OSError, UnicodeError) as error:
            self._waits = False
            self._unreachable(site, str(error))
        else:
            self._waits = False
            if self.over:
                found.keep()
                self._report_error(_GONE)
            else:
                self._asked(found)
        self._visitor.flush()

    def _asked(self, found: SiteConnection) -> None:
        self._site = found
        self._once_more = found.used
        found.ask(self, http1.assemble_request_head(self.flow.request))
        self._timer = asyncio.get_running_loop().call_later(ANSWER_WITHIN, self._silent)

    def _unreachable(self, site: SiteConnections, message: str) -> None:
        tried = connection.Server(address=(site.host, site.port))
        tried.error = message
        self._visitor.host.guard.server_connect_error(
            server_hooks.ServerConnectionHookData(tried, self.flow.client_conn)
        )
        self._failed(502, message)

    def _silent(self) -> None:
        self._timer = None
        if not self.over and self.flow.response is None:
            self._failed(504, "the site takes too long to answer")
            self._visitor.flush()

    # -- the response ------------------------------------------------------------------------------

    def site_data(self, data: bytes) -> None:
        """The site has sent something."""
        if self._reader is None or self.over:
            return
        self._events.extend(self._reader.feed(data))
        self._advance()
        self._visitor.flush()

    def site_lost(self) -> None:
        """The site has ended the connection."""
        reader = self._reader
        self._site = None
        if self.over or reader is None:
            return
        if self._once_more and not reader.begun:
            self._stop_timer()
            self._ask(fresh=True)
            return
        self._events.extend(reader.eof())
        self._advance()
        self._visitor.flush()

    def _advance(self) -> None:
        try:
            while self._events and not self._waits and not self.over:
                event = self._events.popleft()
                if isinstance(event, bytes):
                    self._body(event)
                elif isinstance(event, http.Response):
                    self._head(event)
                elif isinstance(event, End):
                    self._end()
                else:
                    self._broken(event)
        except Exception:  # noqa: BLE001 (as in _later)
            self._crashed()

    def _head(self, response: http.Response) -> None:
        self._stop_timer()
        self.flow.response = response
        if self._visitor.host.options.validate_inbound_headers:
            try:
                _layers.validate_headers(response)
            except ValueError as error:
                self._failed(502, _SMUGGLED.format(error))
                return
        self._then(self._visitor.host.guard.responseheaders, self._seen)

    def _seen(self) -> None:
        """The guard has seen the head of the response: send it, or hold it (first_bytes.py)."""
        if self.flow.error is not None:
            self._report_error(self.flow.error.msg)
            self._finish(close=True)
            return
        self._held = self.flow.metadata.pop(first_bytes.HELD, None)
        if self._held is None:
            self._send_head()

    def _send_head(self) -> None:
        response = self.flow.response
        assert response is not None
        self._interrupted = self.flow.metadata.pop(interrupting.ASK, None)
        self._stream = response.stream if callable(response.stream) else None
        coding = response.headers.get("transfer-encoding", "")
        self._chunked = (
            "chunked" in coding.lower() and self.flow.request.data.method.upper() != b"HEAD"
        )
        self._head_sent = True
        if self.close_after:
            response.headers["connection"] = "close"
        self._visitor.write(http1.assemble_response_head(response))

    def _body(self, data: bytes) -> None:
        held = self._held
        if held is None:
            self._pass(data)
            return
        self._start += data
        if held.enough(bytes(self._start)):
            self._look(held)

    def _look(self, held: first_bytes.Held) -> None:
        self._held = None
        if held.look(bytes(self._start)):
            self._then(self._visitor.host.guard.responseheaders, self._looked)
        else:
            self._looked()

    def _looked(self) -> None:
        if self.flow.error is not None:
            self._report_error(self.flow.error.msg)
            self._finish(close=True)
            return
        self._send_head()
        if self._start:
            self._pass(bytes(self._start))

    def _pass(self, data: bytes) -> None:
        self._write(self._stream(data) if self._stream is not None else data)
        if self._interrupted is not None and self._interrupted():
            self._report_error(interrupting.MESSAGE)
            self._finish(close=True)

    def _write(self, chunks: Iterable[bytes] | bytes) -> None:
        for chunk in (chunks,) if isinstance(chunks, bytes) else chunks:
            if chunk:
                framed = b"%x\r\n%s\r\n" % (len(chunk), chunk) if self._chunked else chunk
                self._visitor.write(framed)

    def _end(self) -> None:
        held = self._held
        if held is not None:
            self._events.appendleft(_END)
            self._look(held)
            return
        response = self.flow.response
        assert response is not None
        if self._stream is not None:
            self._write(self._stream(b""))
        self._visitor.host.guard.response(self.flow)
        if self._chunked:
            self._visitor.write(b"0\r\n\r\n")
        if self._site is not None and self._reader is not None and self._reader.reusable:
            self._site.keep()
            self._site = None
        self._finish(close=self._ends_connection(response))

    def _ends_connection(self, response: http.Response) -> bool:
        """Whether the visitor's connection ends with this response, as mitmproxy decides it."""
        if self.close_after or http1.connection_close(response.http_version, response.headers):
            return True
        try:
            return http1.expected_http_body_size(self.flow.request, response) == -1
        except ValueError:
            return False

    # -- what goes wrong ---------------------------------------------------------------------------

    def _broken(self, event: Broken) -> None:
        self._failed(502, event.message)

    def _failed(self, status: int, message: str) -> None:
        """The site gives no answer that could be passed on."""
        self._report_error(message)
        if not self._head_sent:
            self._visitor.write(
                own_answers.response_to(
                    self.flow.request, status, message, self._visitor.host.report
                )
            )
        self._finish(close=True)

    def _report_error(self, message: str) -> None:
        if self.flow.error is None:
            self.flow.error = flow.Error(message)
        self._visitor.host.guard.error(self.flow)

    def _crashed(self) -> None:
        """An error inside the guard or here: the visitor gets an answer, and it is counted."""
        self._visitor.host.crashed()
        if self.over:
            return
        if not self._head_sent:
            self._visitor.write(own_answers.plain_response(500))
        try:
            self._report_error("the guard failed")
        except Exception:  # noqa: BLE001 (that it failed was said already)
            _log.debug("and its end could not be reported", exc_info=True)
        self._finish(close=True)

    def visitor_gone(self) -> None:
        """The visitor has hung up."""
        if not self.over:
            self.over = True
            self._leave()
            if not self._waits:  # else it is reported once the hook is done
                self._report_error(_GONE)

    def _finish(self, *, close: bool) -> None:
        self._leave()
        self.over = True
        self._visitor.finished(close=close)

    def _leave(self) -> None:
        if self._site is not None:
            self._site.close()
            self._site = None
        self._stop_timer()
        self._events.clear()
        self.flow.live = False
        self.flow.metadata.pop(HANG_UP, None)  # it would keep all of this until the collector comes

    def _hang_up_on_site(self) -> None:
        """Asked for where a refusal takes the place of the response (forwarding.py)."""
        site = self._site
        if site is not None:
            site.close()
            self.site_lost()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def heed_pace(self) -> None:
        """Read from the site only while the visitor takes it, and nothing is waited for."""
        site: Any = self._site
        if site is None:
            return
        if self._waits or self._visitor.full:
            site.transport.pause_reading()
        else:
            site.transport.resume_reading()


_END = End()
