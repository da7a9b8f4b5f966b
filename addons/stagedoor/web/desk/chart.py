"""Requests over a day, a week or a month, as SVG that a style sheet colours: no script, no style inside.

Each column is stacked of listeners, machines that were let in, and refusals. The axis has round
numbers; every column says its own in a title.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from stagedoor.web.desk.elements import joined
from stagedoor.web.desk.texts import number, say

_LEFT, _WIDTH, _HEIGHT, _FOOT, _TOP = 72, 720, 180, 26, 18
_LANES = ("people", "machines", "refused")
_LABELS = 7
"""At most so many labels stand under the columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One hour or one day: its label, and what it holds. `current`: it is not over."""

    label: str
    machines: int
    refused: int
    people: int
    current: bool = False

    @property
    def lanes(self) -> tuple[int, int, int]:
        """Listeners, machines let in, refusals. Refusals of people stand among the refusals alone."""
        refused = min(self.refused, self.machines + self.people)
        inside = max(0, self.machines - refused)
        return self.machines + self.people - refused - inside, inside, refused

    @property
    def all(self) -> int:
        """Every request."""
        return self.machines + self.people


def top(most: int) -> int:
    """The highest number of the axis: 1, 2, 4 or 10 times a power of ten, not below `most`."""
    if most <= 4:
        return 4
    power: int = 10 ** int(math.log10(most))
    return next(n * power for n in (1, 2, 4, 10) if n * power >= most)


def draw(columns: Sequence[Column]) -> Markup:
    """The chart."""
    most = max((column.all for column in columns), default=0)
    high = top(most)
    step = (_WIDTH - _LEFT) / max(1, len(columns))
    every = math.ceil(len(columns) / _LABELS)
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>'
    ).format(
        _WIDTH, _HEIGHT + _FOOT, say("chart.about", most=number(most)), _axis(high),
        joined(_column(n, column, high, step) for n, column in enumerate(columns)),
        joined(
            Markup('<text class="below" x="{:.1f}" y="{}">{}</text>').format(
                _LEFT + (n + 0.5) * step, _HEIGHT + _FOOT - 5, column.label
            )
            for n, column in enumerate(columns)
            if n % every == 0
        ),
    )  # fmt: skip


def _axis(high: int) -> Markup:
    lines = []
    for part in range(5):
        value = high * part / 4
        if value != int(value):
            continue
        y = _HEIGHT - part / 4 * (_HEIGHT - _TOP)
        lines.append(
            Markup(
                '<path class="{}" d="M{} {:.1f}H{}"/><text class="beside" x="{}" y="{:.1f}">{}</text>'
            ).format(
                "ground" if part == 0 else "line", _LEFT, y, _WIDTH, _LEFT - 6, y + 4,
                number(int(value)),
            )
        )  # fmt: skip
    return joined(lines)


def _column(place: int, column: Column, high: int, step: float) -> Markup:
    bottom = float(_HEIGHT)
    parts = []
    for lane, count in zip(_LANES, column.lanes, strict=True):
        if not count:
            continue
        tall = max(1.5, count / high * (_HEIGHT - _TOP))
        bottom -= tall
        parts.append(
            Markup(
                '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
            ).format(lane, _LEFT + place * step + step * 0.1, bottom, step * 0.8, tall)
        )
    told = ", ".join(
        f"{say(f'chart.{lane}')} {number(count)}"
        for lane, count in zip(_LANES, column.lanes, strict=True)
    )
    return Markup('<g class="{}"><title>{}: {}</title>{}</g>').format(
        "now" if column.current else "", column.label, told, joined(parts)
    )


def legend() -> Markup:
    """What the colours mean."""
    return Markup('<ul class="legend">{}</ul>').format(
        joined(
            Markup('<li class="{}">{}</li>').format(lane, say(f"chart.{lane}")) for lane in _LANES
        )
    )
