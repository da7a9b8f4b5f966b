"""The report's parts about what was published, and about the record itself: what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from stagedoor.evidence.account import Account, InForceFrom
from stagedoor.evidence.report_parts import section
from stagedoor.evidence.verification import Findings
from stagedoor.evidence.wording import TimeStamp, Wording

_TEXT_SHOWN = 3_000
"""Characters of a published text."""
_SPANS = 6
"""Times in force that are shown."""


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
    timestamp: TimeStamp | None = None
    held: int = 0
    """How many hashes that were kept elsewhere the ledger was compared with."""
    personal: bool = True
    """Whether personal parts are in the export."""
    site: str = ""
    """The site's address, as the stance says it: never what a visitor wrote."""
    counting: int = 0
    """Refusals that stand in no entry yet."""


def published(account: Account, texts: Mapping[str, bytes], wording: Wording) -> Markup:
    """The texts that were in force, and when; `texts` by their SHA-256."""
    by_text: dict[tuple[str, str], list[InForceFrom]] = {}
    for one in account.published:
        by_text.setdefault((one.where, one.text), []).append(one)
    parts = [
        _text(intervals, texts.get(of), account.signals[of], wording)
        for (_, of), intervals in by_text.items()
    ]
    nothing = Markup("<p>{}</p>").format(wording.say("published.nothing"))
    return section(wording.say("published"), *(parts or [nothing]))


def _text(
    intervals: Sequence[InForceFrom], raw: bytes | None, handed: int, wording: Wording
) -> Markup:
    one = intervals[0]
    shown = wording.say("published.gone") if raw is None else raw.decode("utf-8", "replace")
    cut = wording.say("published.cut", text=one.text) if len(shown) > _TEXT_SHOWN else ""
    spans = Markup("<br>").join(
        Markup("{} – {}").format(wording.at(i.since), _until(i, wording))
        for i in intervals[:_SPANS]
    )
    hidden = len(intervals) - _SPANS
    return Markup(
        "<article><h3>{} <span class=note>{}</span></h3>"
        "<dl><dt>{}</dt><dd>{}{}</dd><dt>{}</dt><dd>{}</dd>"
        "<dt>{}</dt><dd><code class=hash>{}</code></dd></dl><pre>{}</pre>{}</article>"
    ).format(
        one.where, one.standard,
        wording.say("published.force"), spans,
        wording.say("published.more", n=wording.number(hidden)) if hidden > 0 else "",
        wording.say("published.handed"), wording.many("times", handed),
        wording.say("published.hash"), one.text, shown[:_TEXT_SHOWN],
        Markup("<p class=note>{}</p>").format(cut) if cut else "",
    )  # fmt: skip


def _until(one: InForceFrom, wording: Wording) -> str:
    return wording.say("published.still") if one.until is None else wording.at(one.until)


def record(ledger: Findings, extract: Extract, wording: Wording) -> Markup:
    """What the export rests on, and how it is checked."""
    number, say = wording.number, wording.say
    facts: list[tuple[str, Markup | str]] = [
        ("ledger", say("record.whole", n=number(sum(ledger.kinds.values())),
                       first=number(ledger.first), last=number(ledger.last))),
        ("export", say("record.hashes", first=number(extract.first), last=number(extract.last),
                       bodies=number(extract.bodies))),
        ("start", Markup("<code class=hash>{}</code>").format(extract.start)),
        ("end", Markup("<code class=hash>{}</code>").format(extract.head)),
        ("program", extract.program),
        *_missing(ledger, extract, wording),
        ("held", wording.many("record.compared", extract.held) if extract.held
                 else wording.markup("record.not compared", cut_off=wording.cut_off)),
        ("stamp", wording.stamp(extract.timestamp) if extract.timestamp else say("record.none")),
    ]  # fmt: skip
    rows = Markup("").join(
        Markup("<dt>{}</dt><dd>{}</dd>").format(say(f"record.{key}"), value) for key, value in facts
    )
    return section(
        say("record"),
        Markup("<dl>{}</dl><p>{}</p><p class=note>{}</p>").format(
            rows, wording.markup("record.check"), say("record.about")
        ),
    )


def _missing(
    ledger: Findings, extract: Extract, wording: Wording
) -> Sequence[tuple[str, Markup | str]]:
    """What is not in it, and why."""
    counting = [wording.counting(extract.counting)] if extract.counting else []
    addresses = [] if extract.personal else [wording.say("record.addresses")]
    found = (
        ("pruned", wording.pruned(ledger)),
        ("thinned", wording.thinned(ledger)),
        ("counting", counting),
        ("lost", wording.lost(ledger)),
        ("interrupted", wording.interrupted(ledger)),
        ("erased", wording.erased(ledger)),
        ("left out", addresses),
    )
    return [(key, line) for key, lines in found for line in lines]
