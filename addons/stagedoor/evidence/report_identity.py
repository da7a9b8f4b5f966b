"""The report's part about who it was: each degree of proof for itself, and the reasons."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from stagedoor.evidence.account import Account, Tally
from stagedoor.evidence.report_parts import sure, table
from stagedoor.evidence.wording import Wording
from stagedoor.identify.proof_reasons import reason
from stagedoor.model.facts import PROOFS

_HOSTS, _REASONS = 5, 12
"""Host names, and reasons, that are shown."""
_COLUMNS = (
    *("who", "notices", "takings", "against", "after", "recordings", "bytes", "refusals"),
    "period",
)


def identity(account: Account, wording: Wording) -> Markup:
    """A row for each degree of proof: nothing is added up over different ones."""
    rows = [
        (_who(account.client, proof, wording), *_row(tally, wording))
        for proof in PROOFS
        if (tally := account.tallies.get(proof)) is not None
    ]
    reasons = [
        (sure(wording, proof), reason(why, wording.language), wording.number(count))
        for (proof, why), count in account.reasons.most_common(_REASONS)
    ]
    return Markup(
        "<section id=identity><div class=whole><h2>{}</h2><p>{}</p>{}</div>{}{}</section>"
    ).format(
        wording.say("identity"),
        wording.say("identity.about"),
        table(wording, wording.say("identity"), _COLUMNS, rows, "figures-table"),
        Markup("<h3>{}</h3>{}").format(
            wording.say("identity.why"),
            table(
                wording,
                wording.say("identity.why"),
                ("identity", "reason", "times"),
                reasons,
                "reasons",
            ),
        )
        if reasons
        else "",
        _asked_hosts(account, wording),
    )


def _who(client: str, proof: str, wording: Wording) -> Markup:
    return Markup("<b>{}</b>: {}<br><span class=note>{}</span>").format(
        sure(wording, proof), wording.who(client, proof), wording.say(f"meaning.{proof}")
    )


def _row(tally: Tally, wording: Wording) -> Sequence[str]:
    number = wording.number
    return (
        number(tally.notices),
        number(tally.takings),
        number(tally.against),
        number(tally.after),
        f"{number(len(tally.different))} ({number(tally.recordings)})",
        wording.size(tally.recorded),
        number(tally.refusals),
        Markup("{}<br>{}").format(wording.minute(tally.first), wording.minute(tally.last)),
    )


def _asked_hosts(account: Account, wording: Wording) -> Markup:
    """A Host header is the visitor's word: no site is named after it."""
    named = [host for host, _ in account.hosts.most_common(_HOSTS) if host]
    if not named:
        return Markup("")
    hidden = len(account.hosts) - _HOSTS
    return Markup("<p class=note>{}</p>").format(
        wording.markup(
            "identity.hosts",
            hosts=Markup(", ").join(Markup("<code>{}</code>").format(host) for host in named),
            more=wording.say("identity.more", n=wording.number(hidden)) if hidden > 0 else "",
        )
    )
