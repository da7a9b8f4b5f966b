"""The hours of the day, as SVG that a style sheet colours: no script, no style inside."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from stagedoor.record.today import Hour
from stagedoor.web.desk.elements import joined
from stagedoor.web.desk.texts import say

_WIDTH, _HEIGHT, _FOOT = 720, 150, 18
_STEP = _WIDTH / 24
_LANES = ("people", "in", "refused")


def draw(hours: Sequence[Hour], current: int) -> Markup:
    """24 columns; each is stacked of listeners, machines let in, and refusals."""
    most = max((hour.machines + hour.people for hour in hours), default=0) or 1
    columns = joined(
        Markup('<g class="{}">{}</g>').format("now" if n == current else "", _column(n, hour, most))
        for n, hour in enumerate(hours)
    )
    labels = joined(
        Markup('<text x="{:.0f}" y="{}">{:02d}</text>').format(
            (n + 0.5) * _STEP, _HEIGHT + _FOOT - 4, n
        )
        for n in range(0, 24, 3)
    )
    return Markup(
        '<svg class="hours" viewBox="0 0 {} {}" role="img" aria-label="{}">{}'
        '<path class="ground" d="M0 {}H{}"/>{}</svg>'
    ).format(
        _WIDTH, _HEIGHT + _FOOT, say("hours.about"), columns, _HEIGHT, _WIDTH, labels
    )  # fmt: skip


def _column(number: int, hour: Hour, most: int) -> Markup:
    """Refusals of people stand among the refusals, and not twice."""
    refused = min(hour.refused, hour.machines + hour.people)
    inside = max(0, hour.machines - refused)
    counts = (hour.machines + hour.people - refused - inside, inside, refused)
    top = float(_HEIGHT)
    parts = []
    for lane, count in zip(_LANES, counts, strict=True):
        if not count:
            continue
        high = max(1.5, count / most * (_HEIGHT - 8))
        top -= high
        parts.append(
            Markup(
                '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
            ).format(lane, number * _STEP + 3, top, _STEP - 6, high)
        )
    return joined(parts)


def legend() -> Markup:
    """What the colours mean."""
    return Markup('<ul class="legend">{}</ul>').format(
        joined(
            Markup('<li class="{}">{}</li>').format(lane, say(f"hours.{key}"))
            for lane, key in zip(_LANES, ("people", "machines", "refused"), strict=True)
        )
    )
