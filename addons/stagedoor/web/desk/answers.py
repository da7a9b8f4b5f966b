"""Answers of the desk, what they have in common: who may have them, headers, errors."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from markupsafe import Markup
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler

from stagedoor.engine.cases import run_cases
from stagedoor.model.languages import Language, negotiated
from stagedoor.record.daily import Day
from stagedoor.rules.policy import Policy
from stagedoor.web.desk import today_page
from stagedoor.web.desk.elements import page
from stagedoor.web.desk.event_stream import Live, Parts
from stagedoor.web.desk.places import enter, inside
from stagedoor.web.desk.rulebook import Cases
from stagedoor.web.desk.texts import language, say, speak, speaking
from stagedoor.web.desk.view import Look, Outlook, Switch
from stagedoor.web.gate import HEADERS, Gate

_log = logging.getLogger("stagedoor.desk")
PATIENCE = 10.0
"""Seconds that a page may take to read what it is sent."""
WRONG_PASSWORD = 0.5
"""Seconds: so many guesses a second are no guesses."""


@dataclass(slots=True)
class Desk:
    """What all addresses have in common."""

    day: Day
    look: Look
    switch: Switch
    gate: Gate
    base: str = ""
    """What stands before its addresses: empty at the top."""
    _live: dict[Language, Live] = field(default_factory=dict)
    exporting: threading.Lock = field(default_factory=threading.Lock)
    _cases: tuple[Policy, Cases] | None = None

    @property
    def live(self) -> Live:
        """Those who look on in the language of this task: each language is drawn once for all."""
        spoken = language()
        if spoken not in self._live:
            self._live[spoken] = Live(self._version, partial(self._parts, spoken))
        return self._live[spoken]

    def _version(self) -> object:
        """Another one means that the page is another."""
        found = self.look()
        seen = (found.mode, id(found.policy), found.trouble) if found else ()
        return self.day.version, seen

    def _parts(self, spoken: Language) -> Parts | None:
        outlook = self.look()
        if outlook is None:
            return None
        with speaking(spoken), inside(self.base):
            return today_page.fragments(self.day.look(), outlook, self.gate.token)

    def cases(self, policy: Policy) -> Cases:
        """The rules' cases, run once for each policy. Blocks for half a second."""
        if self._cases is None or self._cases[0] is not policy:
            count, failures = run_cases(policy)
            self._cases = policy, (count, [str(failure) for failure in failures])
        return self._cases[1]


class Handler(RequestHandler):
    """What all of the desk's answers have in common."""

    desk: Desk

    def initialize(self, desk: Desk) -> None:
        self.desk = desk

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    async def prepare(self) -> None:
        # Each request has a task, and so a language, of its own.
        speak(negotiated(self.request.headers.get("Accept-Language", "")))
        enter(self.desk.base)
        gate = self.desk.gate
        if not gate.knows(self.request.headers.get("Host", "")):
            raise HTTPError(421, say("desk.host"))
        if not gate.admits(self.request.headers.get("Authorization", "")):
            if "Authorization" in self.request.headers:
                await asyncio.sleep(WRONG_PASSWORD)
            raise HTTPError(401, say("desk.password"))

    def write_error(self, status_code: int, **named: Any) -> None:
        """A page that says what is wrong, and nothing about the inside."""
        error = (named.get("exc_info") or (None, None, None))[1]
        told = say("desk.failed")
        if isinstance(error, HTTPError) and error.log_message:
            told = error.log_message % error.args if error.args else error.log_message
        if status_code == 401:
            self.set_header("WWW-Authenticate", 'Basic realm="Stagedoor desk", charset="UTF-8"')
        self.html(page(say("title"), Markup("<h1>{}</h1><p>{}</p>").format(status_code, told)))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if not isinstance(value, (HTTPError, StreamClosedError)):
            _log.error("the desk could not answer", exc_info=(typ, value, tb))

    def html(self, text: Markup) -> None:
        """Answer with a page."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Language", language())
        self.set_header("Vary", "Accept-Language")
        self.finish(str(text).encode("utf-8", "replace"))

    def outlook(self) -> Outlook:
        """The guard as it is now."""
        found = self.desk.look()
        if found is None:
            raise HTTPError(503, say("desk.starting"))
        return found

    async def aside[T](self, function: Callable[..., T], *arguments: Any) -> T:
        """Run what blocks in a thread."""
        return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)

    def must_be_ours(self) -> None:
        """Refuse forms that do not come from the desk."""
        token = self.get_body_argument("token", "")
        if not self.desk.gate.may_change(self.request.headers, token):
            raise HTTPError(403, say("desk.origin"))
