"""Errors inside mitmproxy: the client gets an answer, they are counted, and the log stays short.

An exception in its protocol layers is logged with a traceback of 3 kB and forgotten; the connection
stays open, and the client waits for ever. Here it is answered where nothing has been sent yet, and
closed. One traceback a minute is shown.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from typing import Any

from mitmproxy.proxy import server
from mitmproxy.proxy.layers.http import HttpLayer, _http1

from stagedoor.fronts.mitmproxy.complaints import Complaints
from stagedoor.fronts.mitmproxy.own_answers import plain_response
from stagedoor.fronts.mitmproxy.replacing import Replacement, original

_LOGGERS = (
    "mitmproxy.proxy.server", "mitmproxy.proxy.mode_servers", "mitmproxy.master", "asyncio",
)  # fmt: skip
_OF_VISITORS = frozenset({"asyncio", "mitmproxy.proxy.server"})
"""Loggers that speak of single connections and of nothing else."""
_NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})


class _OnceAMinute(logging.Filter):
    """Counts records with an exception, and lets one a minute through."""

    def __init__(self, complaints: Complaints) -> None:
        super().__init__()
        self._complaints = complaints

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return True
        if isinstance(error, OSError) and error.errno in _NO_DESCRIPTORS:
            record.exc_info = None
            record.msg, record.args = "no descriptor is left for another connection", ()
            return bool(self._complaints.noted("host", "descriptors"))
        return bool(self._complaints.noted("host", "error"))


def _of_the_start(record: logging.LogRecord) -> bool:
    """Whether an error is one of the start itself, which must end it: not one of a visitor's."""
    if record.name in _OF_VISITORS:
        return False
    if record.name == "mitmproxy.proxy.mode_servers" or record.name.startswith("stagedoor."):
        return not record.exc_info  # what is wrong with options and rules has no traceback
    return True


def spare_the_start(master: Any) -> None:
    """Let no visitor's fault end a start: mitmproxy ends where any error was logged meanwhile."""
    handler = getattr(master.addons.get("errorcheck"), "logger", None)
    if handler is not None:
        handler.addFilter(_of_the_start)


def replacements() -> tuple[Replacement, ...]:
    """What takes the place of mitmproxy's note of a crash."""

    def log(self: Any, message: str, level: int = logging.INFO, exc_info: Any = None) -> None:
        if level < logging.WARNING:
            return  # several lines a connection, which lean.py has left out of the log anyway
        if message.startswith("Server TLS handshake failed"):
            return  # reported once, with what to do (own_answers.py)
        original(log)(self, message, level, exc_info)
        if exc_info:
            hang_up(self)

    return (Replacement(server.ConnectionHandler, "log", log),)


def spare_the_log(complaints: Complaints) -> Callable[[], None]:
    """Count exceptions that mitmproxy logs, and show one a minute; returns what undoes it."""
    sieve = _OnceAMinute(complaints)
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(sieve)

    def undo() -> None:
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(sieve)

    return undo


def hang_up(handler: Any) -> None:
    """Close a client's connection after an error; answer, where that can still be understood."""
    transport = handler.transports.get(handler.client)
    writer = getattr(transport, "writer", None)
    if writer is None or writer.is_closing():
        return
    if _awaits_an_answer(handler):
        writer.write(plain_response(500))
    writer.close()


def _awaits_an_answer(handler: Any) -> bool:
    """Whether the client speaks plain HTTP/1 and has a request without a beginning of a response."""
    if handler.client.tls:
        return False
    for layer in getattr(handler.layer, "context", handler).layers:
        if isinstance(layer, HttpLayer):
            server_side = layer.connections.get(handler.client)
            return (
                isinstance(server_side, _http1.Http1Server)
                and server_side.request is not None
                and server_side.response is None
            )
    return False
