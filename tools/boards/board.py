"""A board: rows of panels, variables, links to the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from tools.boards.panels import SIZES, SOURCE, Row, build

TAG = "stagedoor"
WIDTH = 24


@dataclass(frozen=True, slots=True)
class Board:
    """`uid` is part of addresses people keep: it never changes."""

    uid: str
    title: str
    description: str
    rows: Sequence[Row]
    time: str = "now-24h"


def to_json(board: Board) -> str:
    """The board as Grafana reads it."""
    made = dashboard.Dashboard(board.title).uid(board.uid).description(board.description)
    made.tags([TAG]).time(board.time, "now").refresh("1m").timezone("browser")
    made.tooltip(models.DashboardCursorSync.CROSSHAIR)
    made.variables([_source(), _label("job"), _label("instance"), _label("site")])
    others = dashboard.DashboardLink("Stagedoor").type(models.DashboardLinkType.DASHBOARDS)
    others.tags([TAG]).include_vars(True).keep_time(True).as_dropdown(False)
    others.tooltip("The other boards, with the same time and guards")
    made.link(others).annotations([])
    number, y = 0, 0
    for row in board.rows:
        number += 1
        place = models.GridPos(h=1, w=WIDTH, x=0, y=y)
        made.with_row(dashboard.Row(row.title).id(number).grid_pos(place))
        x, tallest, y = 0, 0, y + 1
        for panel in row.panels:
            width, height = panel.width or SIZES[panel.kind][0], SIZES[panel.kind][1]
            if x + width > WIDTH:
                x, y, tallest = 0, y + tallest, 0
            number += 1
            made.with_panel(build(panel, number, x, y))
            x, tallest = x + width, max(tallest, height)
        y += tallest
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def _source() -> dashboard.DatasourceVariable:
    made = dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
    return made.description("The data source that scrapes the guard")


def _label(name: str) -> dashboard.QueryVariable:
    asked, matchers = _ASKED.get(name, ("stagedoor_build_info", ""))
    made = dashboard.QueryVariable(name).label(name.capitalize()).datasource(SOURCE)
    made.query(f"label_values({asked}{matchers}, {name})")
    made.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED).multi(True).include_all(True)
    made.all_value(".*").sort(models.VariableSort.ALPHABETICAL_ASC)
    made.current(models.VariableOption(text="All", value="$__all", selected=True))
    return made.description(
        "Sites to look at, where several stand behind one guard"
        if name == "site"
        else f"Guards to look at, by {name}"
    )


_ASKED = {
    "instance": ("stagedoor_build_info", '{job=~"$job"}'),
    "site": ("stagedoor_enforcing", '{job=~"$job",instance=~"$instance"}'),
}
"""What is asked for the values of a variable: a metric, and the choices before it."""
