"""The report over the ledgers of several guards: what they show together, and where each stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from stagedoor.evidence.account import Account
from stagedoor.evidence.report import Extract, joined


@dataclass(frozen=True, slots=True)
class Part:
    """One guard's export: its `folder`, and the last entry of its ledger with its hash. `account` is
    None where its ledger has nothing about the crawler.
    """

    folder: str
    account: Account | None = None
    last: int = 0
    head: str = ""


def joint_page(account: Account, parts: Sequence[Part], extract: Extract) -> str:
    """The report as HTML; `account` counts the entries of all parts."""
    return joined(account, extract, _folders(parts))


def _folders(parts: Sequence[Part]) -> Markup:
    rows = Markup("").join(map(_row, parts))
    return Markup(
        "<section><h2>The ledgers</h2><p>Several guards stand in front of this site. Each keeps a "
        "ledger of its own, whose chain of hashes can be checked by itself: <code>python3 "
        "verify.py</code> in its folder. The figures above count the entries of all of them.</p>"
        "<div class=wide><table><thead><tr><th>Folder</th><th>Notices</th><th>Takings</th>"
        "<th>Refusals</th><th>Last entry, and its hash</th></tr></thead><tbody>{}</tbody></table>"
        "</div></section>"
    ).format(rows)


def _row(part: Part) -> Markup:
    account = part.account
    if account is None:
        return Markup("<tr><td>{}</td><td colspan=4>nothing in that time</td></tr>").format(
            part.folder
        )
    return Markup(
        "<tr><td><a href='{0}/report.html'>{0}</a></td><td>{1:,}</td><td>{2:,}</td><td>{3:,}</td>"
        "<td>{4:,} <code class=hash>{5}</code></td></tr>"
    ).format(
        part.folder, account.total("notices"), account.total("takings"), account.total("refusals"),
        part.last, part.head,
    )  # fmt: skip
