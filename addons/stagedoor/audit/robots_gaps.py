"""Gaps in a robots.txt: unreadable files, unknown words, lines without effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from stagedoor.audit.conflicts import nothing, title
from stagedoor.audit.findings import Finding, some
from stagedoor.audit.responses import GONE, Fetched
from stagedoor.audit.statements import EVERYBODY, Heard, Reading, licence_lines, line
from stagedoor.signals import registry
from stagedoor.signals.meaning import Use
from stagedoor.signals.robots import access
from stagedoor.signals.robots.lines import MOST_OCTETS, Record
from stagedoor.signals.robots.usage_records import Scope
from stagedoor.signals.standard import RobotsRecord, Standard


def of_robots(reading: Reading) -> Iterator[Finding]:
    """Whether robots.txt can be read, and what crawlers make of it where it cannot (RFC 9309, 2.3)."""
    file, txt = reading.site.robots, reading.robots
    status = file.status
    if status is None or status >= 500:
        yield Finding(
            "missing",
            f"robots.txt {file.outcome}: crawlers that obey it fetch nothing for now, and none hears "
            "what it says.",
            "Let the server answer 200 with the file.",
        )
    elif status in GONE:
        yield Finding(
            "missing",
            f"There is no robots.txt ({status}): crawlers may fetch everything.",
            'Write one: "User-agent: *" and below it "Content-Usage: train-ai=n".',
        )
    elif not file.ok:
        why = f"redirects more than {file.hops} times" if 300 <= status < 400 else file.outcome
        yield Finding(
            "missing",
            f"robots.txt {why}: to a crawler that means it may fetch everything.",
            "Let everybody read /robots.txt, also those you refuse.",
        )
    else:
        yield from _of_text(file, reading)
    binding = {"allow", "disallow", *(kind.name for _, kind, _ in _speaking())}
    first = next((record for record in txt.loose if record.name in binding), None)
    if first is not None:
        yield Finding(
            "missing",
            f'{line(first)} ("{first.text}") stands before any User-agent line and binds nobody.',
            'Write "User-agent: *" above it.',
        )


def _of_text(file: Fetched, reading: Reading) -> Iterator[Finding]:
    if file.body.lstrip()[:1] == b"<":
        yield Finding(
            "missing",
            "What answers at /robots.txt is a web page: crawlers find no rules in it.",
            "Put a text file there.",
        )
    elif file.content_type not in {"text/plain", ""}:
        yield Finding("note", f"robots.txt comes as {file.content_type}.", "Send it as text/plain.")
    if reading.robots.truncated or file.cut:
        yield Finding(
            "missing",
            f"robots.txt is longer than {MOST_OCTETS // 1024} KiB: crawlers may stop there.",
            "Shorten it.",
        )
    if file.host != reading.site.page.host:
        yield Finding("note", f"robots.txt is redirected to another host, {file.host}.")


def misspelt(reading: Reading, heard: Sequence[Heard]) -> Iterator[Finding]:
    """Records and headers of which no word is understood."""
    for group in reading.robots.groups:
        for record in group.records:
            for standard, _, scope in _speaking():
                found = scope(record)
                if found and nothing(found.said):
                    yield _not_understood(record.text, line(record), standard)
    by_name = registry.current().by_name
    seen = set()
    for one in heard:
        for placed in (*one.heard, *one.to_others):
            said, standard = placed.statement, by_name[placed.statement.standard]
            example = standard.record.example if standard.record else ""
            if said.where == "header" and example and nothing(said.said):
                if said not in seen:
                    yield _not_understood(placed.words, placed.place, standard)
                seen.add(said)


def _speaking() -> Iterator[tuple[Standard, RobotsRecord, Callable[[Record], Scope | None]]]:
    """The standards whose records say something themselves."""
    for standard, kind in registry.current().records:
        if kind.scope is not None:
            yield standard, kind, kind.scope


def _not_understood(text: str, place: str, standard: Standard) -> Finding:
    example = standard.record.example if standard.record else ""
    return Finding(
        "missing",
        f'"{text[:200]}" ({place.replace(", line", " line")}) says nothing that a machine understands.',
        f"Write it like this: {title(standard.name)}: {example}.",
    )


def hidden(reading: Reading, crawlers: Mapping[str, Use]) -> Iterator[Finding]:
    """Lines for `*` that a crawler with a group of its own never hears (RFC 9309, 2.2.1)."""
    txt = reading.robots
    spelled = {token.lower(): token for token in crawlers}
    lost: dict[Record, list[str]] = {}
    for name in sorted(txt.by_agent, key=lambda name: (name not in spelled, name)):
        if name != EVERYBODY:
            for record in _lost_to(reading, name):
                lost.setdefault(record, []).append(spelled.get(name, name))
    for record, names in lost.items():
        have = "has a group of its own" if len(names) == 1 else "have groups of their own"
        yield Finding(
            "missing",
            f"{some(names)} {have} in robots.txt, and so never hear{'s' * (len(names) == 1)} "
            f'line {record.number}, "{record.text[:200]}".',
            "Repeat the line in that group."
            if len(names) == 1
            else "Repeat the line in each group.",
        )


def _lost_to(reading: Reading, name: str) -> Iterator[Record]:
    """The records for everybody that mean something and are not said to `name`."""
    txt = reading.robots
    paths = [resource.path for resource, _ in reading.resources]
    if not any(access.allowed(txt, name, path) for path in paths):
        return
    own = [record for group in txt.speaking_to(name) for record in group.records]
    names = {record.name for record in own}
    for group in txt.speaking_to(EVERYBODY):
        for record in group.records:
            scope = next(filter(None, (read(record) for _, _, read in _speaking())), None)
            if scope and not nothing(scope.said) and record.name not in names:
                yield record
        if not names & {"allow", "disallow"}:
            yield from (rule for rule in group.rules if rule.name == "disallow" and rule.value)
    heard = {record.value for record in licence_lines(txt, name)}
    yield from (r for r in licence_lines(txt, EVERYBODY) if r.value not in heard)
