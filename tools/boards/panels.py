"""Kinds of panels, the same on every board. Each says what it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    prometheus,
    stat,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import common as models
from grafana_foundation_sdk.models import dashboard as board_models
from grafana_foundation_sdk.models import prometheus as query_models

SOURCE = board_models.DataSourceRef(type_val="prometheus", uid="${datasource}")
GREEN, YELLOW, RED, BLUE = "green", "yellow", "red", "blue"
Steps = Sequence[tuple[float | None, str]]
CALM: Steps = ((None, BLUE),)
TROUBLE: Steps = ((None, GREEN), (1, RED))
"""Green at nothing, red from one on."""
HEALTH: Steps = ((None, RED), (1, GREEN))
"""Red at 0, green at 1."""

Kind = Literal["stat", "lines", "stack", "bars", "table"]
SIZES: dict[Kind, tuple[int, int]] = {
    "stat": (4, 4),
    "lines": (12, 8),
    "stack": (12, 8),
    "bars": (8, 9),
    "table": (12, 9),
}
"""Width (of 24) and height."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. `queries` are expressions with their legend; `names` renames columns of a table."""

    kind: Kind
    title: str
    description: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    steps: Steps = CALM
    words: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    """Of single series, by their legend."""
    width: int = 0
    exemplars: bool = False
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading."""

    title: str
    panels: Sequence[Panel]


def build(panel: Panel, number: int, x: int, y: int) -> Any:
    """The library's builder for `panel`, in its place."""
    made: Any = _MAKERS[panel.kind](panel)
    width, height = SIZES[panel.kind]
    made.id(number).title(panel.title).description(panel.description).datasource(SOURCE)
    made.grid_pos(board_models.GridPos(h=height, w=panel.width or width, x=x, y=y))
    made.unit(panel.unit).thresholds(_thresholds(panel.steps)).no_value("–")
    if panel.decimals is not None:
        made.decimals(panel.decimals)
    if panel.words:
        options = {
            value: board_models.ValueMappingResult(text=text, index=place)
            for place, (value, text) in enumerate(panel.words.items())
        }
        made.mappings([board_models.ValueMap(options=options)])
    for series, colour in panel.colours.items():
        fixed = _color(board_models.FieldColorModeId.FIXED).fixed_color(colour).build()
        value = board_models.DynamicConfigValue(id_val="color", value=fixed)
        made.override_by_name(series, [value])
    for place, (expression, legend) in enumerate(panel.queries):
        made.with_target(_target(panel, expression, legend, "ABCDEFGH"[place]))
    return made


def _target(panel: Panel, expression: str, legend: str, ref: str) -> Any:
    query = prometheus.Dataquery().expr(expression).ref_id(ref).legend_format(legend or "__auto")
    query.datasource(SOURCE)
    if panel.kind in {"lines", "stack"}:
        return query.range().exemplar(panel.exemplars)
    query.instant()
    if panel.kind == "table":
        query.format(query_models.PromQueryFormat.TABLE)
    return query


def _thresholds(steps: Steps) -> Any:
    found = [board_models.Threshold(value=value, color=color) for value, color in steps]
    made = dashboard.ThresholdsConfig().mode(board_models.ThresholdsMode.ABSOLUTE)
    return made.steps(found)


def _color(mode: board_models.FieldColorModeId) -> Any:
    return dashboard.FieldColor().mode(mode)


def _last() -> Any:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)


def _stat(_panel: Panel) -> Any:
    made = stat.Panel().reduce_options(_last()).graph_mode(models.BigValueGraphMode.NONE)
    made.color_mode(models.BigValueColorMode.VALUE)
    return made.color_scheme(_color(board_models.FieldColorModeId.THRESHOLDS))


def _lines(_panel: Panel) -> Any:
    legend = common.VizLegendOptions().display_mode(models.LegendDisplayMode.LIST)
    legend.placement(models.LegendPlacement.BOTTOM).show_legend(True).calcs([])
    tooltip = common.VizTooltipOptions().mode(models.TooltipDisplayMode.MULTI)
    tooltip.sort(models.SortOrder.DESCENDING)
    made = timeseries.Panel().legend(legend).tooltip(tooltip).line_width(1).fill_opacity(8)
    made.show_points(models.VisibilityMode.AUTO).min(0)
    return made.color_scheme(_color(board_models.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))


def _stack(panel: Panel) -> Any:
    made = _lines(panel).fill_opacity(35)
    return made.stacking(common.StackingConfig().mode(models.StackingMode.NORMAL).group("A"))


def _bars(_panel: Panel) -> Any:
    made = bargauge.Panel().reduce_options(_last()).display_mode(models.BarGaugeDisplayMode.BASIC)
    made.orientation(models.VizOrientation.HORIZONTAL).value_mode(models.BarGaugeValueMode.TEXT)
    made.show_unfilled(False).min(0)
    return made.color_scheme(_color(board_models.FieldColorModeId.THRESHOLDS))


def _table(panel: Panel) -> Any:
    made = table.Panel().show_header(True).filterable(True)
    merged = board_models.DataTransformerConfig(id_val="merge", options={})
    shown = board_models.DataTransformerConfig(
        id_val="organize",
        options={
            "excludeByName": dict.fromkeys(("Time", "__name__", "Value"), True)
            | dict.fromkeys(panel.names, False),
            "indexByName": {name: place for place, name in enumerate(panel.names)},
            "renameByName": panel.names,
        },
    )
    last = list(panel.names.values())[-1] if panel.names else "Value"
    made.with_transformation(merged).with_transformation(shown)
    return made.sort_by([common.TableSortByFieldState().display_name(last).desc(True)])


_MAKERS: dict[Kind, Any] = {
    "stat": _stat,
    "lines": _lines,
    "stack": _stack,
    "bars": _bars,
    "table": _table,
}
