"""An account as one page: nothing is loaded, nothing runs, it prints on A4 and reads in the dark.

This is the page and its first part, the figures. The others: report_identity (who it was), report_log
(what happened), report_record (what was published, and the record itself).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from stagedoor.evidence import report_identity, report_log, report_record
from stagedoor.evidence.account import Account
from stagedoor.evidence.page_frame import PAGE
from stagedoor.evidence.report_parts import sure
from stagedoor.evidence.report_record import Extract
from stagedoor.evidence.report_style import STYLE
from stagedoor.evidence.timeline import draw
from stagedoor.evidence.verification import Findings
from stagedoor.evidence.wording import Wording

_FIGURES = (
    ("told", "notices"),
    ("taken", "recordings"),
    ("taken", "recorded"),
    ("refused", "refusals"),
)


def page(
    account: Account,
    texts: Mapping[str, bytes],
    ledger: Findings,
    extract: Extract,
    wording: Wording,
) -> str:
    """The report as HTML; `texts` by their SHA-256."""
    sections = (
        *_first(account, extract, wording),
        report_record.published(account, texts, wording),
        report_log.notices(account, wording),
        report_log.takings(account, wording),
        report_log.refusals(account, wording),
        report_log.traces(account, wording),
        report_record.record(ledger, extract, wording),
    )
    return _html(account, sections, wording)


def joined(account: Account, extract: Extract, record: Markup, wording: Wording) -> str:
    """The same for the ledgers of several guards: `record` says where each of them stands."""
    return _html(account, (*_first(account, extract, wording), record), wording)


def _first(account: Account, extract: Extract, wording: Wording) -> Sequence[Markup]:
    return (
        _head(account, extract, wording),
        _summary(account, wording),
        _timeline(account, wording),
        report_identity.identity(account, wording),
    )


def _html(account: Account, sections: Sequence[Markup], wording: Wording) -> str:
    return PAGE.format(
        language=wording.language,
        title=wording.say("title", client=account.client),
        style=STYLE,
        body=Markup("\n").join(sections),
    )


def _head(account: Account, extract: Extract, wording: Wording) -> Markup:
    of = f" ({account.operator})" if account.operator else ""
    return Markup(
        "<header><p class=kicker>{}</p><h1>{}</h1><p class=period>{}</p></header>"
    ).format(
        wording.say("kicker" if extract.site else "kicker.here", site=extract.site),
        wording.say("head", client=account.client, of=of),
        wording.say("period", since=wording.at(account.since), until=wording.at(account.until),
                    made=wording.at(extract.made)),
    )  # fmt: skip


def _summary(account: Account, wording: Wording) -> Markup:
    figures = Markup("").join(_figure(account, style, what, wording) for style, what in _FIGURES)
    different = wording.markup(
        "different",
        proven=wording.number(account.different(proven=True)),
        all=wording.number(account.different(proven=False)),
    )
    return Markup("<section><ul class=figures>{}</ul><p>{}</p>{}</section>").format(
        figures, different, _first_sentence(account, wording)
    )


def _figure(account: Account, style: str, what: str, wording: Wording) -> Markup:
    shown = wording.size if what == "recorded" else wording.number
    return Markup('<li class="{}"><b>{}</b> {}<i>{}</i></li>').format(
        style,
        shown(account.proven(what)),
        wording.say(f"figure.{what}"),
        wording.say("figure.all", n=shown(account.total(what))),
    )


def _first_sentence(account: Account, wording: Wording) -> Markup:
    if not account.tallies:
        return Markup("<p>{}</p>").format(wording.say("nobody"))
    parts = [wording.markup("large", client=account.client)]
    soonest = account.soonest
    if soonest is not None and soonest.after is not None:
        body = soonest.body
        parts.append(
            wording.markup(
                "soonest",
                path=body["path"],
                at=wording.at(body["at"]),
                after=wording.lasting(soonest.after),
                who=wording.who(account.client, body["proof"]),
                proof=sure(wording, body["proof"]),
            )
        )
    elif not account.total("takings"):
        parts.append(wording.markup("nothing taken"))
    return Markup("").join(Markup("<p>{}</p>").format(part) for part in parts)


def _timeline(account: Account, wording: Wording) -> Markup:
    return Markup(
        '<section class="whole"><h2>{0}</h2>'
        '<div class=wide tabindex=0 role=region aria-label="{0}">{1}</div>'
        '<p class="note">{2}</p></section>'
    ).format(
        wording.say("timeline"),
        draw(account, account.since, account.until, wording),
        wording.say("timeline.legend"),
    )
