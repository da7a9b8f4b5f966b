"""`stagedoor evidence export` with several --state: the ledgers of several guards in one folder.

1-NAME/ …     each guard's export, as one of its own: it is checked by itself
report.html   what all of them show together
SHA256SUMS    of every file
"""

from __future__ import annotations

import heapq
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from stagedoor.cli import evidence_folder
from stagedoor.cli.evidence_folder import Exported, NobodyError, Wanted
from stagedoor.evidence.account import Account
from stagedoor.evidence.joint_report import Part, joint_page
from stagedoor.evidence.report_record import Extract
from stagedoor.evidence.wording import Wording
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError
from stagedoor.record.ledger.database import Book


def export(states: Sequence[Path], wanted: Wanted, out: Path) -> Sequence[str]:
    """Write the folder `out`; what to say about it. StagedoorError, and nothing is left then."""
    if wanted.holds:
        raise StagedoorError(
            "--holds names entries of one ledger — export with one --state at a time to compare them"
        )
    if out.exists():
        raise StagedoorError(f"{out} is there already — name a folder that is not")
    whole = out.with_name(out.name + ".part")
    shutil.rmtree(whole, ignore_errors=True)
    try:
        whole.mkdir(parents=True)
        lines = _fill(states, wanted, whole)
        whole.rename(out)
    except OSError as error:
        raise StagedoorError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(whole, ignore_errors=True)
    return [*lines, f"To read: {out}/report.html; to check: verify.py in each folder"]


def _fill(states: Sequence[Path], wanted: Wanted, whole: Path) -> Sequence[str]:
    parts: list[Part] = []
    found: list[Exported] = []
    lines: list[str] = []
    nobody: NobodyError | None = None
    for number, state in enumerate(states, 1):
        name = f"{number}-{re.sub(r'[^A-Za-z0-9._-]+', '-', state.resolve().name)[:40]}"
        book = Book(state)
        try:
            done = evidence_folder.export(book, wanted, whole / name)
        except NobodyError as error:
            nobody = error
            parts.append(Part(name))
            lines.append(f"{name}: {error}")
            continue
        finally:
            book.close()
        found.append(done)
        parts.append(Part(name, done.account, done.last, done.head))
        lines.append(f"{name}: {done.lines[0]}")
    if nobody is not None and not found:
        raise nobody
    account = _together(wanted, [whole / part.folder for part in parts if part.account], found)
    extract = Extract(
        made=wanted.now, first=0, last=0, start="", head="", bodies=0,
        program=f"Stagedoor {rule_folder.program_version()}", personal=wanted.personal,
        site=wanted.site or next((one.site for one in found if one.site), ""),
    )  # fmt: skip
    report = joint_page(account, parts, extract, Wording(wanted.language))
    (whole / "report.html").write_text(report, encoding="utf-8")
    evidence_folder.sums(whole)
    return [*lines, f"Together: {evidence_folder.figures(account)}"]


def _together(wanted: Wanted, folders: Sequence[Path], found: Sequence[Exported]) -> Account:
    """One account of all entries, in the order in which they happened."""
    account = Account(wanted.crawler, wanted.since, wanted.until)
    entries = heapq.merge(*map(_visits, folders), key=lambda one: one["entry"]["at"])
    named = wanted.crawler.lower()
    for one in entries:
        body = one["entry"]
        if body.get("client", "").lower() != named:
            continue
        account.client = body["client"]
        parts: dict[str, str] = {}
        for aside in one.get("personal", {}).values():
            parts.update(aside["content"])
        account.add(one["seq"], body, parts)
    account.published = sorted(
        (one for exported in found for one in exported.account.published),
        key=lambda one: (one.where, one.since),
    )
    return account


def _visits(folder: Path) -> Iterator[dict[str, Any]]:
    with (folder / "entries.jsonl").open("rb") as lines:
        for line in lines:
            one = orjson.loads(line)
            if "client" in one["entry"]:
                yield one
