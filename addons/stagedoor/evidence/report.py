"""An account as one page: nothing is loaded, nothing runs, it prints on A4 and reads in the dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from stagedoor.evidence.account import Account, Entry, Goods, InForceFrom, Tally
from stagedoor.evidence.report_style import STYLE
from stagedoor.evidence.timeline import draw
from stagedoor.evidence.verification import Findings
from stagedoor.evidence.wording import (
    CUT_OFF,
    counting,
    erased,
    interrupted,
    lost,
    pruned,
    size,
    spell,
    thinned,
    when,
    who,
)
from stagedoor.model.facts import GUARDED_KINDS, PROOFS

SHOWN = 40
"""Rows of a table; the rest stands in entries.jsonl."""
_HOSTS = 5
"""Host names that are shown."""
_TEXT_SHOWN = 3_000
"""Characters of a published text."""

_SURE = {
    "verified": ("proven", "Its address, or a signature, proves that it belongs to whom it names."),
    "unverified": ("claimed", "It says so itself; nothing proves or contradicts it."),
    "spoofed": ("contradicted", "It says so, and its address or name shows that it is not."),
}


@dataclass(frozen=True, slots=True)
class Extract:
    """What the export holds, for the part of the report that says how to check it."""

    made: int
    first: int
    last: int
    start: str
    head: str
    bodies: int
    program: str
    timestamp: str = ""
    """Who set the time stamp, and when it says."""
    held: str = ""
    """How many hashes that were kept elsewhere the ledger was compared with."""
    personal: bool = True
    """Whether personal parts are in the export."""
    site: str = ""
    """The site's address, as the stance says it: never what a visitor wrote."""
    counting: int = 0
    """Refusals that stand in no entry yet."""


def page(account: Account, texts: Mapping[str, bytes], ledger: Findings, extract: Extract) -> str:
    """The report as HTML; `texts` by their SHA-256."""
    sections = (
        _head(account, extract),
        _summary(account),
        _timeline(account),
        _identity(account),
        _published(account, texts),
        _told(account),
        _taken(account),
        _refused(account),
        _traced(account),
        _record(ledger, extract),
    )
    return _html(account, sections)


def joined(account: Account, extract: Extract, record: Markup) -> str:
    """The same for the ledgers of several guards: `record` says where each of them stands."""
    first = (_head(account, extract), _summary(account), _timeline(account), _identity(account))
    return _html(account, (*first, record))


def _html(account: Account, sections: Sequence[Markup]) -> str:
    return _PAGE.format(
        title=f"{account.client}: what it was notified of, and what it took",
        style=STYLE,
        body=Markup("\n").join(sections),
    )


def _timeline(account: Account) -> Markup:
    return Markup('<section class="whole"><h2>Timeline</h2>{}{}</section>').format(
        draw(account, account.since, account.until), _LEGEND
    )


_PAGE = Markup("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>{style}</style></head>
<body><main>
{body}
</main></body></html>
""")
_LEGEND = Markup(
    '<p class="note">Bars: what was published, and how long; a change of shade is a change of '
    "text. Columns: how often, drawn by the square root; in full colour where it was proven who it "
    "was, pale where it was not. All times are UTC.</p>"
)


def _head(account: Account, extract: Extract) -> Markup:
    of = f" ({account.operator})" if account.operator else ""
    return Markup(
        "<header><p class=kicker>Evidence from the ledger of {site}</p>"
        "<h1>{client}{of}: what it was notified of, and what it took</h1>"
        "<p class=period>{since} to {until} UTC · extracted {made}</p></header>"
    ).format(
        site=extract.site or "this site", client=account.client, of=of, since=when(account.since),
        until=when(account.until), made=when(extract.made),
    )  # fmt: skip


def _summary(account: Account) -> Markup:
    boxes = (
        ("told", "notices", "times handed the site’s signals", _number),
        ("taken", "recordings", "requests for recordings, against the signals", _number),
        ("taken", "recorded", "of recordings, against the signals", size),
        ("refused", "refusals", "requests refused", _number),
    )
    figures = Markup("").join(
        Markup('<li class="{}"><b>{}</b> {}<i>{} by all who used the name</i></li>').format(
            style, shown(account.proven(what)), words, shown(account.total(what))
        )
        for style, what, words, shown in boxes
    )
    different = Markup("<p>Different recordings taken against the signals: <b>{}</b> by proven "
                       "clients, {} by all who used the name.</p>").format(
        f"{account.different(proven=True):,}", f"{account.different(proven=False):,}"
    )  # fmt: skip
    return Markup("<section><ul class=figures>{}</ul>{}{}</section>").format(
        figures, different, _first_sentence(account)
    )


def _first_sentence(account: Account) -> Markup:
    if not account.tallies:
        return Markup("<p>No client of this name came in that time.</p>")
    parts = [
        Markup(
            "<p>The large figures are of clients that proved to be {}. A client that only called "
            "itself so is counted apart, under <a href=#identity>Identity</a>.</p>"
        ).format(account.client)
    ]
    soonest = account.soonest
    if soonest is not None and soonest.after is not None:
        sure = _SURE.get(soonest.body["proof"], (soonest.body["proof"], ""))[0]
        parts.append(
            Markup(
                "<p>First taking against the signals after a notice: <code>{}</code> at {}, {} after "
                "the first signal was handed out, by {}. In both cases the identity was {}.</p>"
            ).format(
                soonest.body["path"],
                when(soonest.body["at"]),
                spell(soonest.after),
                who(account.client, soonest.body["proof"]),
                sure,
            )
        )
    elif not account.total("takings"):
        parts.append(Markup("<p>Nothing was taken.</p>"))
    return Markup("").join(parts)


def _identity(account: Account) -> Markup:
    rows = []
    for proof in PROOFS:
        tally = account.tallies.get(proof)
        if tally is None:
            continue
        name, meaning = _SURE[proof]
        rows.append(
            (
                Markup("<b>{}</b>: {}<br><span class=note>{}</span>").format(
                    name, who(account.client, proof), meaning
                ),
                *_row(tally),
            )
        )
    reasons = [
        (_SURE.get(proof, (proof, ""))[0], why, f"{count:,}")
        for (proof, why), count in account.reasons.most_common(12)
    ]
    heads = (
        "Who it was",
        "Notices",
        "Taken",
        "Against",
        "… after notice",
        "Recordings (requests)",
        "Bytes",
        "Refused",
        "First, last",
    )
    return Markup(
        "<section id=identity><div class=whole><h2>Identity</h2>"
        "<p>A user agent is a claim. Each row counts for itself: a notice to one group does not "
        "count as a notice to another. Recordings and bytes are of what was taken against the signals; "
        "what the site’s own rules allowed is taken, and not against.</p>"
        "{}</div>{}{}</section>"
    ).format(
        _table(heads, rows, "figures-table"),
        Markup("<h3>Why</h3>{}").format(_table(("", "Reason", "Times"), reasons, "reasons"))
        if reasons
        else "",
        _asked_hosts(account),
    )


def _asked_hosts(account: Account) -> Markup:
    """A Host header is the visitor's word: no site is named after it."""
    named = [host for host, _ in account.hosts.most_common(_HOSTS) if host]
    if not named:
        return Markup("")
    return Markup(
        "<p class=note>Host names in these requests, as the visitors wrote them: {}{}.</p>"
    ).format(
        Markup(", ").join(Markup("<code>{}</code>").format(host) for host in named),
        f" and {len(account.hosts) - _HOSTS:,} more" if len(account.hosts) > _HOSTS else "",
    )


def _row(tally: Tally) -> Sequence[str]:
    return (
        f"{tally.notices:,}",
        f"{tally.takings:,}",
        f"{tally.against:,}",
        f"{tally.after:,}",
        f"{len(tally.different):,} ({tally.recordings:,})",
        size(tally.recorded),
        f"{tally.refusals:,}",
        Markup("{}<br>{}").format(when(tally.first)[:16], when(tally.last)[:16]),
    )


def _published(account: Account, texts: Mapping[str, bytes]) -> Markup:
    by_text: dict[tuple[str, str], list[InForceFrom]] = {}
    for one in account.published:
        by_text.setdefault((one.where, one.text), []).append(one)
    parts = [
        _text(intervals, texts.get(of), account.signals[of])
        for (_, of), intervals in by_text.items()
    ]
    if not parts:
        parts = [Markup("<p>Nothing was published in that time.</p>")]
    return Markup("<section><h2>What was published</h2>{}</section>").format(Markup("").join(parts))


def _text(intervals: Sequence[InForceFrom], raw: bytes | None, handed: int) -> Markup:
    one = intervals[0]
    shown = "This text is no longer kept."
    if raw is not None:
        shown = raw.decode("utf-8", "replace")
    cut = len(shown) > _TEXT_SHOWN
    spans = Markup("<br>").join(
        Markup("{} – {}").format(when(i.since), "still" if i.until is None else when(i.until))
        for i in intervals[:6]
    )
    more = f" and {len(intervals) - 6} more times" if len(intervals) > 6 else ""
    return Markup(
        "<article><h3>{} <span class=note>{}</span></h3>"
        "<dl><dt>In force</dt><dd>{}{}</dd><dt>Handed to it</dt><dd>{}</dd>"
        "<dt>SHA-256</dt><dd><code class=hash>{}</code></dd></dl><pre>{}</pre>{}</article>"
    ).format(
        one.where, one.standard, spans, more, _times(handed), one.text, shown[:_TEXT_SHOWN],
        Markup("<p class=note>Cut here; the whole text is texts/{}.txt.</p>").format(one.text)
        if cut else "",
    )  # fmt: skip


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _told(account: Account) -> Markup:
    rows = [
        (_still(when(e.body["at"])), _path(e), str(e.body["status"]), *_who(e),
         Markup(" ").join(Markup("<code>{}</code>").format(of[:8]) for of in e.body["signals"]))
        for e in account.notices[:SHOWN]
    ]  # fmt: skip
    return Markup("<section><h2>When it was notified</h2>{}{}</section>").format(
        _table(("Time (UTC)", "Asked for", "Status", "Identity", "Address", "Texts"), rows, "log"),
        _rest(account.total("notices"), len(rows)),
    )


def _taken(account: Account) -> Markup:
    goods = sorted(account.goods.items(), key=_weight)
    rows = [
        (Markup("<code>{}</code>").format(path), kind, _SURE.get(proof, (proof, ""))[0],
         f"{g.times:,}", f"{g.against:,}", f"{g.after:,}", _still(size(g.bytes)), _short(g.first), _short(g.last))
        for (proof, kind, path), g in goods[:SHOWN]
    ]  # fmt: skip
    against = account.total("against")
    return Markup("<section><h2>What it took</h2>{}{}{}</section>").format(
        Markup("<p>{} of {} takings were against the stance in force at that moment.</p>").format(
            f"{against:,}", f"{account.total('takings'):,}"
        ) if against else "",
        _table(("Path", "Kind", "Identity", "Times", "Against", "… after notice", "Bytes", "First", "Last"),
               rows, "log"),
        _rest(len(goods), len(rows)),
    )  # fmt: skip


def _weight(one: tuple[tuple[str, str, str], Goods]) -> tuple[bool, int, int, str]:
    """Recordings first, then by how often it was taken after a notice."""
    (_, kind, path), goods = one
    return kind not in GUARDED_KINDS, -goods.after, goods.first, path


def _refused(account: Account) -> Markup:
    rows = [
        (
            _still(when(e.body["at"])),
            _path(e),
            str(e.body["status"]),
            *_who(e),
            _still(e.body["rule"]),
        )
        for e in account.refusals[:SHOWN]
    ]
    return Markup("<section><h2>What it was refused</h2>{}{}</section>").format(
        _table(("Time (UTC)", "Asked for", "Status", "Identity", "Address", "Rule"), rows, "log"),
        _rest(account.total("refusals"), len(rows)),
    )


def _traced(account: Account) -> Markup:
    """Links of its own that were handed to it, and who came by them."""
    if not account.traces:
        return Markup()
    uses = [e for e in account.traces if e.body["kind"] == "use"]
    rows = [
        (
            _still(when(e.body["at"])),
            Markup("<code>{}</code>").format(e.body["mark"]),
            _used(e) if e.body["kind"] == "use" else _handed(e),
            *_who(e),
        )
        for e in account.traces[:SHOWN]
    ]
    return Markup("<section><h2>Links that were its own</h2>{}{}{}</section>").format(
        Markup(
            "<p>Each mark stands in links that were handed out once. Times that one was used by "
            "another client than the one it was handed to: {}.</p>"
        ).format(f"{len(uses):,}"),
        _table(("Time (UTC)", "Mark", "What happened", "Identity", "Address"), rows, "log"),
        _rest(len(account.traces), len(rows)),
    )


def _handed(entry: Entry) -> Markup:
    body = entry.body
    return Markup("handed to {} with <code>{}</code>").format(
        who(body["client"], body["proof"]), body["path"]
    )


def _used(entry: Entry) -> Markup:
    body, handed = entry.body, entry.body["handed"]
    used = Markup("<code>{}</code> asked for by {}, from {} network").format(
        body["path"], who(body["client"], body["proof"]), "the same" if body["near"] else "another"
    )
    if not handed:
        return used
    return Markup("{}; handed to {} on {}").format(
        used, who(handed["client"], handed["proof"]), when(handed["at"])
    )


def _path(entry: Entry) -> Markup:
    return Markup("<code>{} {}</code>").format(entry.body["method"], entry.body["path"])


def _who(entry: Entry) -> tuple[str, str]:
    sure = _SURE.get(entry.body["proof"], (entry.body["proof"], ""))[0]
    return sure, entry.personal.get("address") or entry.personal.get("network") or "–"


def _record(ledger: Findings, extract: Extract) -> Markup:
    facts: list[tuple[str, Markup | str]] = [
        ("Ledger", f"checked when this was extracted: {sum(ledger.kinds.values()):,} entries, "
                   f"{ledger.first:,} to {ledger.last:,}, the chain is whole"),
        ("In this export", f"the hashes of entries {extract.first:,} to {extract.last:,}; "
                           f"{extract.bodies:,} of them in full"),
        ("Starts from", Markup("<code class=hash>{}</code>").format(extract.start)),
        ("Ends with", Markup("<code class=hash>{}</code>").format(extract.head)),
        ("Written by", extract.program),
    ]  # fmt: skip
    facts += [("Taken away", told) for told in pruned(ledger)]
    facts += [("Made room", line) for line in thinned(ledger)]
    if extract.counting:
        facts.append(("Not in it yet", counting(extract.counting)))
    facts += [("Not recorded", told) for told in lost(ledger)]
    facts += [("Interrupted", told) for told in interrupted(ledger)]
    facts += [("Erased", told) for told in erased(ledger)]
    if not extract.personal:
        facts.append(("Left out", "addresses and user agents are left out of this export"))
    facts.append(("Held elsewhere", extract.held or f"no hash was compared. {CUT_OFF}"))
    facts.append(("Time stamp", extract.timestamp or "none"))
    rows = Markup("").join(Markup("<dt>{}</dt><dd>{}</dd>").format(*fact) for fact in facts)
    return Markup("<section><h2>The record itself</h2><dl>{}</dl>{}</section>").format(
        rows, _EXPLAINED
    )


_EXPLAINED = Markup(
    "<p>To check this folder, with nothing but Python: <code>python3 verify.py</code>. It "
    "computes every checksum, the chain of hashes from end to end, and that each entry shown is "
    "the one the chain was made of.</p>"
    "<p class=note>The site itself kept this record. Each entry’s hash covers the one before, so "
    "nothing between two hashes can have been changed, added or removed once a later hash was "
    "known elsewhere: from a log, a backup, or a time stamp of a third party. What was "
    "published is a machine-readable reservation; it binds no one technically. "
    "This is a record, not legal advice.</p>"
)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], style: str) -> Markup:
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row)
        )
        for row in rows
    )
    if not body:
        return Markup("<p>None.</p>")
    head = Markup("").join(Markup("<th>{}</th>").format(name) for name in heads)
    return Markup(
        '<div class=wide><table class="{}"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(style, head, body)


def _rest(all_of_them: int, shown: int) -> Markup | str:
    if all_of_them <= shown:
        return ""
    return Markup("<p class=note>The first {} of {}; all stand in entries.jsonl.</p>").format(
        shown, f"{all_of_them:,}"
    )


def _still(text: str) -> Markup:
    """Text that is not broken into lines."""
    return Markup("<span class=still>{}</span>").format(text)


def _short(at: int) -> Markup:
    return _still(when(at)[:16])


def _number(count: int) -> str:
    return f"{count:,}"
