"""The page of today. Its parts are also drawn one by one, for those who look on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from stagedoor.model.events import Decided
from stagedoor.record.daily import MINUTES
from stagedoor.record.day_totals import Totals
from stagedoor.record.refused_today import REFUSALS
from stagedoor.record.today import Group, Row, Taker, Today
from stagedoor.web.desk import chart, mode_panel, sentences
from stagedoor.web.desk.elements import joined, marked, note, page, section, sent, table
from stagedoor.web.desk.evidence_panel import evidence
from stagedoor.web.desk.places import place
from stagedoor.web.desk.shown_facts import purposes, rule_text
from stagedoor.web.desk.texts import day, many, number, say, volume
from stagedoor.web.desk.view import Outlook

TOP = 25
"""Rows of the table of crawlers, and of the evidence."""
GROUPS = 20
"""Rows of the table of who was refused and why."""
LISTED = 40
"""Single refusals on the page."""
RANGES = (1, 7, 30)
"""Days that the chart can show."""


def today_page(
    today: Today,
    outlook: Outlook,
    token: str,
    days: Mapping[str, Totals] | None = None,
    *,
    kept: bool = True,
) -> Markup:
    """The whole page. `token` allows the reader of the page to change something.

    `days`: the chart shows these, and not the hours of today; `kept`: they outlive the guard.
    """
    parts = fragments(today, outlook, token)
    shown = (
        section("chart", say("chart"), parts["chart"])
        if days is None
        else section("days", say("chart"), _days(days, today, kept=kept))
    )
    body = joined(
        (
            Markup(
                '<h1>{}</h1><p class="note"><span id="state" data-live="{}" data-still="{}"></span> '
                '<a href="{}" class="again">{}</a></p>'
                '<p class="sr" role="status" aria-live="polite" id="spoken"></p>'
            ).format(say("today"), say("live"), say("still"), place("/"), say("look again")),
            Markup(
                '<section aria-label="{}"><div id="figures" class="figures">{}</div></section>'
            ).format(say("figures"), parts["figures"]),
            Markup(
                '<section aria-label="{}"><div id="summary" class="summary">{}</div></section>'
            ).format(say("day"), parts["summary"]),
            _range(len(days) if days is not None else 1),
            shown,
            section("refusals", say("refusals"), parts["refusals"]),
            section("takers", say("takers"), parts["takers"]),
            section("crawlers", say("crawlers"), parts["crawlers"]),
            Markup('<div class="pair">{}{}</div>').format(
                section("now", say("now"), parts["now"]),
                Markup("<div>{}{}</div>").format(
                    section("mode", say("mode"), parts["mode"]),
                    section("health", say("health"), parts["health"]),
                ),
            ),
            section("evidence", say("evidence"), parts["evidence"]),
        ),
        "\n",
    )
    name = outlook.site or say("title")
    return page(
        f"{name} · {say('today')}", body, here="/", script=True, site=outlook.site,
        banner=parts["banner"],
    )  # fmt: skip


def fragments(today: Today, outlook: Outlook, token: str) -> Mapping[str, Markup]:
    """What stands in each part of the page, by its id."""
    return {
        "banner": Markup(mode_panel.banner(outlook, token)),  # noqa: S704 (markup already)
        "figures": figures(today),
        "summary": _summary(today),
        "now": _now(today),
        "mode": mode_panel.panel(outlook, token),
        "health": _health(outlook),
        "chart": _hours(today),
        "crawlers": _crawlers(today, outlook),
        "takers": _takers(today),
        "refusals": _refusals(today),
        "evidence": evidence(today, outlook, token),
    }


def figures(today: Today) -> Markup:
    """Four numbers, each with a line that says what it counts."""
    refused = today.refused
    names = len({(group.client.name, group.client.proof) for group in today.groups if group.count})
    names = max(names, sum(row.refused > 0 for row in today.rows))
    listened = "figure.listened.least" if today.more_listeners else "figure.listened"
    each = (
        (
            "figure.people", number(today.people), "people",
            many("figure.people.about", today.people, listeners=many(listened, today.listeners))
            if today.listeners
            else many("figure.people.alone", today.people),
        ),
        (
            "figure.refused", number(refused), "refused",
            many("figure.refused.about", refused, who=many("figure.refused.who", names)),
        ),
        ("figure.kept", _kept(today.kept_back), "kept", say("figure.kept.about")),
        (
            "figure.back", number(today.returned), "back",
            many("figure.back.about", today.returned),
        ),
    )  # fmt: skip
    return joined(
        Markup(
            '<div class="figure {}"><h2>{}</h2><p class="large">{}</p><p class="note">{}</p></div>'
        ).format(style, say(key), value, about)
        for key, value, style, about in each
    )


def _kept(seconds: float) -> str:
    """So much sound, in a unit in which it is not 0."""
    hours = seconds / 3600
    if hours >= 1:
        return say("figure.kept.hours", n=number(round(hours, 1) if hours < 10 else round(hours)))
    if seconds >= 60 or not seconds:
        return say("figure.kept.minutes", n=number(round(seconds / 60)))
    return say("figure.kept.seconds", n=number(max(1, round(seconds))))


def _summary(today: Today) -> Markup:
    told = joined(Markup("<li>{}</li>").format(text) for text in sentences.sentences(today))
    return Markup("<ul>{}</ul>").format(told) + note(sentences.since(today))


def _now(today: Today) -> Markup:
    rows = []
    for key, count in sorted(today.now.items(), key=lambda one: (-one[1], one[0]))[:10]:
        row = today.row(key)
        if row is not None:
            rows.append((marked(row.client), number(count), sentences.clock(row.last)))
    people = ", ".join(
        f"{say(f'purpose.{purpose}')} ({number(count)})"
        for purpose, count in sorted(today.people_now.items())
    )
    recent = [one for one in today.takers if one.last > today.at - MINUTES * 60]
    taking = ", ".join(dict.fromkeys(one.network or say("taker.nowhere") for one in recent[:10]))
    heads = (say("col.name"), say("col.times"), say("col.last"))
    return joined(
        (
            table(say("now.caption", minutes=MINUTES), heads, rows, "n1")
            if rows
            else Markup("<p>{}</p>").format(say("now.nobody", minutes=MINUTES))
            if not people and not taking
            else "",
            Markup("<p>{}</p>").format(say("now.people", who=people)) if people else "",
            Markup("<p>{}</p>").format(say("now.takers", where=taking)) if taking else "",
        )
    )


def _health(outlook: Outlook) -> Markup:
    policy = outlook.policy
    told = (
        Markup('<p class="bad">{}</p>').format(say("health.bad"))
        if outlook.trouble
        else Markup("<p>{}</p>").format(
            say("health.good", n=number(len(policy.rules)), force=number(policy.in_force))
        )
    )
    count = len(outlook.advice)
    return joined(
        (
            told,
            Markup("<p>{}.</p>").format(many("health.advice", count)) if count else "",
            Markup('<p><a href="{}">{}</a></p>').format(place("/rules"), say("health.more")),
        )
    )


def _range(shown: int) -> Markup:
    """Links to the same page with another time in the chart."""
    links = joined(
        Markup('<li><a href="{}"{}>{}</a></li>').format(
            place("/" if days == 1 else f"/?days={days}"),
            Markup(' aria-current="true"') if days == shown else "",
            say("chart.today") if days == 1 else say("chart.days", n=days),
        )
        for days in RANGES
    )
    return Markup('<nav class="range" aria-label="{}"><ul>{}</ul></nav>').format(
        say("chart.range"), links
    )


def _hours(today: Today) -> Markup:
    current = time.localtime(today.at).tm_hour
    columns = [
        chart.Column(f"{n:02d}", hour.machines, hour.refused, hour.people, n == current)
        for n, hour in enumerate(today.hours)
    ]
    return _chart(columns, say("chart.hour"))


def _days(days: Mapping[str, Totals], today: Today, *, kept: bool) -> Markup:
    columns = [
        chart.Column(day(date), *totals, current=date == today.date)
        for date, totals in days.items()
    ]
    return _chart(columns, say("chart.day")) + ("" if kept else note(say("chart.no days")))


def _chart(columns: Sequence[chart.Column], unit: str) -> Markup:
    heads = (unit, *(say(f"chart.{lane}") for lane in ("people", "machines", "refused")))
    rows = [(one.label, *map(number, one.lanes)) for one in columns if one.all]
    return joined(
        (
            chart.draw(columns),
            chart.legend(),
            Markup("<details><summary>{}</summary>{}</details>").format(
                say("chart.table"), table(f"{say('chart')}: {unit}", heads, rows, "n1")
            )
            if rows
            else "",
        )
    )


def _crawlers(today: Today, outlook: Outlook) -> Markup:
    rows = [row for row in today.rows if row.knocks]
    if not rows:
        return Markup("<p>{}</p>").format(say("crawlers.none"))
    would = outlook.mode == "observe" or today.would > 0
    heads = [say(f"col.{key}") for key in ("name", "purpose", "knocks", "refused")]
    heads += [say("col.would")] if would else []
    heads += [say(f"col.{key}") for key in ("taken", "different", "bytes", "back", "last")]
    told = table(
        say("crawlers.caption"), heads, [_crawler(r, would=would) for r in rows[:TOP]], "n2"
    )
    rest = len(rows) - TOP
    return told + (note(say("crawlers.rest", n=number(rest))) if rest > 0 else "")


def _crawler(row: Row, *, would: bool) -> list[Markup | str]:
    return [
        _who(row),
        purposes(row.client),
        number(row.knocks),
        _count(row.refused),
        *([_count(row.would)] if would else []),
        _count(row.taken),
        say("least", n=number(row.different)) if row.more else _count(row.different),
        volume(row.bytes) if row.bytes else "–",
        Markup('<span class="mark back">{}</span>').format(number(row.against))
        if row.against
        else "–",
        sentences.clock(row.last),
    ]


def _count(count: int) -> str:
    """A dash for nothing: what is there stands out."""
    return number(count) if count else "–"


def _who(row: Row) -> Markup:
    """The name, whose it is, and where that is documented; links go to the web and nowhere else."""
    client = row.client
    whose = Markup(' <span class="note">{}</span>').format(client.operator)
    if not client.docs.startswith(("https://", "http://")):
        return Markup("{}{}").format(marked(row.client), whose)
    return Markup('<a href="{}" rel="noreferrer noopener external" title="{}">{}</a>{}').format(
        client.docs, say("docs.of", name=client.name), marked(row.client), whose
    )


def _takers(today: Today) -> Markup:
    """Listeners and takers as two numbers, and the takers one by one."""
    listeners, takers = number(today.listeners), number(len(today.takers))
    if today.more_listeners:
        listeners = say("least", n=listeners)
    told = Markup("<p>{}</p>").format(
        say("takers.numbers", listeners=listeners, takers=takers)
        if today.takers or today.listeners
        else say("takers.none")
    )
    if not today.takers:
        return told
    heads = [
        say(f"col.{key}") for key in ("where", "calls", "recordings", "within", "since", "last")
    ]
    told += table(say("takers.caption"), heads, [_taker(one) for one in today.takers[:TOP]], "n2")
    rest = len(today.takers) - TOP
    told += note(say("takers.rest", n=number(rest))) if rest > 0 else ""
    return told + note(say("takers.about"))


def _taker(taker: Taker) -> list[Markup | str]:
    where = taker.network or say("taker.nowhere")
    return [
        say("takers.together", network=where) if taker.scope == "network" else where,
        sentences.called(taker.client),
        number(taker.recordings) if taker.recordings else "–",
        sentences.span(taker.seconds) if taker.recordings else "–",
        number(taker.stopped),
        sentences.clock(taker.last),
    ]


def _refusals(today: Today) -> Markup:
    """Who was refused and why, grouped; the last ones, one by one, are folded."""
    if not today.groups:
        return Markup("<p>{}</p>").format(say("refusals.none"))
    heads = [say(f"col.{key}") for key in ("who", "why", "times", "last", "request")]
    told = table(
        say("refusals.caption"), heads, [_group(group) for group in today.groups[:GROUPS]], "groups"
    )
    rest = len(today.groups) - GROUPS
    told += note(say("refusals.rest", n=number(rest))) if rest > 0 else ""
    heads = [say(f"col.{key}") for key in ("time", "who", "wanted", "why", "request")]
    shown = today.refusals[:LISTED]
    return told + Markup("<details><summary>{}</summary>{}</details>").format(
        say("refusals.last"),
        table(say("refusals.last.caption"), heads, [_refusal(event) for event in shown], "log"),
    )


def _group(group: Group) -> list[Markup | str]:
    would = Markup('<span class="note">{}: </span>').format(say("refusals.would"))
    return [
        marked(group.client),
        Markup("{}{}").format(would if group.would else "", rule_text(group.title or group.rule)),
        number(group.count),
        sentences.clock(group.last),
        _explained(group.request),
    ]


def _explained(name: str) -> Markup:
    return Markup('<a href="{}{}">{}</a>').format(
        place("/refusals/"), name, say("refusals.explain", id=name)
    )


def _refusal(event: Decided) -> list[Markup | str]:
    verdict = event.verdict
    would = Markup('<span class="note">{}: </span>').format(say("refusals.would"))
    why = rule_text(verdict.title or verdict.rule)
    return [
        sentences.clock(event.at),
        event.client.name,
        Markup("{} {}").format(sent(event.request.method, 12), sent(event.request.path, 80)),
        Markup("{}{}").format(would if verdict.would else "", why),
        _explained(event.id),
    ]


def missed(state: Path | None, name: str) -> Markup:
    """The page for a refusal that is no longer kept."""
    where = f" --state {state}" if state else " --state DIR"
    return page(
        say("desk.missing"),
        Markup("<h1>{}</h1><p>{}</p><pre>stagedoor explain {}{}</pre>").format(
            sent(name, 40), say("why.gone", n=REFUSALS), sent(name, 40), where
        ),
    )
