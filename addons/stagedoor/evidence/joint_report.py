"""The report over the ledgers of several guards: what they show together, and where each stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from stagedoor.evidence.account import Account
from stagedoor.evidence.report import joined
from stagedoor.evidence.report_parts import section
from stagedoor.evidence.report_record import Extract
from stagedoor.evidence.wording import Wording

_COLUMNS = ("folder", "notices", "takings", "refusals", "last")


@dataclass(frozen=True, slots=True)
class Part:
    """One guard's export: its `folder`, and the last entry of its ledger with its hash. `account` is
    None where its ledger has nothing about the crawler.
    """

    folder: str
    account: Account | None = None
    last: int = 0
    head: str = ""


def joint_page(account: Account, parts: Sequence[Part], extract: Extract, wording: Wording) -> str:
    """The report as HTML; `account` counts the entries of all parts."""
    return joined(account, extract, _folders(parts, wording), wording)


def _folders(parts: Sequence[Part], wording: Wording) -> Markup:
    rows = Markup("").join(_row(part, wording) for part in parts)
    heads = Markup("").join(
        Markup("<th>{}</th>").format(wording.say(f"ledgers.{key}")) for key in _COLUMNS
    )
    return section(
        wording.say("ledgers"),
        Markup(
            "<p>{}</p><div class=wide tabindex=0 role=region aria-label='{}'><table><thead><tr>{}</tr>"
            "</thead><tbody>{}</tbody></table></div>"
        ).format(wording.markup("ledgers.about"), wording.say("ledgers"), heads, rows),
    )


def _row(part: Part, wording: Wording) -> Markup:
    account, number = part.account, wording.number
    if account is None:
        return Markup("<tr><td>{}</td><td colspan=4>{}</td></tr>").format(
            part.folder, wording.say("ledgers.nothing")
        )
    return Markup(
        "<tr><td><a href='{0}/report.html'>{0}</a></td><td>{1}</td><td>{2}</td><td>{3}</td>"
        "<td>{4} <code class=hash>{5}</code></td></tr>"
    ).format(
        part.folder, number(account.total("notices")), number(account.total("takings")),
        number(account.total("refusals")), number(part.last), part.head,
    )  # fmt: skip
