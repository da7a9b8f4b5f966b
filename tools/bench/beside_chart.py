"""The chart of `bench beside`: `python -m tools.bench.beside_chart build/bench.json docs/beside.svg`.

Two bars for each side, on a scale of tens: how many requests a second of processor time carries, a
listener's and a refused crawler's. What the load generator could ask for plays no part in it.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from statistics import median
from typing import Any

LOADS: Sequence[tuple[str, str, str]] = (
    ("listeners", "listener", "a listener's request"),
    ("refused", "crawler", "a crawler's, refused where the side refuses"),
)
"""The load's name in the JSON, the class of its bars, and its words in the legend."""
_WIDTH, _LEFT, _RIGHT, _TOP, _ROW, _BAR = 760, 205, 70, 74, 40, 13
_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; }
.small { font-size: 11px; fill: #59636e; }
.value { font-size: 11px; font-variant-numeric: tabular-nums; }
.paper { fill: #ffffff; } .line { stroke: #d1d9e0; }
.listener { fill: #0f7b6c; } .crawler { fill: #b35900; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .small { fill: #9aa4af; } .paper { fill: #0d1117; }
  .line { stroke: #30363d; } .listener { fill: #2fb5a0; } .crawler { fill: #e08a2e; }
}
"""


def rates(found: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Requests a second of processor time, by side and load."""
    return {
        side: {
            load: 1 / median(loads[load]["cpu"])
            for load, _, _ in LOADS
            if load in loads and median(loads[load]["cpu"]) > 0
        }
        for side, loads in found["sides"].items()
    }


def svg(found: Mapping[str, Any]) -> str:
    """The whole picture."""
    sides = {side: values for side, values in rates(found).items() if values}
    every = [value for values in sides.values() for value in values.values()]
    low = math.floor(math.log10(min(every)))
    high = math.log10(max(every))
    scale = (_WIDTH - _LEFT - _RIGHT) / (high - low)
    height = _TOP + _ROW * len(sides) + 44

    def x(value: float) -> float:
        return _LEFT + (math.log10(value) - low) * scale

    bottom = height - 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-labelledby="t"><title id="t">{_summary(sides)}</title><style>{_STYLE}</style>',
        f'<rect class="paper" width="{_WIDTH}" height="{height}" rx="6"/>',
        _text(16, 26, "Requests that one second of processor time carries", "title"),
    ]
    for number, (_, kind, words) in enumerate(LOADS):
        at = 16 + number * 180
        parts.append(f'<rect class="{kind}" x="{at}" y="39" width="11" height="11"/>')
        parts.append(_text(at + 17, 49, words))
    for tens in range(low, math.floor(high) + 1):
        at = x(10**tens)
        parts.append(
            f'<line class="line" x1="{at:.1f}" y1="{_TOP - 8}" x2="{at:.1f}" y2="{bottom}"/>'
        )
        parts.append(_text(at, bottom + 14, f"{10**tens:,}", "small", "middle"))
    for row, (side, values) in enumerate(sides.items()):
        top = _TOP + row * _ROW
        parts.append(_text(_LEFT - 10, top + 18, side, anchor="end"))
        for number, (load, kind, _) in enumerate(LOADS):
            if load in values:
                y, end = top + number * (_BAR + 1), x(values[load])
                parts.append(
                    f'<rect class="{kind}" x="{_LEFT}" y="{y}" width="{end - _LEFT:.1f}" '
                    f'height="{_BAR}"/>'
                )
                parts.append(_text(end + 5, y + 10.5, _short(values[load]), "value"))
    parts.append(_text(16, height - 8, _about(found), "small"))
    return "\n".join(parts) + "\n</svg>\n"


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text{style} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _short(value: float) -> str:
    digits = 10 ** (math.floor(math.log10(value)) - 1)
    return f"{round(value / digits) * digits:,.0f}"


def _summary(sides: Mapping[str, Mapping[str, float]]) -> str:
    said = (
        f"{side}: " + ", ".join(f"{_short(value)} {load}" for load, value in values.items())
        for side, values in sides.items()
    )
    return escape("Requests a second of processor time. " + "; ".join(said))


def _about(found: Mapping[str, Any]) -> str:
    return (
        f"A scale of tens. {found['at'][:10]}, {found['cpus']} CPUs, load {found['load'][0]:.0f}, "
        f"rounds: {found['rounds']}, medians; all processes of a side together."
    )


def main() -> None:
    """From the one file to the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("json", type=Path)
    parser.add_argument("svg", type=Path)
    options = parser.parse_args()
    options.svg.write_text(svg(json.loads(options.json.read_text("utf-8"))), "utf-8")
    print(options.svg)


if __name__ == "__main__":
    main()
