"""The report's tables of what happened: notices, takings, refusals, and the use of marked links."""

from __future__ import annotations

from markupsafe import Markup

from stagedoor.evidence.account import Account, Entry, Goods
from stagedoor.evidence.report_parts import SHOWN, identity, path, rest, section, still, sure, table
from stagedoor.evidence.wording import Wording
from stagedoor.model.facts import GUARDED_KINDS

_VISIT = ("time", "asked", "status", "identity", "address")
_GOODS = ("path", "kind", "identity", "times", "against", "after", "bytes", "first", "last")


def notices(account: Account, wording: Wording) -> Markup:
    """When it was handed a text, and which."""
    rows = [
        (
            *_visit(entry, wording),
            Markup(" ").join(Markup("<code>{}</code>").format(of[:8]) for of in entry.body["signals"]),
        )
        for entry in account.notices[:SHOWN]
    ]  # fmt: skip
    return section(
        wording.say("told"),
        table(wording, wording.say("told"), (*_VISIT, "texts"), rows),
        rest(wording, account.total("notices"), len(rows)),
    )


def _visit(entry: Entry, wording: Wording) -> tuple[str, ...]:
    body = entry.body
    return (
        still(wording.at(body["at"])),
        path(entry),
        str(body["status"]),
        *identity(wording, entry),
    )


def takings(account: Account, wording: Wording) -> Markup:
    """What it took, how often, and how often against a signal."""
    number = wording.number
    goods = sorted(account.goods.items(), key=_weight)
    rows = [
        (
            Markup("<code>{}</code>").format(of), wording.say(f"kind.{kind}"), sure(wording, proof),
            number(one.times), number(one.against), number(one.after),
            still(wording.size(one.bytes)), still(wording.minute(one.first)), still(wording.minute(one.last)),
        )
        for (proof, kind, of), one in goods[:SHOWN]
    ]  # fmt: skip
    against = account.total("against")
    said = wording.say(
        "taken.against", against=number(against), all=number(account.total("takings"))
    )
    return section(
        wording.say("taken"),
        Markup("<p>{}</p>").format(said) if against else "",
        table(wording, wording.say("taken"), _GOODS, rows),
        rest(wording, len(goods), len(rows)),
    )


def _weight(one: tuple[tuple[str, str, str], Goods]) -> tuple[bool, int, int, str]:
    """Recordings first, then by how often it was taken after a notice."""
    (_, kind, of), goods = one
    return kind not in GUARDED_KINDS, -goods.after, goods.first, of


def refusals(account: Account, wording: Wording) -> Markup:
    """What it was refused, and by which rule."""
    rows = [
        (*_visit(entry, wording), still(entry.body["rule"])) for entry in account.refusals[:SHOWN]
    ]
    return section(
        wording.say("refused"),
        table(wording, wording.say("refused"), (*_VISIT, "rule"), rows),
        rest(wording, account.total("refusals"), len(rows)),
    )


def traces(account: Account, wording: Wording) -> Markup:
    """Links of its own that were handed to it, and who came by them."""
    if not account.traces:
        return Markup()
    uses = sum(entry.body["kind"] == "use" for entry in account.traces)
    rows = [
        (
            still(wording.at(entry.body["at"])),
            Markup("<code>{}</code>").format(entry.body["mark"]),
            _used(entry, wording) if entry.body["kind"] == "use" else _handed(entry, wording),
            *identity(wording, entry),
        )
        for entry in account.traces[:SHOWN]
    ]
    return section(
        wording.say("traced"),
        Markup("<p>{}</p>").format(wording.say("traced.about", n=wording.number(uses))),
        table(
            wording,
            wording.say("traced"),
            ("time", "mark", "happened", "identity", "address"),
            rows,
        ),
        rest(wording, len(account.traces), len(rows)),
    )


def _handed(entry: Entry, wording: Wording) -> Markup:
    body = entry.body
    return wording.markup(
        "traced.handed", who=wording.who(body["client"], body["proof"]), path=body["path"]
    )


def _used(entry: Entry, wording: Wording) -> Markup:
    body, handed = entry.body, entry.body["handed"]
    used = wording.markup(
        "traced.near" if body["near"] else "traced.far",
        path=body["path"],
        who=wording.who(body["client"], body["proof"]),
    )
    if not handed:
        return used
    return wording.markup(
        "traced.from",
        used=used,
        who=wording.who(handed["client"], handed["proof"]),
        at=wording.at(handed["at"]),
    )
