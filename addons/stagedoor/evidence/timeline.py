"""A timeline as inline SVG: what was in force, and when a client was notified, took, or was refused.

Colours come from the page's style sheet (`--told`, `--taken`, `--refused`, `--force`, `--ink`,
`--soft`), so that it prints and reads in the dark. Many entries become columns, whose height is the
square root of their number: one taking must be visible beside a thousand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import sqrt

from markupsafe import Markup

from stagedoor.evidence.account import Account, InForceFrom, Lane
from stagedoor.evidence.wording import Wording

_WIDTH, _LEFT, _RIGHT = 720, 160, 12
_ROOM = _WIDTH - _LEFT - _RIGHT
_COLUMNS = 144
_BAR, _TALL, _GAP = 14, 40, 10
_MOST_PLACES = 8
_DAYS = 6 * 86_400_000
"""Milliseconds; a longer time has days on its axis, a shorter one hours."""
_LANES: Sequence[tuple[Lane, str]] = (
    ("notice", "told"),
    ("taking", "taken"),
    ("refusal", "refused"),
)

_COUNTED: Mapping[Lane, str] = {"notice": "notices", "taking": "takings", "refusal": "refusals"}


def draw(account: Account, since: int, until: int, wording: Wording) -> Markup:
    """The drawing, for the time from `since` to `until` (Unix milliseconds)."""
    span = max(until - since, 1)
    parts: list[Markup] = []
    y = 8
    places = list(dict.fromkeys(one.where for one in account.published))
    for where in places[:_MOST_PLACES]:
        mine = [one for one in account.published if one.where == where]
        parts.append(_label(y + _BAR - 3, where))
        parts.extend(_force(mine, since, span, y, wording))
        y += _BAR + _GAP
    if len(places) > _MOST_PLACES:
        more = wording.number(len(places) - _MOST_PLACES)
        parts.append(_label(y + 8, wording.say("timeline.rest", n=more)))
        y += _BAR
    y += _GAP
    for lane, style in _LANES:
        count = wording.number(account.total(_COUNTED[lane]))
        parts.append(_label(y + _TALL - 4, wording.say(f"timeline.{lane}", n=count)))
        parts.extend(_columns(account.times[lane], since, span, y, style, wording))
        parts.append(
            Markup('<line class="base" x1="{}" y1="{y}" x2="{}" y2="{y}"/>').format(
                _LEFT, _WIDTH - _RIGHT, y=y + _TALL
            )
        )
        y += _TALL + _GAP
    parts.extend(_axis(since, span, y, wording))
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, y + 24, wording.say("timeline.about", client=account.client), Markup("").join(parts)
    )


def _x(at: int, since: int, span: int) -> float:
    return round(_LEFT + _ROOM * min(max((at - since) / span, 0), 1), 1)


def _label(y: int, text: str) -> Markup:
    short = text if len(text) <= 24 else text[:23] + "…"
    return Markup('<text x="{}" y="{}" text-anchor="end"><title>{}</title>{}</text>').format(
        _LEFT - 8, y, text, short
    )


def _force(
    mine: Sequence[InForceFrom], since: int, span: int, y: int, wording: Wording
) -> list[Markup]:
    bars = []
    texts = list(dict.fromkeys(one.text for one in mine))
    for one in mine:
        until = since + span if one.until is None else one.until
        if until < since or one.since > since + span:
            continue
        left, right = _x(one.since, since, span), _x(until, since, span)
        bars.append(
            Markup(
                '<rect class="force{}" x="{}" y="{}" width="{}" height="{}" rx="2">'
                "<title>{}</title></rect>"
            ).format(
                " other" if texts.index(one.text) % 2 else "",
                left,
                y,
                round(max(right - left, 1), 1),
                _BAR,
                wording.say("timeline.text", where=one.where, hash=one.text[:12]),
            )
        )
    return bars


def _columns(
    times: Sequence[tuple[int, bool]], since: int, span: int, y: int, style: str, wording: Wording
) -> list[Markup]:
    """All who used the name are pale; those who proved it stand before them in full colour."""
    everybody: Counter[int] = Counter()
    proven: Counter[int] = Counter()
    for at, sure in times:
        if since <= at <= since + span:
            column = min(int((at - since) * _COLUMNS / span), _COLUMNS - 1)
            everybody[column] += 1
            proven[column] += sure
    most = max(everybody.values(), default=1)
    bars = []
    for column, count in sorted(everybody.items()):
        told = wording.say(
            "timeline.column",
            at=wording.minute(since + column * span // _COLUMNS),
            n=wording.number(count),
            proven=wording.number(proven[column]),
        )
        for number, shade in ((count, "pale"), (proven[column], "")):
            if number:
                bars.append(_column(column, number / most, y, f"{style} {shade}".strip(), told))
    return bars


def _column(column: int, share: float, y: int, style: str, told: str) -> Markup:
    wide = _ROOM / _COLUMNS
    height = round(max(_TALL * sqrt(share), 4), 1)
    return Markup(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'
    ).format(
        style,
        round(_LEFT + column * wide, 1),
        round(y + _TALL - height, 1),
        round(wide - 0.6, 1),
        height,
        told,
    )


def _axis(since: int, span: int, y: int, wording: Wording) -> list[Markup]:
    ticks = 5
    marks = []
    for tick in range(ticks + 1):
        at = since + span * tick // ticks
        x = _x(at, since, span)
        anchor = "start" if tick == 0 else "end" if tick == ticks else "middle"
        shown = (wording.day if span > _DAYS else wording.hour)(at)
        marks.append(
            Markup(
                '<line class="tick" x1="{x}" y1="8" x2="{x}" y2="{}"/>'
                '<text class="axis" x="{x}" y="{}" text-anchor="{}">{}</text>'
            ).format(y, y + 14, anchor, shown, x=x)
        )
    return marks
