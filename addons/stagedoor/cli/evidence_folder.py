"""`stagedoor evidence export`: one crawler's entries as a folder that can be checked without us.

    report.html      to read and to print
    entries.jsonl    every entry about the crawler in that time, and about the ledger itself
    chain.txt        the digest of every entry from the last seal before that time to the newest
    chain.tsr        a time stamp of chain.txt, where one was asked for
    texts/           every text that was published in that time
    verify.py        checks all of it, with Python's standard library; says how
    SHA256SUMS       of all the others, for `sha256sum -c`

The chain goes on to the newest entry, beyond --until: its end is then a hash that may be known
elsewhere, and erasures of what is shown are in it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import orjson

from stagedoor.evidence import chain
from stagedoor.evidence.account import MOST_ROWS, Account, Entry, Publications
from stagedoor.evidence.entries import TRACES, VISITS
from stagedoor.evidence.report import page
from stagedoor.evidence.report_record import Extract
from stagedoor.evidence.verification import Findings, Row, Thinned, check
from stagedoor.evidence.wording import ENGLISH, TimeStamp, Wording
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError, did_you_mean, listed
from stagedoor.model.languages import DEFAULT, Language
from stagedoor.record.ledger import verifier
from stagedoor.record.ledger.database import Book


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported; times are Unix milliseconds."""

    crawler: str
    since: int
    until: int
    now: int
    personal: bool = True
    timestamp: str = ""
    authorities: Path | None = None
    holds: Mapping[int, bytes] = field(default_factory=dict)
    """Entries whose hashes were kept elsewhere."""
    site: str = ""
    """The site's address; empty: as the ledger has it from the guard's last start."""
    language: Language = DEFAULT
    """The report's."""


@dataclass(slots=True)
class _Written:
    """What was written, for the report."""

    account: Account
    texts: dict[str, bytes]
    first: int
    last: int
    start: bytes
    head: bytes
    bodies: int
    site: str = ""
    counting: int = 0


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of an export: what to say about it, and the account it rests on."""

    lines: Sequence[str]
    account: Account
    last: int = 0
    head: str = ""
    """The ledger's newest entry, and its hash."""
    site: str = ""


class NobodyError(StagedoorError):
    """The ledger has nothing about the crawler in that time."""


def export(book: Book, wanted: Wanted, out: Path) -> Exported:
    """Write the folder `out`. Raises StagedoorError, and leaves nothing then."""
    if out.exists():
        raise StagedoorError(f"{out} is there already — name a folder that is not")
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        (part / "texts").mkdir(parents=True)
        done = _fill(book, wanted, part)
        part.rename(out)
    except OSError as error:
        raise StagedoorError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    last = f"To read: {out}/report.html; to check: python3 {out}/verify.py"
    return replace(done, lines=[*done.lines, last])


def _fill(book: Book, wanted: Wanted, part: Path) -> Exported:
    with book.reading():
        ledger = check(book.stored(), wanted.holds)
        if ledger.broken:
            raise StagedoorError(
                f"the ledger is broken ({ledger.broken}), so nothing is exported — see `stagedoor "
                "evidence verify`, and keep the file as it is"
            )
        written = _copy(book, wanted, part)
    stamp: TimeStamp | None = None
    if wanted.timestamp:
        from stagedoor.cli import time_stamp

        token, stamp = time_stamp.stamp(
            (part / "chain.txt").read_bytes(), wanted.timestamp, wanted.authorities
        )
        (part / "chain.tsr").write_bytes(token)
    _report(wanted, part, written, ledger, stamp)
    shutil.copyfile(verifier.__file__, part / "verify.py")
    sums(part)
    account = written.account
    lines = [
        figures(account),
        *([f"Not in it: {ENGLISH.counting(written.counting)}."] if written.counting else []),
        *([f"Time stamp: {ENGLISH.stamp(stamp)}"] if stamp else []),
        *(
            []
            if wanted.holds
            else [f"{ENGLISH.cut_off} Name what you kept elsewhere with --holds."]
        ),
    ]
    return Exported(lines, account, written.last, written.head.hex(), written.site)


def figures(account: Account) -> str:
    """What an account comes to, in one line."""
    return (
        f"{account.client}: {account.total('notices'):,} notices, {account.total('takings'):,} "
        f"takings ({account.total('against'):,} against the signals), {account.total('refusals'):,} "
        f"refusals."
    )


def _copy(book: Book, wanted: Wanted, part: Path) -> _Written:
    """Write chain, entries and texts, in one pass over the ledger."""
    traces = Traces(book, wanted)
    first, before = book.beginning(traces.since)
    account = Account(wanted.crawler, wanted.since, wanted.until)
    publications = Publications()
    written = _Written(account, {}, first, first - 1, before, before, 0)
    named = wanted.crawler.lower()
    seen: Counter[str] = Counter()
    with (
        (part / "chain.txt").open("w", encoding="ascii") as links,
        (part / "entries.jsonl").open("wb") as shown,
    ):
        kept = "kept" if wanted.personal else "left-out"
        links.write(f"stagedoor ledger 1\npersonal {kept}\nstart {first} {before.hex()}\n")
        for row in book.links(first):
            if isinstance(row, Thinned):
                links.write(row.digest.hex() + "\n")
                continue  # never the last: only what is older than a seal is thinned
            body = orjson.loads(row.body)
            links.write(chain.digest(row.body).hex() + "\n")
            written.last, written.head = row.seq, row.hash
            if row.kind in TRACES:
                if not traces.has(row.kind, body):
                    continue
                account.client = traces.named or account.client
                if len(account.traces) < MOST_ROWS:
                    parts = _parts(row) if wanted.personal else {}
                    account.traces.append(Entry(row.seq, body, parts))
            elif row.kind in VISITS:
                seen[body["client"]] += 1
                if body["client"].lower() != named or not (
                    wanted.since <= body["at"] <= wanted.until
                ):
                    continue
                account.client = body["client"]
                account.add(row.seq, body, _parts(row) if wanted.personal else {})
            else:
                publications.add(body)
            _show(shown, row, personal=wanted.personal)
            written.bodies += 1
        links.write(f"end {written.last} {written.head.hex()}\n")
    if not account.tallies and not account.traces:
        _nobody(wanted.crawler, seen)
    starts = book.bodies("start")
    written.site = orjson.loads(starts[-1]).get("site", "") if starts else ""
    written.counting = sum(
        one.count
        for one in book.counting()
        if one.visit.client.lower() == named and wanted.since <= one.visit.at <= wanted.until
    )
    _texts(book, publications, written, wanted, part)
    return written


class Traces:
    """Which entries about marked links belong to an export: what was handed to the crawler, or used by
    it, in that time; and of each use the handing, however long before it was.
    """

    def __init__(self, book: Book, wanted: Wanted) -> None:
        self._wanted, self._name = wanted, wanted.crawler.lower()
        self._marks: set[str] = set()
        self.named = ""
        """The crawler as the entries spell it."""
        self.since = wanted.since
        """The time of the first entry that belongs to it."""
        for raw in book.bodies("use"):
            body = orjson.loads(raw)
            if self._is_about(body) and body["handed"]:
                self._marks.add(body["mark"])
                self.since = min(self.since, body["handed"]["at"])

    def _is_about(self, body: Mapping[str, Any]) -> bool:
        if not self._wanted.since <= body["at"] <= self._wanted.until:
            return False
        for one in (body, body.get("handed") or {}):
            if str(one.get("client", "")).lower() == self._name:
                self.named = one["client"]
                return True
        return False

    def has(self, kind: str, body: Mapping[str, Any]) -> bool:
        """Whether an entry of TRACES belongs to it."""
        return self._is_about(body) or (kind == "handing" and body["mark"] in self._marks)


def _nobody(crawler: str, seen: Counter[str]) -> None:
    known = [name for name, _ in seen.most_common()]
    hint = did_you_mean(crawler, known) or (
        f"it knows {listed(known)}" if known else "it knows nobody since then"
    )
    raise NobodyError(f"the ledger has nothing about “{crawler}” in that time — {hint}")


def _parts(row: Row) -> dict[str, str]:
    found: dict[str, str] = {}
    for aside in row.asides:
        found.update(orjson.loads(aside.body))
    return found


def _show(file: IO[bytes], row: Row, *, personal: bool) -> None:
    """One line of entries.jsonl. The body is inserted as it is stored, byte for byte."""
    parts = b",".join(
        b'"%s":{"salt":"%s","content":%s}'
        % (aside.part.encode(), aside.salt.hex().encode(), aside.body)
        for aside in row.asides
    )
    file.write(
        b'{"seq":%d,"hash":"%s","entry":%s%s}\n'
        % (
            row.seq,
            row.hash.hex().encode(),
            row.body,
            b',"personal":{%s}' % parts if parts and personal else b"",
        )
    )


def _texts(
    book: Book, publications: Publications, written: _Written, wanted: Wanted, part: Path
) -> None:
    intervals = publications.intervals()
    for of in sorted({one.text for one in intervals}):
        text = book.text(of)
        if text is not None:  # the check before has seen to it that it is there
            (part / "texts" / f"{of}.txt").write_bytes(text)
            written.texts[of] = text
    written.account.published = [
        one
        for one in intervals
        if one.since <= wanted.until and (one.until is None or one.until >= wanted.since)
    ]


def _report(
    wanted: Wanted, part: Path, written: _Written, ledger: Findings, stamp: TimeStamp | None
) -> None:
    extract = Extract(
        made=wanted.now, first=written.first, last=written.last, start=written.start.hex(),
        head=written.head.hex(), bodies=written.bodies,
        program=f"Stagedoor {rule_folder.program_version()}", timestamp=stamp,
        held=len(wanted.holds) - len(ledger.gone), personal=wanted.personal,
        site=wanted.site or written.site, counting=written.counting,
    )  # fmt: skip
    report = page(written.account, written.texts, ledger, extract, Wording(wanted.language))
    (part / "report.html").write_text(report, encoding="utf-8")


def sums(part: Path) -> None:
    """Write SHA256SUMS over all files of a folder."""
    names = sorted(path.relative_to(part).as_posix() for path in part.rglob("*") if path.is_file())
    lines = [
        f"{hashlib.sha256((part / name).read_bytes()).hexdigest()}  {name}\n" for name in names
    ]
    (part / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
