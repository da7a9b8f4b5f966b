"""All that is known of all platforms, as plain data: for JSON, and for the pages."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from stagedoor.platforms.changes import compare
from stagedoor.platforms.clauses import WEIGHTY
from stagedoor.platforms.kept_texts import Entry
from stagedoor.platforms.observer import Observer, read_audit
from stagedoor.platforms.page_audit import newly_looked_at, robots_sentence
from stagedoor.platforms.profiles import Profile, Profiles


def day(at: int | None) -> str:
    """`2026-11-29`, in UTC; empty for never."""
    return datetime.fromtimestamp(at, UTC).date().isoformat() if at else ""


def report(observer: Observer) -> dict[str, Any]:
    """Every platform with what it says today, and every change, the newest first."""
    return {
        "format": "stagedoor platforms 1",
        "unconfirmed": unconfirmed(observer.profiles),
        "platforms": [_platform(observer, profile) for profile in observer.profiles.all],
        "timeline": timeline(observer),
    }


def unconfirmed(profiles: Profiles) -> str:
    """One sentence about what nobody has checked on the live pages; empty where all was."""
    names = [
        profile.name
        for profile in profiles.all
        if not all(one.confirmed for one in profile.file.documents)
        or not all(one.confirmed for one in profile.file.settings)
    ]
    if not names:
        return ""
    which = "any platform" if len(names) == len(profiles.all) else ", ".join(names)
    return (
        f"We have not checked the live pages of {which} yet. So a text or a setting can stand "
        'elsewhere than we look: if it stays at "not read yet" after you opened its page, please report it.'
    )


def _platform(observer: Observer, profile: Profile) -> dict[str, Any]:
    found = observer.last_audit(profile)
    at, audit = found or (None, None)
    history = observer.history
    documents = []
    for document in profile.file.documents:
        entry = history.latest("text", profile.id, document.name)
        clauses = observer.rules.clauses(observer.kept(entry)) if entry else ()
        documents.append({
            "name": document.name, "kind": document.kind, "url": document.url,
            "read": day(history.last_look("text", profile.id, document.name)),
            "changed": day(entry.at) if entry else "",
            "updated": entry.body.get("updated", "") if entry else "",
            "language": entry.body.get("language", "") if entry else "",
            "not_found": day(history.last_look("unread", profile.id, document.name)),
            "confirmed": document.confirmed,
            "clauses": [
                {"class": c.class_, "text": c.text} for c in clauses if c.class_ in WEIGHTY
            ],
        })  # fmt: skip
    states = observer.states(profile)
    return {
        "id": profile.id,
        "name": profile.name,
        "hosts": list(profile.hosts),
        "reviewed": profile.file.reviewed.isoformat(),
        "looked_at": day(at),
        "last_seen": max(
            day(at), *(d["read"] for d in documents), *(d["not_found"] for d in documents),
            *(day(history.last_look("setting", profile.id, s.name)) for s in profile.file.settings),
        ),
        "answers": dict(audit.answers) if audit else {},
        "signals": [asdict(signal) for signal in audit.signals] if audit else [],
        "robots": robots_sentence(audit) if audit else "",
        "claims": [
            {**asdict(claim), "sentence": claim.sentence}
            for claim in observer.claims(profile, audit)
        ],
        "settings": [
            {
                "name": setting.name, "state": states.get(setting.name), "means": setting.means,
                "default": setting.default, "confirmed": setting.confirmed,
                "seen": day(history.last_look("setting", profile.id, setting.name)),
            }
            for setting in profile.file.settings
        ],
        "documents": documents,
    }  # fmt: skip


def timeline(observer: Observer) -> list[dict[str, Any]]:
    """Every change of a text, a setting or the signals, the newest first."""
    before: dict[tuple[str, ...], Entry] = {}
    found: list[dict[str, Any]] = []
    for entry in observer.history.entries():
        profile = observer.profiles.named(entry.platform)
        one: dict[str, Any] = {
            "entry": entry.seq, "day": day(entry.at), "kind": entry.kind,
            "platform": profile.name if profile else entry.platform, "subject": entry.subject,
        }  # fmt: skip
        key = (entry.kind, entry.platform, entry.subject)
        own = (*key, str(entry.body.get("language", "")))
        last = before.get(own) or before.get(key)
        before[own] = before[key] = entry
        if entry.kind == "text":
            one |= _text_change(observer, last, entry)
        elif entry.kind == "setting":
            one |= {"state": entry.body["state"], "was": last.body["state"] if last else None}
        else:
            one["first"] = last is None
            one |= _audit_change(last, entry)
        found.append(one)
    return found[::-1]


def _audit_change(last: Entry | None, entry: Entry) -> dict[str, Any]:
    if last is None:
        return {"newly_looked_at": [], "answers": {}}
    before, after = (read_audit(one.body["audit"]) for one in (last, entry))
    answers = {
        use: [before.answers.get(use), answer]
        for use, answer in after.answers.items()
        if answer != before.answers.get(use)
    }
    return {"newly_looked_at": list(newly_looked_at(before, after)), "answers": answers}


def _text_change(observer: Observer, last: Entry | None, entry: Entry) -> dict[str, Any]:
    via = {"via": entry.body.get("via", ""), "updated": entry.body.get("updated", "")}
    if last is None:
        return {**via, "outcome": "first", "changes": [], "silent": False}
    compared = compare(observer.kept(last), observer.kept(entry), observer.rules)
    return {
        **via,
        "outcome": compared.outcome,
        "silent": compared.silent,
        "before": day(last.at),
        "gained": sorted({c.class_ for c in compared.gained} & WEIGHTY),
        "lost": sorted({c.class_ for c in compared.lost} & WEIGHTY),
        "changes": [
            {
                "kind": change.kind, "before": change.before, "after": change.after,
                "classes": list(change.classes), "runs": [list(run) for run in change.runs],
            }
            for change in compared.changes
        ],
    }  # fmt: skip
