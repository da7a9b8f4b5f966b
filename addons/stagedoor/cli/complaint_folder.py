"""`stagedoor evidence complaint`: a letter to the operator of crawlers, and what it rests on.

letter.html      to read, to change, to send
letter.pdf       the same, to print; where the typesetter is installed
CRAWLER/         one folder for each crawler, as `stagedoor evidence export` writes it
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from stagedoor.cli import evidence_folder
from stagedoor.cli.evidence_folder import Wanted
from stagedoor.evidence.account import Account
from stagedoor.evidence.complaint import Complaint, Parties, complaint
from stagedoor.evidence.entries import VISITS
from stagedoor.evidence.letter import Letter, letter
from stagedoor.evidence.letter_page import TEMPLATE, data, page
from stagedoor.evidence.letter_texts import TEXTS
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError, did_you_mean, listed
from stagedoor.record.ledger.database import Book

NO_TYPESETTER = (
    "There is no letter.pdf: that takes one more package, stagedoor[pdf]. letter.html can be "
    "printed from a browser."
)


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. `export.crawler` is left empty: every crawler of the operator is taken."""

    operator: str
    rules: Path | None
    export: Wanted
    address: str = ""
    """Where the letter goes, where the artist knows better than the catalogue."""


def write(book: Book, order: Order, out: Path) -> Sequence[str]:
    """Write the folder `out`; what to say about it. Raises StagedoorError, and leaves nothing then."""
    if out.exists():
        raise StagedoorError(f"{out} is there already — name a folder that is not")
    operator, crawlers = _crawlers(book, order)
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        accounts = [
            evidence_folder.export(
                book, replace(order.export, crawler=name), part / _folder(name)
            ).account
            for name in crawlers
        ]
        facts = complaint(_parties(order, operator, accounts), accounts, order.export.now)
        written = letter(facts, order.export.language, TEXTS[order.export.language])
        (part / "letter.html").write_text(page(written), "utf-8")
        printed = _print(written, part / "letter.pdf")
        part.rename(out)
    except OSError as error:
        raise StagedoorError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return _said(facts, out, printed=printed)


def _crawlers(book: Book, order: Order) -> tuple[str, Sequence[str]]:
    """The operator's name as the ledger has it, and its crawlers that took something."""
    wanted, export = order.operator.lower(), order.export
    names: Counter[str] = Counter()
    operators: Counter[str] = Counter()
    found = ""
    with book.reading():
        for row in book.rows():
            if row.kind not in VISITS:
                continue
            body = orjson.loads(row.body)
            if not body["operator"]:
                continue
            operators[body["operator"]] += 1
            if body["operator"].lower() == wanted and export.since <= body["at"] <= export.until:
                found = body["operator"]
                names[body["client"]] += row.kind == "taking" and body["against"]
    if not found:
        known = [name for name, _ in operators.most_common()]
        hint = did_you_mean(order.operator, known) or (
            f"it knows {listed(known)}" if known else "it knows no crawler"
        )
        raise StagedoorError(
            f"the ledger has nothing about crawlers of “{order.operator}” in that time — {hint}"
        )
    took = sorted(name for name, count in names.items() if count)
    if not took:
        raise StagedoorError(
            f"no crawler of {found} took anything against your signals in that time: there is "
            "nothing to complain of — name an earlier --since, or see `stagedoor evidence list`"
        )
    return found, took


def _parties(order: Order, operator: str, accounts: Sequence[Account]) -> Parties:
    policy = rule_folder.load(order.rules)
    stance = policy.stance
    known = policy.catalogue.contacts.get(operator.lower())
    address, source = (order.address, "--to") if order.address else ("", "")
    if known and not address:
        address, source = known.address, f"{known.source}, {known.seen}"
    # What visitors asked for is no name of the site: anybody can write anything there.
    site = stance.publish.address
    if not site:
        hosts = sum((account.hosts for account in accounts), Counter[str]())
        site = next((host for host, _ in hosts.most_common(1)), "")
    return Parties(
        operator=operator,
        address=_readable(address),
        address_source=source,
        artist=stance.artist.name,
        reply_to=_readable(stance.artist.contact),
        site=site,
    )


def _readable(link: str) -> str:
    """A mail address without its scheme: it is printed."""
    return urlsplit(link).path if link.startswith("mailto:") else link


def _folder(crawler: str) -> str:
    """A crawler's name as a file system takes it."""
    return re.sub(r"[^\w.+-]+", "-", crawler).strip(".-") or "crawler"


def _print(written: Letter, out: Path) -> bool:
    """Write the PDF; False where the typesetter is not installed."""
    try:
        import typst
    except ImportError:
        return False
    inputs = {"letter": orjson.dumps(data(written)).decode()}
    # The PDF's date is the letter's own, not that of its making: the same ledger, the same file.
    pdf = typst.compile(TEMPLATE.encode(), sys_inputs=inputs, ignore_system_fonts=True)
    out.write_bytes(pdf)
    return True


def _said(facts: Complaint, out: Path, *, printed: bool) -> Sequence[str]:
    proven = sum(one.takings for one in facts.proven)
    claimed = sum(one.takings for one in facts.claimed)
    lines = [
        f"To {facts.operator}, {facts.address or 'whose address is not known: name it with --to'}.",
        f"Proven: {proven:,} requests for recordings against your signals. Not proven, and said to "
        f"be so: {claimed:,}.",
    ]
    if not facts.rests_on_proof:
        lines.append("Nothing is proven to be theirs, so the letter asks, and does not complain.")
    if not facts.artist:
        lines.append("Your name is missing: write it into stance.yaml under artist: name:")
    if not printed:
        lines.append(NO_TYPESETTER)
    lines.append(f"To read: {out}/letter.{'pdf' if printed else 'html'}")
    return lines
