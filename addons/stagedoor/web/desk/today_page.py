"""The page of today. Its parts are also drawn one by one, for those who look on."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from stagedoor.evidence.wording import size
from stagedoor.model.events import Decided
from stagedoor.record.daily import MINUTES, REFUSALS
from stagedoor.record.today import Row, Taker, Today
from stagedoor.web.desk import chart, sentences
from stagedoor.web.desk.elements import joined, note, page, section, sent, table
from stagedoor.web.desk.evidence_panel import evidence
from stagedoor.web.desk.texts import many, say
from stagedoor.web.desk.view import Outlook

TOP = 25
"""Rows of the table of crawlers, and of the evidence."""
LISTED = 40
"""Refusals on the page."""


def today_page(today: Today, outlook: Outlook, token: str) -> Markup:
    """The whole page. `token` allows the reader of the page to change something."""
    parts = fragments(today, outlook, token)
    body = joined(
        (
            Markup(
                '<h1>{}</h1><div id="summary" class="summary">{}</div>'
                '<p class="sr" role="status" aria-live="polite" id="spoken"></p>'
                '<p class="note"><span id="state" data-live="{}" data-still="{}"></span> '
                '<a href="/" class="again">{}</a></p>'
            ).format(say("today"), parts["summary"], say("live"), say("still"), say("look again")),
            Markup('<div class="pair">{}{}</div>').format(
                section("now", say("now"), parts["now"]),
                Markup("<div>{}{}</div>").format(
                    section("mode", say("mode"), parts["mode"]),
                    section("health", say("health"), parts["health"]),
                ),
            ),
            section("hours", say("hours"), parts["hours"]),
            section("crawlers", say("crawlers"), parts["crawlers"]),
            section("takers", say("takers"), parts["takers"]),
            section("refusals", say("refusals"), parts["refusals"]),
            section("evidence", say("evidence"), parts["evidence"]),
        ),
        "\n",
    )
    return page(f"{say('title')} · {say('today')}", body, here="/", script=True)


def fragments(today: Today, outlook: Outlook, token: str) -> Mapping[str, Markup]:
    """What stands in each part of the page, by its id."""
    return {
        "summary": _summary(today),
        "now": _now(today),
        "mode": _mode(outlook, token),
        "health": _health(outlook),
        "hours": _hours(today),
        "crawlers": _crawlers(today, outlook),
        "takers": _takers(today),
        "refusals": _refusals(today),
        "evidence": evidence(today, outlook, token),
    }


def _summary(today: Today) -> Markup:
    told = joined(Markup("<p>{}</p>").format(text) for text in sentences.sentences(today))
    return told + note(sentences.since(today))


def _now(today: Today) -> Markup:
    rows = []
    for key, count in sorted(today.now.items(), key=lambda one: (-one[1], one[0]))[:10]:
        row = today.row(key)
        if row is not None:
            rows.append(
                (row.client.name, sentences.proof(key[1]), f"{count:,}", sentences.clock(row.last))
            )
    people = ", ".join(
        f"{count:,} {purpose}" for purpose, count in sorted(today.people_now.items())
    )
    recent = [one for one in today.takers if one.last > today.at - MINUTES * 60]
    taking = ", ".join(dict.fromkeys(one.network or say("taker.nowhere") for one in recent[:10]))
    heads = (say("col.name"), say("col.identity"), say("col.times"), say("col.last"))
    return joined(
        (
            table(say("now.caption", minutes=MINUTES), heads, rows, "n2")
            if rows
            else Markup("<p>{}</p>").format(say("now.nobody", minutes=MINUTES))
            if not people and not taking
            else "",
            Markup("<p>{}</p>").format(say("now.people", who=people)) if people else "",
            Markup("<p>{}</p>").format(say("now.takers", where=taking)) if taking else "",
        )
    )


def _mode(outlook: Outlook, token: str) -> Markup:
    other = "observe" if outlook.mode == "enforce" else "enforce"
    return Markup(
        '<p class="mode {}">{}</p><form method="post" action="/mode">'
        '<input type="hidden" name="token" value="{}"><button name="mode" value="{}">{}</button>'
        "</form>{}"
    ).format(
        outlook.mode, say(f"mode.{outlook.mode}"), token, other, say(f"mode.to.{other}"),
        note(say("mode.until", mode=other)),
    )  # fmt: skip


def _health(outlook: Outlook) -> Markup:
    policy = outlook.policy
    told = (
        Markup('<p class="bad">{}</p>').format(say("health.bad"))
        if outlook.trouble
        else Markup("<p>{}</p>").format(
            say("health.good", n=f"{len(policy.rules):,}", force=f"{policy.in_force:,}")
        )
    )
    count = len(outlook.advice)
    return joined(
        (
            told,
            Markup("<p>{}.</p>").format(many("health.advice", count)) if count else "",
            Markup('<p><a href="/rules">{}</a></p>').format(say("health.more")),
        )
    )


def _hours(today: Today) -> Markup:
    heads = tuple(say(f"hours.{key}") for key in ("hour", "machines", "refused", "people"))
    rows = [
        (f"{n:02d}", f"{max(0, hour.machines - hour.refused):,}", f"{hour.refused:,}",
         f"{hour.people:,}")
        for n, hour in enumerate(today.hours)
        if hour.machines or hour.people
    ]  # fmt: skip
    return joined(
        (
            chart.draw(today.hours, time.localtime(today.at).tm_hour),
            chart.legend(),
            Markup("<details><summary>{}</summary>{}</details>").format(
                say("hours.table"), table(say("hours.caption"), heads, rows, "n1")
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
    heads = [say(f"col.{key}") for key in ("name", "identity", "purpose", "knocks", "refused")]
    heads += [say("col.would")] if would else []
    heads += [
        say(f"col.{key}") for key in ("taken", "recordings", "different", "bytes", "back", "last")
    ]
    told = table(
        say("crawlers.caption"), heads, [_crawler(r, would=would) for r in rows[:TOP]], "n3"
    )
    rest = len(rows) - TOP
    return told + (note(say("crawlers.rest", n=f"{rest:,}")) if rest > 0 else "")


def _crawler(row: Row, *, would: bool) -> list[Markup | str]:
    return [
        _who(row),
        sentences.proof(row.client.proof),
        row.client.comes_for,
        f"{row.knocks:,}",
        f"{row.refused:,}",
        *([f"{row.would:,}"] if would else []),
        f"{row.taken:,}",
        f"{row.recordings:,}",
        say("least", n=f"{row.different:,}") if row.more else f"{row.different:,}",
        size(row.bytes),
        f"{row.against:,}",
        sentences.clock(row.last),
    ]


def _who(row: Row) -> Markup:
    """The name, whose it is, and where that is documented; links go to the web and nowhere else."""
    client = row.client
    whose = Markup(' <span class="note">{}</span>').format(client.operator)
    if not client.docs.startswith(("https://", "http://")):
        return Markup("{}{}").format(client.name, whose)
    return Markup('<a href="{}" rel="noreferrer noopener external" title="{}">{}</a>{}').format(
        client.docs, say("docs.of", name=client.name), client.name, whose
    )


def _takers(today: Today) -> Markup:
    """Listeners and takers as two numbers, and the takers one by one."""
    listeners, takers = f"{today.listeners:,}", f"{len(today.takers):,}"
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
    told += note(say("takers.rest", n=f"{rest:,}")) if rest > 0 else ""
    return told + note(say("takers.about"))


def _taker(taker: Taker) -> list[Markup | str]:
    where = taker.network or say("taker.nowhere")
    return [
        say("takers.together", network=where) if taker.scope == "network" else where,
        sentences.called(taker.client),
        f"{taker.recordings:,}" if taker.recordings else "–",
        sentences.span(taker.seconds) if taker.recordings else "–",
        f"{taker.stopped:,}",
        sentences.clock(taker.last),
    ]


def _refusals(today: Today) -> Markup:
    if not today.refusals:
        return Markup("<p>{}</p>").format(say("refusals.none"))
    heads = [say(f"col.{key}") for key in ("time", "who", "wanted", "why", "request")]
    shown = today.refusals[:LISTED]
    told = table(say("refusals.caption"), heads, [_refusal(event) for event in shown], "log")
    if len(today.refusals) > LISTED:
        told += note(say("refusals.rest", n=LISTED))
    return told


def _refusal(event: Decided) -> list[Markup | str]:
    verdict = event.verdict
    would = Markup('<span class="note">{}: </span>').format(say("refusals.would"))
    why = verdict.title or verdict.rule
    return [
        sentences.clock(event.at),
        event.client.name,
        Markup("{} {}").format(sent(event.request.method, 12), sent(event.request.path, 80)),
        Markup("{}{}").format(would if verdict.would else "", why),
        Markup('<a href="/refusals/{}">{}</a>').format(
            event.id, say("refusals.explain", id=event.id)
        ),
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
