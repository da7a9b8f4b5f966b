"""An account of everything that a ledger may hold, and its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ledgers import OCTOBER, visit
from stagedoor.evidence import report
from stagedoor.evidence.account import Account, Entry, Publications
from stagedoor.evidence.entries import DAY, Notice, Refusal, Taking
from stagedoor.evidence.report_record import Extract
from stagedoor.evidence.verification import Findings
from stagedoor.evidence.wording import TimeStamp, Wording
from stagedoor.model.languages import Language
from stagedoor.record.ledger.thinning import SHARES

NASTY = "<script>alert('x')</script><img src=//evil.example/x>\"'&"
EXTRACT = Extract(OCTOBER, 1, 9, "0" * 64, "f" * 64, 4, "Stagedoor")


def page(
    found: Account, texts: Mapping[str, bytes], ledger: Findings, extract: Extract,
    language: Language = "en",
) -> str:  # fmt: skip
    return report.page(found, texts, ledger, extract, Wording(language))


def body(entry: Notice | Taking | Refusal) -> dict[str, Any]:
    return {**entry.body(), "kind": entry.kind}


def account() -> Account:
    found = Account("GPTBot", OCTOBER, OCTOBER + 10 * DAY)
    rows: list[Notice | Taking | Refusal] = [
        Notice(visit(OCTOBER + 1, "/robots.txt", proof="verified"), ("aa" * 32,)),
        Taking(visit(OCTOBER + DAY, proof="verified"), 200, 5_000_000, against=True),
        Taking(visit(OCTOBER + DAY, NASTY, proof="spoofed"), 200, 70_000_000),
        Refusal(visit(OCTOBER + 2 * DAY, NASTY), 403, NASTY),
    ]
    for seq, row in enumerate(rows, 1):
        found.add(seq, body(row), {"why": NASTY, "agent": NASTY, "address": NASTY})
    return found


def publications() -> Publications:
    found = Publications()
    for at, of in ((1, "aa" * 32), (2, "bb" * 32), (3, "")):
        found.add({"kind": "publication", "at": OCTOBER + at * DAY, "where": "/robots.txt",
                   "standard": NASTY, "text": of})  # fmt: skip
    return found


FULL = Findings(
    prunings=[{"first": 1, "start": 12_346, "at": OCTOBER, "why": why} for why in ("age", "size")],
    thinnings=[
        {"what": one.what, "count": 3, "ranges": [(1, 2), (7, 7)], "at": OCTOBER} for one in SHARES
    ],
    erasures=[
        {"count": 2, "ranges": [(1, 2)], "at": OCTOBER, "why": why} for why in ("age", "request")
    ],
    losses=[{"count": 2, "since": OCTOBER, "at": OCTOBER + 1, "why": "disk full"}],
    unclean=[{"at": OCTOBER + 1, "unclean_after": OCTOBER}],
)


def everything(language: Language) -> str:
    """A report in which every text is used."""
    found = account()
    found.published = publications().intervals()
    found.hosts.update({f"h{number}.example": 1 for number in range(9)})
    handed = {"client": "GPTBot", "proof": "unverified", "at": OCTOBER}
    for kind, near, before in (
        ("handing", False, None),
        ("use", True, handed),
        ("use", False, None),
    ):
        link = {"kind": kind, "at": OCTOBER, "mark": "abc", "path": "/a", "client": "unknown",
                "proof": "spoofed", "near": near, "handed": before}  # fmt: skip
        found.traces.append(Entry(1, link, {}))
    stamp = TimeStamp(OCTOBER, "tsa.example", checked=True)
    extract = replace(EXTRACT, timestamp=stamp, counting=75, personal=False, held=1)
    return page(found, {"aa" * 32: b"x" * 9000}, FULL, extract, language)
