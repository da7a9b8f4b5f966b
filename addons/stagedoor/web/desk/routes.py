"""The desk's addresses. Nothing is decided here: gate, day and outlook are asked, pages drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import orjson
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError

from stagedoor.record.daily import Day
from stagedoor.web.desk import today_page
from stagedoor.web.desk.answers import PATIENCE, Desk, Handler
from stagedoor.web.desk.commands import Export, SwitchMode
from stagedoor.web.desk.event_stream import AGAIN
from stagedoor.web.desk.refusal_page import why_page
from stagedoor.web.desk.rulebook import rules_page
from stagedoor.web.desk.sites_page import AllSites, AllStatuses
from stagedoor.web.desk.status_json import status
from stagedoor.web.desk.texts import say
from stagedoor.web.gate import Gate
from stagedoor.web.server import Routes

_HERE = Path(__file__).parent


class _Today(Handler):
    def get(self) -> None:
        wanted = self.get_query_argument("days", "1")
        days = int(wanted) if wanted in {str(n) for n in today_page.RANGES} else 1
        totals = self.desk.day.days(days) if days > 1 else None
        self.html(
            today_page.today_page(
                self.desk.day.look(), self.outlook(), self.desk.gate.token,
                totals, kept=self.desk.day.totals.kept,
            )
        )  # fmt: skip


class _Rules(Handler):
    async def get(self) -> None:
        outlook = self.outlook()
        cases = await self.aside(self.desk.cases, outlook.policy)
        self.html(rules_page(outlook, self.desk.day.look().rules, cases, self.desk.gate.token))


class _Why(Handler):
    def get(self, name: str) -> None:
        outlook = self.outlook()
        refusals = self.desk.day.look().refusals
        event = next((event for event in refusals if event.id == name.upper()), None)
        if event is None:
            self.set_status(404)
            self.html(today_page.missed(outlook.state, name))
        else:
            self.html(why_page(event, outlook))


class _Status(Handler):
    def get(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(orjson.dumps(status(self.desk.day.look(), self.outlook())))


class _Events(Handler):
    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        live = self._live = self.desk.live
        looking = live.join()
        self._looking = looking
        shown: dict[str, str] = {}
        try:
            while live.is_wanted(looking):
                drawn = live.parts(first=not shown)
                parts = {k: v for k, v in drawn.items() if shown.get(k) != v}
                shown.update(parts)
                text = orjson.dumps(parts) if parts else b""
                self.write(b"data: %s\n\n" % text if text else b": still here\n\n")
                await asyncio.wait_for(self.flush(), PATIENCE)
                looking.clear()
                try:
                    await asyncio.wait_for(looking.wait(), AGAIN)
                except TimeoutError:
                    continue
        except (StreamClosedError, TimeoutError):
            stream = getattr(self.request.connection, "stream", None)
            if stream is not None:  # a reader this slow would have the rest wait in memory
                stream.close()
        finally:
            live.leave(looking)

    def on_connection_close(self) -> None:
        looking = getattr(self, "_looking", None)
        if looking is not None:
            self._live.leave(looking)


class _File(Handler):
    async def prepare(self) -> None:
        """Style and script are in every copy of the program: nobody is asked for a password."""

    def get(self, name: str) -> None:
        kinds = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
        self.set_header("Content-Type", f"{kinds[name.rpartition('.')[2]]}; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.finish((_HERE / name).read_bytes())


class _Missing(Handler):
    async def prepare(self) -> None:
        await super().prepare()
        raise HTTPError(404, say("desk.missing"))


def routes(desk: Desk) -> Routes:
    """For the server."""
    return (*_of(desk), *_others(desk))


def routes_of_sites(desks: Mapping[str, Desk], gate: Gate) -> Routes:
    """The same for several sites: a desk for each, below its `base`, and one page of all."""
    top = Desk(Day(), lambda: None, lambda _mode, _by: None, gate)
    made = {"desk": top, "desks": desks}
    return (
        (r"/", AllSites, made),
        (r"/status\.json", AllStatuses, made),
        *(route for desk in desks.values() for route in _of(desk)),
        *_others(top),
    )


def _of(desk: Desk) -> Routes:
    made, base = {"desk": desk}, desk.base
    return (
        (base + r"/", _Today, made),
        (base + r"/rules", _Rules, made),
        (base + r"/refusals/([0-9A-Za-z]{1,16})", _Why, made),
        (base + r"/status\.json", _Status, made),
        (base + r"/events", _Events, made),
        (base + r"/mode", SwitchMode, made),
        (base + r"/evidence", Export, made),
    )


def _others(desk: Desk) -> Routes:
    made = {"desk": desk}
    return ((r"/(desk\.(?:css|js)|favicon\.svg)", _File, made), (r".*", _Missing, made))
