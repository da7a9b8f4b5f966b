"""The page that says why a client was refused, rule by rule: `engine.explanation` as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from stagedoor.engine.explanation import Look, Tried, explain
from stagedoor.engine.order import judge_known
from stagedoor.model.events import Decided
from stagedoor.web.desk import sentences
from stagedoor.web.desk.elements import joined, note, page, sent
from stagedoor.web.desk.places import place
from stagedoor.web.desk.shown_facts import kind, proof_reason, purposes, rule_text
from stagedoor.web.desk.texts import say
from stagedoor.web.desk.view import Outlook

_HELD = {True: ("yes", "✓"), False: ("no", "✗")}


def why_page(event: Decided, outlook: Outlook) -> Markup:
    """Under the rules as they are now, by the facts that were kept."""
    found = explain(
        judge_known(outlook.policy, event.request, event.client, event.resource, outlook.mode)
    )
    title = say("why.title.would" if event.verdict.would else "why.title", id=event.id)
    telling = [tried for tried in found.tried if tried.outcome not in {"off", "does not hold"}]
    rest = len(found.tried) - len(telling)
    body = joined(
        (
            Markup("<h1>{}</h1>").format(title),
            note(say("why.caption", name=event.client.name, time=sentences.clock(event.at))),
            _facts(event),
            Markup('<h2>{}</h2><p class="note">{}</p><ul class="tree">{}</ul>').format(
                say("why.rules"), say("why.today"), joined(map(_tried, telling))
            ),
            note(say("why.rest", n=rest)) if rest else "",
            Markup('<p><a href="{}">{}</a></p>').format(place("/"), say("why.back")),
        ),
        "\n",
    )
    return page(f"{outlook.site or say('title')} · {title}", body, site=outlook.site)


def _facts(event: Decided) -> Markup:
    client, verdict, request = event.client, event.verdict, event.request
    whose = f" ({client.operator})" if client.operator else ""
    why = f": {proof_reason(client.why)}" if client.why else ""
    rows: Sequence[tuple[str, Markup | str]] = (
        (say("why.who"), f"{client.name}{whose}, {purposes(client)}"),
        (say("why.says"), sent(request.agent, 512) if request.agent else say("why.nothing")),
        (say("why.proof"), f"{sentences.proof(client.proof)}{why}"),
        *([(say("why.odd"), ", ".join(sorted(client.traits)))] if client.traits else []),
        (
            say("why.what"),
            Markup("{} {} ({})").format(
                sent(request.method, 32), sent(request.path, 512), kind(event.resource)
            ),
        ),
        (
            say("why.verdict"),
            Markup("<b>{}</b> {}<br>{}<br>{}").format(
                verdict.label, verdict.rule, rule_text(verdict.title), rule_text(verdict.why)
            ),
        ),
    )
    return Markup("<dl>{}</dl>").format(
        joined(Markup("<dt>{}</dt><dd>{}</dd>").format(*row) for row in rows)
    )


def _tried(tried: Tried) -> Markup:
    rule = tried.rule
    return Markup('<li><b>{}</b> {}: {} <span class="note">{}</span><ul>{}</ul></li>').format(
        rule.id, rule.action, tried.outcome, rule.at, _look(tried.look)
    )


def _look(look: Look) -> Markup:
    key, mark = _HELD[look.held]
    found = say("why.it is", found=look.found) if look.found and not look.held else ""
    return Markup(
        '<li class="{}"><span aria-hidden="true">{}</span> <span class="sr">{}: </span>{}'
        ' <span class="note">{}</span>{}</li>'
    ).format(
        key, mark, say(key), sent(look.asks), sent(found) if found else "",
        Markup("<ul>{}</ul>").format(joined(map(_look, look.parts))) if look.parts else "",
    )  # fmt: skip
