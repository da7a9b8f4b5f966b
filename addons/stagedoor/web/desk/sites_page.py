"""The first page where several sites stand behind one guard: the figures of each, and the way to its desk."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from markupsafe import Markup

from stagedoor.web.desk import mode_panel, today_page
from stagedoor.web.desk.answers import Desk, Handler
from stagedoor.web.desk.elements import joined, page
from stagedoor.web.desk.places import base_of, inside
from stagedoor.web.desk.status_json import status
from stagedoor.web.desk.texts import say

Desks = Mapping[str, Desk]
"""The desks of sites, by their names."""


def sites_page(desks: Desks) -> Markup:
    """The whole page."""
    return page(
        f"{say('title')} · {say('today')}",
        joined((_site(name, desk) for name, desk in desks.items()), "\n"),
        here="/",
        of_all=True,
    )


def _site(name: str, desk: Desk) -> Markup:
    outlook, today = desk.look(), desk.day.look()
    if outlook is None:
        return Markup("")
    with inside(base_of(name)):
        trouble = Markup('<p class="bad">{}</p>').format(say("health.bad"))
        return Markup(
            '<section aria-labelledby="{0}-h"><h1 id="{0}-h"><a href="{1}/">{2}</a></h1>{3}{4}'
            '<div class="figures">{5}</div></section>'
        ).format(
            name,
            base_of(name),
            outlook.site or name,
            mode_panel.banner(outlook, desk.gate.token),
            trouble if outlook.trouble else "",
            today_page.figures(today),
        )


class AllSites(Handler):
    """`GET /`."""

    desks: Desks

    def initialize(self, desk: Desk, desks: Desks) -> None:  # type: ignore[override]
        super().initialize(desk)
        self.desks = desks

    def get(self) -> None:
        self.html(sites_page(self.desks))


class AllStatuses(AllSites):
    """`GET /status.json`: that of each site, by its name."""

    def get(self) -> None:
        found = {
            name: status(desk.day.look(), outlook)
            for name, desk in self.desks.items()
            if (outlook := desk.look()) is not None
        }
        self.set_header("Content-Type", "application/json")
        self.finish(orjson.dumps({"sites": found}))
