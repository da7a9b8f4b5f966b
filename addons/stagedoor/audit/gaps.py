"""Gaps in what a site says: refused files, missing licences, recordings without a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from stagedoor.audit.conflicts import nothing, places
from stagedoor.audit.findings import WORDS, Finding, some, usage
from stagedoor.audit.responses import GONE, Site
from stagedoor.audit.statements import EVERYBODY, Heard, Reading, licences, line
from stagedoor.signals import licence_documents, registry
from stagedoor.signals.meaning import USES
from stagedoor.signals.standards import rsl


def of_files(site: Site) -> Iterator[Finding]:
    """Signal files that are refused, or are not what they should be."""
    for path, file in site.files.items():
        if not file.ok and file.status not in GONE:
            yield Finding(
                "missing",
                f"{path} {file.outcome}: a client that asks there for permission gets no answer.",
                "Leave it open to everybody; 404 where there is none.",
            )
    for _, files in registry.current().files:
        for path in files.asked:
            found = site.files.get(path)
            if files.fault is None or found is None or not found.ok:
                continue
            if fault := files.fault(found.body, path):
                yield Finding("missing", fault.what, fault.fix)


def of_licences(reading: Reading) -> Iterator[Finding]:
    """Licences that are named and cannot be had, or not understood."""
    named = licences(reading)
    for url, document in reading.site.licences.items():
        where = named.get(url, "a page")
        if not document.ok:
            what = f"The licence {url}, named in {where}, {document.outcome}."
            yield Finding("missing", what, "Put it there, or take the pointer away.")
        elif document.cut or not any(
            licence_documents.read(document.body, resource.address, association="resource")
            for resource, _ in reading.resources
        ):
            what = f"The licence {url} says nothing about what was looked at."
            fix = 'Look at its <content url="…">, and whether it is RSL 1.0.'
            yield Finding("missing", what, fix)
    relative = [
        record
        for records in (reading.robots.loose, *(g.records for g in reading.robots.groups))
        for record in records
        if record.name == "license"
        and not rsl.read_robots_value(record.value.decode("utf-8", "replace"))
    ]
    for record in relative[:5]:
        yield Finding(
            "missing",
            f'{line(record)} ("{record.text}") names no whole address.',
            "Write https://… in full.",
        )


def of_answers(heard: Sequence[Heard], agent: str) -> Iterator[Finding]:
    """Uses about which nothing is said."""
    for use in USES:
        silent = [one for one in heard if one.resolved(use).answer is None]
        if not silent:
            continue
        answer = next((a for one in heard if (a := one.resolved(use).answer)), None)
        of = "" if len(silent) == len(heard) else f" for {some([o.resource.path for o in silent])}"
        to = "" if agent == EVERYBODY else f" to {agent}"
        yield Finding(
            "missing",
            f"The site says nothing{to} about {WORDS[use]}{of}.",
            f'For instance "Content-Usage: {usage(use, answer)}", in the headers and in robots.txt '
            'below "User-agent: *".',
        )


def of_recordings(site: Site, heard: Sequence[Heard]) -> Iterator[Finding]:
    """Recordings that come without a word in their headers, and those that were not looked at."""
    recordings = [one for one in heard if one.kind == "recording"]
    mute = [
        one.resource.path
        for one in recordings
        if not any(
            p.statement.where == "header" and not nothing(p.statement.said)
            for p in (*one.heard, *one.to_others)
        )
    ]
    if mute:
        headers = "its headers" if len(mute) == 1 else "their headers"
        come = "comes" if len(mute) == 1 else "come"
        yield Finding(
            "missing",
            f"{some(mute)} {come} without a word about AI in {headers}: a client that has the "
            "address and reads no robots.txt gets no signal.",
            'Send "Content-Usage: …" and "tdm-reservation: …" with every recording.',
        )
    if not recordings and not site.elsewhere:
        yield Finding(
            "missing",
            "No recording was found on the page, so none was looked at.",
            "Name one: --audio /music/song.mp3.",
        )
    if site.elsewhere:
        hosts = some(sorted({urlsplit(url).netloc for url in site.elsewhere}))
        yield Finding(
            "note",
            f"Recordings on another host ({hosts}) were not looked at: its own robots.txt speaks for "
            "them.",
            "Audit that host, too.",
        )
    if site.left:
        yield Finding("note", f"{site.left} more recordings were found and not asked for.")
    yield from (Finding("note", why) for why in site.unread)


def of_page(site: Site) -> Iterator[Finding]:
    """A page that was not had as a visitor has it, or not whole."""
    if not site.page.ok:
        yield Finding(
            "note", f"The page {site.page.path} {site.page.outcome}: only its headers were read."
        )
    if site.page.cut:
        yield Finding("note", "The page is long: only its first megabyte was read.")


def differing(heard: Sequence[Heard]) -> Iterator[Finding]:
    """One answer here, another there: right, if it is meant."""
    for use in USES:
        yes = [one for one in heard if one.resolved(use).answer == "yes"]
        no = [one for one in heard if one.resolved(use).answer == "no"]
        if yes and no:
            here, there = (some([one.resource.path for one in side]) for side in (yes, no))
            why = places(no[0].placed(s) for s in no[0].resolved(use).decided_by)
            yield Finding(
                "note",
                f"{WORDS[use].capitalize()}: yes for {here}, no for {there} ({why}). Is that meant?",
            )
