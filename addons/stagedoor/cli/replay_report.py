"""What a replay found, for a musician to read: sentences first, then tables."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stagedoor.fronts.addresses import is_trusted
from stagedoor.fronts.replay.summary import Amount, Change, ClientRow, RuleRow, Summary
from stagedoor.fronts.replay.tally import Example
from stagedoor.model import actions
from stagedoor.model.facts import MEDIA_CLIENTS, Purpose, Verdict
from stagedoor.record.terminal import printable
from stagedoor.rules.fields import HEADER

ROWS = 25
"""Of each table; `--json` has all."""
LINE = 300
"""Characters of an example line."""
_PEOPLE: frozenset[Purpose] = MEDIA_CLIENTS | {"feed-reader", "browser"}


def show(summary: Summary, console: Console) -> None:
    """Print all of it."""
    for sentence in sentences(summary):
        console.print(sentence)
    if summary.came.requests:
        console.print()
        console.print(_clients(summary))
    if summary.tally.stopped:
        console.print()
        console.print(_takers(summary))
    if summary.rules:
        console.print()
        console.print(_rules(summary.rules))
    if len(summary.tally.policies) > 1:
        console.print()
        _changes(summary.changes, console)
    console.print()
    for note in notes(summary):
        console.print(note, style="dim")
    for trouble in summary.tally.troubles:
        console.print(f"  {_place(trouble)}: {trouble.why}", style="dim", soft_wrap=True)
        if trouble.text:
            console.print(f"    {clean(trouble.text)}", style="dim", soft_wrap=True)


def sentences(summary: Summary) -> list[str]:
    """What happened, in two or three sentences."""
    came, refused = summary.came, summary.refused
    if not came.requests:
        if summary.tally.nameless:
            return [
                "No request could be judged: the log does not say who asked. Let the server write "
                "the combined format, which has the user agent."
            ]
        return ["No request was found."]
    first = f"Of {_counted(came.requests, 'request')}{_span(summary)}, "
    if not refused.requests:
        first += "none would have been refused."
    else:
        first += f"{refused.requests:,} would have been refused"
        if refused.recordings:
            first += (
                f", {refused.recordings:,} of them for recordings. In answer to those, the site "
                f"sent {size(refused.recorded)}."
            )
        else:
            first += ", none of them for a recording."
    found = [first]
    crawlers = [row for row in summary.clients if row.is_crawler]
    if crawlers:
        requests = sum(row.came.requests for row in crawlers)
        taken = sum(row.came.recorded for row in crawlers)
        files = summary.files(crawlers)
        times = sum(row.came.served_recordings for row in crawlers)
        # Four recordings are not 30 GB; four recordings that were taken 800 times are.
        often = f" {_counted(times, 'time')}" if times > files else ""
        in_all = " in all" if often else ""
        found.append(
            f"{_counted(len(crawlers), 'crawler')} came {_counted(requests, 'time')} and took "
            f"{_counted(files, 'recording')}{often}, {size(taken)}{in_all}."
        )
    found += _stopped(summary)
    for action in _named(summary):
        count = summary.verdicts[action]
        found.append(f'{_counted(count, "request")} would have met "{action}".')
    if len(summary.tally.policies) > 1:
        changed = sum(change.amount.requests for change in summary.changes)
        found.append(f"Between the two sets of rules, {_counted(changed, 'verdict')} changed.")
    return found


def _stopped(summary: Summary) -> list[str]:
    """How many took more than anybody can hear, and after how much they are stopped."""
    stopped = summary.tally.stopped
    if not stopped:
        return []
    had = sorted(one.had for one in stopped)
    many = str(had[0]) if had[0] == had[-1] else f"{had[0]:,} to {had[-1]:,}"
    noun = "recording" if had[-1] == 1 else "recordings"
    return [
        f"By what was sent, {_counted(len(stopped), 'client')} would have been stopped, after {many}"
        f" {noun}."
    ]


def _takers(summary: Summary) -> Table:
    """Who would have been stopped, those first to whom most was sent after that.

    Two lines each, so that it fits into 80 columns.
    """
    shown = _table("stopped", "by, at (UTC)", "had", "within", "refused", "sent then")
    rows = sorted(summary.tally.stopped, key=lambda one: (-one.size, one.at))
    for row in rows[:ROWS]:
        who = f"{clean(row.client)}, together" if row.together else clean(row.client)
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(row.at))
        shown.add_row(
            Text(f"{row.network or 'unknown'}\n{who}"),
            Text(f"{clean(row.rule)}\n{at}"),
            f"{row.had:,}",
            f"{row.seconds:,.0f} s",
            _number(row.refused),
            size(row.size),
        )
    if more := rows[ROWS:]:
        last = (_number(sum(row.refused for row in more)), size(sum(row.size for row in more)))
        shown.add_row(f"{len(more):,} more", "", "", "", *last)
    return shown


def _named(summary: Summary) -> list[str]:
    """The actions that were met and are named: all but plain admissions and the plain refusal."""
    return [
        action.word
        for action in actions.table()
        if action.word in summary.verdicts
        and action.word != actions.BLOCK
        and not isinstance(action.effect, actions.Pass)
    ]


def notes(summary: Summary) -> list[str]:
    """What to know about these figures."""
    tally = summary.tally
    found = [
        "Judged by what clients say they are: a log cannot prove it. A search engine that the guard "
        "has verified gets recordings that are refused here."
    ]
    found.extend(_about_addresses(summary))
    if tally.policies[-1].stance.mode == "observe":
        found.append("The stance says mode: observe, so for now the guard refuses nobody.")
    if any(name.startswith(HEADER) for policy in tally.policies for name in policy.uses):
        found.append("Rules look at headers. An access log has none: there they were not sent.")
    if tally.nameless:
        found.append(
            f"{_counted(tally.nameless, 'line')} without a user agent's field (common format): not "
            "judged."
        )
    if tally.outside:
        found.append(f"{_counted(tally.outside, 'request')} outside --since and --until.")
    if tally.no_requests:
        found.append(
            f"{_counted(tally.no_requests, 'connection')} without a request: TLS at an HTTP port, "
            "port scans, and who hung up."
        )
    if summary.files_capped:
        found.append("More recordings than could be told apart: their number is at least this.")
    if tally.unreadable:
        found.append(f"{tally.unreadable:,} of {_counted(tally.lines, 'line')} not understood:")
    return found


def _about_addresses(summary: Summary) -> list[str]:
    """Where the log names a proxy in the place of the visitors."""
    addresses, requests = summary.tally.addresses, summary.came.requests
    found = []
    if addresses.several:
        found.append(
            f"{_counted(addresses.several, 'line')} with several addresses: the first was taken for "
            "the visitor's, which anyone can write. Name your proxies: site.trusted_proxies in "
            "stance.yaml, or --trusted-proxies."
        )
    if requests < 2 or addresses.different or not addresses.first:
        return found
    address = clean(addresses.first)
    if is_trusted(address, addresses.trusted):
        what = "the log names a proxy, not the visitors"
    else:
        what = "unless it was one visitor, the log names a proxy"
    found.append(
        f"All requests come from one address, {address}: {what}. Let the server write "
        "X-Forwarded-For at the end of a line (nginx: the format main; Apache: "
        '"%{X-Forwarded-For}i"), and name the proxy in site.trusted_proxies.'
    )
    return found


def _clients(summary: Summary) -> Table:
    others = _named(summary)
    shown = _table("who", "comes for", "requests", "files", "took", *others, "refused", "sent then")
    rows = [
        row for row in summary.clients if row.client.purpose not in _PEOPLE or row.refused.requests
    ]
    for row in rows[:ROWS]:
        shown.add_row(
            Text(clean(row.client.name)), row.client.comes_for, *_cells(summary, [row], others)
        )
    if more := rows[ROWS:]:
        shown.add_row(f"{len(more):,} more", "", *_cells(summary, more, others))
    people = [row for row in summary.clients if row not in rows]
    if people:
        shown.add_row("browsers and apps", "people", *_cells(summary, people, others))
    return shown


def _cells(summary: Summary, rows: Sequence[ClientRow], others: Iterable[str]) -> Iterable[str]:
    yield _number(sum(row.came.requests for row in rows))
    yield _number(summary.files(rows))
    yield size(sum(row.came.recorded for row in rows))
    for action in others:
        yield _number(sum(row.verdicts[action] for row in rows))
    yield _number(sum(row.refused.requests for row in rows))
    yield size(sum(row.refused.size for row in rows))


def _rules(rows: Sequence[RuleRow]) -> Table:
    shown = _table("rule", "does", "requests", "for recordings", "sent then", left=2)
    for row in rows[:ROWS]:
        amount = row.amount
        shown.add_row(Text(clean(row.verdict.rule)), row.verdict.label, *_amounts(amount))
    if len(rows) > ROWS:
        shown.add_row(f"{len(rows) - ROWS:,} more", "", "", "", "")
    return shown


def _amounts(amount: Amount) -> Iterable[str]:
    yield _number(amount.requests)
    yield _number(amount.recordings)
    yield size(amount.size)


def _changes(rows: Sequence[Change], console: Console) -> None:
    if not rows:
        console.print("No request changes its verdict.")
        return
    for row in rows[:ROWS]:
        renamed = f" (was {row.old_client.name})" if row.old_client.name != row.client.name else ""
        console.print(
            f"{row.client.name}{renamed}: {_by(row.old)} → {_by(row.new)}, "
            f"{_counted(row.amount.requests, 'request')}"
            f" ({row.amount.recordings:,} for recordings)",
            style="bold",
        )
        for example in row.examples:
            console.print(f"  {_place(example)}: {clean(example.text)}", soft_wrap=True)
    if len(rows) > ROWS:
        console.print(f"{len(rows) - ROWS:,} more kinds of change: --json has all.")


def _by(verdict: Verdict) -> str:
    return f"{verdict.label} by {verdict.rule}" if verdict.rule else verdict.label


def _table(*headings: str, left: int = 2) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for number, heading in enumerate(headings):
        if number < left:
            shown.add_column(heading, overflow="fold")
        else:
            shown.add_column(heading, justify="right", no_wrap=True)
    return shown


def _place(example: Example) -> str:
    return f"{clean(example.place)}:{example.number}"


def clean(text: str | bytes) -> str:
    """`text` on one line, without anything a terminal would obey."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return printable(text, LINE)


def size(count: int) -> str:
    """`48.2 GB`; nothing is a dash."""
    if not count:
        return "–"
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            value = count / factor
            return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}"
    return f"{count} B"


def _number(count: int) -> str:
    return f"{count:,}" if count else "–"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _span(summary: Summary) -> str:
    days = summary.days
    if not days:
        return ""
    if days >= 1.5:
        return f" in {days:.0f} days"
    hours = max(1, round(days * 24))
    return f" in {_counted(hours, 'hour')}"
