"""Stance and rules as they are loaded, with their health."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from stagedoor.engine.explanation import is_off
from stagedoor.rules.rule import Rule
from stagedoor.web.desk.elements import joined, page, section, sent, table
from stagedoor.web.desk.mode_panel import banner
from stagedoor.web.desk.shown_facts import rule_text
from stagedoor.web.desk.texts import many, number, say
from stagedoor.web.desk.view import Outlook

Cases = tuple[int, Sequence[str]]
"""How many cases there are, and those that fail, as text."""


def rules_page(outlook: Outlook, today: Mapping[str, int], cases: Cases, token: str = "") -> Markup:
    """`today` is how often each rule decided."""
    parts = []
    if outlook.trouble:
        parts.append(section("trouble", say("rules.trouble"), _lines(outlook.trouble, "bad")))
    parts += [
        section("stance", say("rules.stance"), _stance(outlook)),
        section("rules", say("health"), _health(outlook, cases) + _rules(outlook, today)),
        section("advice", say("rules.advice"), _lines(outlook.advice, "")),
    ]
    title = say("rules.title")
    body = Markup("<h1>{}</h1>{}").format(title, joined(parts, "\n"))
    return page(
        f"{outlook.site or say('title')} · {title}", body, here="/rules", site=outlook.site,
        banner=banner(outlook, token),
    )  # fmt: skip


def _lines(lines: Sequence[str], style: str) -> Markup:
    if not lines:
        return Markup("<p>{}</p>").format(say("rules.advice.none"))
    return Markup('<ul class="{}">{}</ul>').format(
        style, joined(Markup("<li>{}</li>").format(sent(line, 1000)) for line in lines)
    )


def _stance(outlook: Outlook) -> Markup:
    said = sorted(outlook.policy.stance.words().items())
    return table(
        say("rules.stance.caption"),
        (say("rules.stance.field"), say("rules.stance.says")),
        said,
        "words",
    )


def _health(outlook: Outlook, cases: Cases) -> Markup:
    policy = outlook.policy
    count, failing = cases
    loaded = (
        say("health.bad")
        if outlook.trouble
        else say("health.good", n=number(len(policy.rules)), force=number(policy.in_force))
    )
    told = (
        Markup("<p>{}</p>").format(say("rules.cases.good", n=number(count)))
        if not failing
        else Markup('<p class="bad">{}</p>{}').format(
            say("rules.cases.bad", bad=number(len(failing)), n=number(count)),
            _lines(failing, "bad"),
        )
    )
    return Markup("<p>{}</p>{}").format(loaded, told)


def _rules(outlook: Outlook, today: Mapping[str, int]) -> Markup:
    """Rules in force; those that the stance rules out are folded."""
    heads = [say(f"rules.{key}") for key in ("rule", "does", "today", "where")]
    in_force = [rule for rule in outlook.policy.rules if not is_off(rule.condition)]
    off = [rule for rule in outlook.policy.rules if is_off(rule.condition)]
    told = table(
        say("rules.caption"), heads, [_rule(rule, today.get(rule.id, 0)) for rule in in_force],
        "rules",
    )  # fmt: skip
    if not off:
        return told
    return told + Markup("<details><summary>{}</summary>{}</details>").format(
        many("rules.off", len(off)),
        table(say("rules.off.caption"), heads, [_rule(rule, 0) for rule in off], "rules"),
    )


def _rule(rule: Rule, decided: int) -> Sequence[Markup | str]:
    return (
        Markup('{} <span class="note">{}</span>').format(rule.id, rule_text(rule.title)),
        rule.action + (", observe" if rule.observe else ""),
        number(decided) if decided else "–",
        str(rule.at),
    )
