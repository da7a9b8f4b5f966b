"""What is held against what after a soak, and the table that says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression

from tools.soak.clients import Book
from tools.soak.guarded import Guard, Life
from tools.soak.site import Site

MOVING = 12
"""Visitors at a time while the site goes."""
HELD = 8
"""Requests that wait for the site when the guard is killed."""
WARM = 20.0
"""Seconds after a start in which memory may grow as it likes."""
GROWTH = 4.0
"""Megabytes a minute that a guard may grow; caches fill for the first minutes."""
SPARE = 24
"""Descriptors that may be open at the end besides those after the start."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table."""

    what: str
    figures: str
    good: bool


def checks(guard: Guard, site: Site, book: Book) -> list[Check]:
    """Clients, site, metrics and ledger: the same requests in all of them."""
    counts, sent = book.counts, book.sent
    decided, blocks = guard.total("requests_total"), guard.total("blocks_total")
    passed = sent - counts["refused"]
    failed = guard.total("upstream_errors_total")
    ledger = guard.ledger()
    refusals = sum(count for kind, count in ledger.items() if kind in {"refusal", "summary"})
    lost, summed = ledger.get("lost", 0), ledger.get("summary", 0)
    last, kills = guard.life, len(guard.lives) - 1
    return [
        Check(
            "Every request has an answer that we know",
            f"{sent:,} sent = {counts['site']:,} from the site + {counts['refused']:,} refused + "
            f"{counts['unavailable']:,} “the site does not answer” + {counts['lost']:,} cut by "
            f"kill -9" + (f" + {dict(book.others)}" if book.others else ""),
            not counts["other"] and counts["lost"] <= HELD * kills,
        ),
        Check(
            "The guard has counted each of them once",
            f"{sent:,} sent − {counts['lost']:,} that were under way at kill -9 = {decided:,} in the "
            "metrics",
            sent - counts["lost"] == decided,
        ),
        Check(
            "Each refusal is counted",
            f"{counts['refused']:,} at the clients, {blocks:,} in the metrics",
            counts["refused"] == blocks,
        ),
        Check(
            "What was let in reached the site, or is counted as failed",
            f"{passed:,} let in: {site.received:,} came to the site, and {site.cut:,} of them got no "
            f"answer because one of both went; {counts['unavailable']:,} visitors read that it does "
            f"not answer ({failed:,} in the metrics)",
            # What it has answered in the moment when it goes may or may not get out.
            -site.cut - MOVING * site.went <= passed - counts["unavailable"] - site.received <= 0,
        ),
        Check(
            "The ledger has each refusal, or says how many it lost",
            f"{blocks:,} refused = {refusals - summed:,} written one by one + {summed:,} in "
            f"{ledger.get('summaries', 0):,} summaries + {blocks - refusals:,} lost ({lost:,} entries "
            f"of all kinds are counted as lost; {kills} × kill -9)",
            refusals <= blocks <= refusals + lost,
        ),
        Check(
            "Rules were taken, and those with mistakes were not",
            f"{guard.total('reloads_loaded'):,} changes taken, "
            f"{guard.total('reloads_refused'):,} refused",
            guard.total("reloads_loaded") > 0 and guard.total("reloads_refused") > 0,
        ),
        Check(
            "No error of the program itself is in its log",
            f"{guard.tracebacks():,} tracebacks",
            not guard.tracebacks(),
        ),
        _memory(last),
        _descriptors(last),
    ]


def slope(life: Life) -> float | None:
    """Megabytes a minute after the start; None where it was watched too briefly."""
    warm = [one for one in life.samples if one.at - life.samples[0].at > WARM]
    if len(warm) < 10:
        return None
    return linear_regression([s.at / 60 for s in warm], [s.memory / 1e6 for s in warm]).slope


def _memory(life: Life) -> Check:
    found = slope(life)
    grown = (life.samples[-1].memory - life.samples[0].memory) / 1e6
    if found is None:
        told_ = f"{life.samples[-1].memory / 1e6:.0f} MB, {grown:+.0f} MB since its start"
        return Check("Memory is flat", told_ + "; too short for a slope", grown < 80)
    text = f"{life.samples[-1].memory / 1e6:.0f} MB, {found:+.2f} MB a minute"
    return Check("Memory is flat", text, found < GROWTH)


def _descriptors(life: Life) -> Check:
    first, end = life.samples[0].descriptors, life.samples[-1].descriptors
    most = max(sample.descriptors for sample in life.samples)
    text = f"{first} after the start, {most} at most, {end} at the end"
    return Check("Connections and files are closed again", text, end <= first + SPARE)


def told(found: Sequence[Check]) -> str:
    """The table."""
    lines = [f"{'good' if one.good else 'BAD':5} {one.what}\n      {one.figures}" for one in found]
    bad = sum(not one.good for one in found)
    return "\n".join([*lines, f"{bad} of {len(found)} do not hold" if bad else "everything holds"])
