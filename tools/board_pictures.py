"""Draws the boards without Grafana: each panel's queries, asked of a real Prometheus, as one HTML page.

    python -m tools.board_pictures http://127.0.0.1:9090 FOLDER

writes a page for each board in dashboards/ into FOLDER; a browser shows or prints it. It is there so
that somebody has looked at every panel with real numbers in it, and nothing more: no panel has
options here that Grafana would not have.
"""

from __future__ import annotations

import json
import math
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

ROOT = Path(__file__).resolve().parents[1]
BOARDS = ROOT / "dashboards"
HOUR = 3600
STEP = 5
VARIABLES: Mapping[str, str] = {
    "$job": ".*", "$instance": ".*", "$site": ".*", "$__rate_interval": "1m", "$__range": "1h", "$__interval": "15s",
}  # fmt: skip
"""What Grafana would put in for its variables."""
_COLOURS = ("#2f6690", "#b5452c", "#6f8044", "#b98a1b", "#7a5c99", "#3c8d8a", "#a3506b", "#666")
_NAMED = {
    "green": "#4c6a1e",
    "yellow": "#b98a1b",
    "red": "#b5452c",
    "blue": "#2f6690",
    "purple": "#7a5c99",
}

Ask = Callable[[str, bool], list[dict[str, Any]]]
"""An expression, and whether it is asked over the last hour: the series of the answer."""


def asker(url: str) -> Ask:
    """Asks the Prometheus at `url`. OSError where it does not answer."""

    def ask(expression: str, over_time: bool) -> list[dict[str, Any]]:  # noqa: FBT001 (as in Ask)
        for name, value in VARIABLES.items():
            expression = expression.replace(name, value)
        asked: dict[str, str | int] = {"query": expression}
        if over_time:
            now = int(time.time())
            asked |= {"start": now - HOUR, "end": now, "step": STEP}
        address = (
            f"{url}/api/v1/query{'_range' if over_time else ''}?{urllib.parse.urlencode(asked)}"
        )
        with urllib.request.urlopen(address, timeout=30) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return found

    return ask


def page(board: Mapping[str, Any], ask: Ask) -> Markup:
    """One board."""
    parts = Markup("").join(_place(panel, ask) for panel in board["panels"])
    return Markup(
        "<!doctype html><meta charset=utf-8><title>{}</title><style>{}</style><h1>{}</h1><p>{}</p>"
        '<div class="board">{}</div>'
    ).format(board["title"], Markup(_STYLE), board["title"], board.get("description", ""), parts)


def _place(panel: Mapping[str, Any], ask: Ask) -> Markup:
    place = panel["gridPos"]
    where = f"grid-column:{place['x'] + 1}/span {place['w']};grid-row:{place['y'] + 1}/span {place['h']}"
    if panel["type"] == "row":
        return Markup('<h2 style="{}">{}</h2>').format(where, panel["title"])
    return Markup('<section style="{}"><h3>{}</h3><p>{}</p>{}</section>').format(
        where, panel["title"], panel["description"], _DRAW[panel["type"]](panel, ask)
    )


def _series(panel: Mapping[str, Any], ask: Ask, *, over_time: bool) -> list[tuple[str, Any]]:
    found = []
    for target in panel["targets"]:
        for one in ask(target["expr"], over_time):
            legend = target.get("legendFormat", "")
            for name, value in one["metric"].items():
                legend = legend.replace("{{" + name + "}}", value)
            legend = "" if legend == "__auto" else legend
            found.append((legend or panel["title"], one.get("values") or one["value"]))
    return found


def _unit(panel: Mapping[str, Any], value: float) -> str:
    defaults = panel["fieldConfig"]["defaults"]
    for mapping in defaults.get("mappings") or ():
        if said := mapping["options"].get(f"{value:g}"):
            return str(said["text"])
    unit = defaults.get("unit", "short")
    if unit == "s":
        return f"{value / 3600:.1f} h" if value >= 3600 else f"{value:.0f} s"
    if unit in {"bytes", "decbytes", "Bps"}:
        power = min(3, int(math.log10(max(1.0, value)) / 3))
        return f"{value / 1000**power:.1f} {('B', 'kB', 'MB', 'GB')[power]}{'/s' if unit == 'Bps' else ''}"
    return (f"{value:,.0f}" if value >= 1000 else f"{value:.4g}") + (
        {"reqps": " /s", "percentunit": ""}.get(unit, "")
    )


def _stat(panel: Mapping[str, Any], ask: Ask) -> Markup:
    found = _series(panel, ask, over_time=False)
    value = float(found[0][1][1]) if found else math.nan
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    colour = next(
        (s["color"] for s in reversed(steps) if s["value"] is None or value >= s["value"]), ""
    )
    shown = "–" if math.isnan(value) else _unit(panel, value)
    return Markup('<b class="stat" style="color:{}">{}</b>').format(
        _NAMED.get(colour, "#333"), shown
    )


def _bars(panel: Mapping[str, Any], ask: Ask) -> Markup:
    found = [(name, float(value[1])) for name, value in _series(panel, ask, over_time=False)]
    most = max((value for _, value in found), default=0) or 1
    return (
        Markup("").join(
            Markup(
                '<div class="bar"><span>{}</span><i><u style="width:{:.1f}%"></u></i><span>{}</span></div>'
            ).format(name, value / most * 100, _unit(panel, value))
            for name, value in found
        )
        or _nothing()
    )


def _table(panel: Mapping[str, Any], ask: Ask) -> Markup:
    rows = [
        {**one["metric"], "Value": _unit(panel, float(one["value"][1]))}
        for target in panel["targets"]
        for one in ask(target["expr"], False)
    ]
    if not rows:
        return _nothing()
    heads = list(rows[0])
    cells = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(row.get(head, "")) for head in heads)
        )
        for row in rows[:12]
    )
    head = Markup("").join(Markup("<th>{}</th>").format(name) for name in heads)
    return Markup("<table><tr>{}</tr>{}</table>").format(head, cells)


def _lines(panel: Mapping[str, Any], ask: Ask) -> Markup:
    found = _series(panel, ask, over_time=True)
    points = [
        (n, name, [(float(t), float(v)) for t, v in values])
        for n, (name, values) in enumerate(found)
    ]
    every = [(t, v) for _, _, values in points for t, v in values if not math.isnan(v)]
    if not every:
        return _nothing()
    start, end = min(t for t, _ in every), max(t for t, _ in every)
    high = max(v for _, v in every) or 1

    def path(values: Sequence[tuple[float, float]]) -> str:
        return " ".join(
            f"{60 + (t - start) / max(1, end - start) * 335:.1f},{118 - v / high * 108:.1f}"
            for t, v in values
            if not math.isnan(v)
        )

    drawn = Markup("").join(
        Markup('<polyline points="{}" style="stroke:{}"/>').format(path(values), _COLOURS[n % 8])
        if len(values) > 1
        else Markup('<circle cx="60" cy="{:.1f}" r="3" style="fill:{}"/>').format(
            118 - values[0][1] / high * 108, _COLOURS[n % 8]
        )
        for n, _, values in points
        if values
    )
    names = Markup("").join(
        Markup('<span style="color:{}">— {}</span> ').format(_COLOURS[n % 8], name)
        for n, name, _ in points[:8]
    )
    return Markup(
        '<svg viewBox="0 0 400 130"><text x="56" y="14">{}</text><text x="56" y="120">0</text>'
        '<path d="M60 118H395"/>{}</svg><p class="names">{}</p>'
    ).format(_unit(panel, high), drawn, names)


def _nothing() -> Markup:
    return Markup('<p class="nothing">nothing in this hour</p>')


_DRAW: Mapping[str, Callable[[Mapping[str, Any], Ask], Markup]] = {
    "stat": _stat, "bargauge": _bars, "table": _table, "timeseries": _lines,
}  # fmt: skip
_STYLE = """
body { font: 13px/1.35 system-ui, "DejaVu Sans", sans-serif; margin: 1rem; color: #222; background: #fff }
.board { display: grid; grid-template-columns: repeat(24, 1fr); grid-auto-rows: minmax(26px, auto); gap: 5px }
section { border: 1px solid #ccc; border-radius: 4px; padding: .4rem .6rem; overflow: hidden; min-width: 0 }
h2 { margin: .3rem 0 0; font-size: 1.1rem } h3 { margin: 0; font-size: .95rem }
section > p { margin: .1rem 0 .3rem; color: #555; font-size: .8rem }
.stat { font-size: 1.7rem } .bar { display: grid; grid-template-columns: 11em 1fr 5em; gap: .4rem }
.bar i { background: #eee; height: .8em; align-self: center } .bar u { background: #2f6690; height: 100%; display: block }
svg { width: 100% } polyline { fill: none; stroke-width: 1.6 } path { stroke: #999 } text { font-size: 10px; text-anchor: end; fill: #555 }
table { border-collapse: collapse } td, th { text-align: left; padding: .1rem .6rem .1rem 0; border-bottom: 1px solid #ddd }
.nothing { color: #999 } .names { font-size: .8rem }
"""


def write(url: str, folder: Path) -> Sequence[Path]:
    """A page for each board; returns them."""
    folder.mkdir(parents=True, exist_ok=True)
    ask = asker(url)
    written = []
    for path in sorted(BOARDS.glob("stagedoor-*.json")):
        target = folder / f"{path.stem}.html"
        target.write_text(str(page(json.loads(path.read_text("utf-8")), ask)), "utf-8")
        written.append(target)
    return written


if __name__ == "__main__":
    for made in write(sys.argv[1].rstrip("/"), Path(sys.argv[2])):
        print(made)
