"""TDM Reservation Protocol (W3C Community Group, final report of 10 May 2024).

1 reserves the rights to text and data mining, 0 does not, anything else says nothing. It may stand
in a file for the whole site, in headers and in HTML; the nearer to the resource, the stronger:
file < header < HTML. Mining covers training and says nothing of answers and search, so `train` is
all that is read out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Literal
from urllib.parse import quote

import orjson

from stagedoor.signals.links import absolute
from stagedoor.signals.meaning import Answer, Said, Statement
from stagedoor.signals.patterns import matches, pattern, requested

FILE = "/.well-known/tdmrep.json"
FILE_LIMIT = 1_000_000
"""Octets. A longer file is not read at all: half a JSON text is none."""
_ENTRIES = 10_000

RESERVATION, POLICY = "tdm-reservation", "tdm-policy"
_FLAGS: dict[Answer, int] = {"no": 1, "yes": 0}
_ANSWERS: dict[object, Answer] = {flag: answer for answer, flag in _FLAGS.items()}

POLICY_TYPE = "application/ld+json"
Duty = Literal["obtainConsent", "compensate"]
"""What somebody who wants to mine must do first: ask, or pay."""


def read(data: bytes, path: str) -> Statement | None:
    """What the file at `FILE` says about `path` (with its query): the first match decides."""
    try:
        entries = (
            orjson.loads(data.removeprefix(b"\xef\xbb\xbf")) if len(data) <= FILE_LIMIT else ()
        )
    except orjson.JSONDecodeError:
        return None
    if not isinstance(entries, list):
        return None
    path = requested(path)
    for entry in entries[:_ENTRIES]:
        location = entry.get("location") if isinstance(entry, dict) else None
        if isinstance(location, str) and matches(pattern(location), path):
            return _of_entry(location, entry)
    return None


def _of_entry(location: str, entry: dict[str, object]) -> Statement | None:
    flag, policy = entry.get(RESERVATION), entry.get(POLICY)
    # JSON knows no difference between 1 and 1.0; Python knows none between 1 and True.
    if isinstance(flag, bool) or not isinstance(flag, int | float) or flag not in _ANSWERS:
        return None
    words: dict[str, object] = {"location": location, RESERVATION: flag}
    if isinstance(policy, str):
        words[POLICY] = policy
    return Statement("tdmrep", FILE, Said(train=_ANSWERS[flag]), orjson.dumps(words).decode())


def read_headers(fields: Iterable[tuple[str, str]]) -> Statement | None:
    """What a response's headers say. Of several that differ, 1 counts."""
    return _of_pairs(fields, "header")


def read_meta(metas: Iterable[tuple[str, str]]) -> Statement | None:
    """What the `<meta>` elements (name, content) of a page say. Of several that differ, 1 counts."""
    return _of_pairs(metas, "html")


def _of_pairs(pairs: Iterable[tuple[str, str]], where: str) -> Statement | None:
    said = [(name.lower(), value.strip()) for name, value in pairs]
    flags = [value for name, value in said if name == RESERVATION]
    for answer, flag in _FLAGS.items():
        if str(flag) in flags:
            lines = [f"{RESERVATION}: {flag}"]
            lines += [f"{POLICY}: {value}" for name, value in said if name == POLICY][:1]
            return Statement("tdmrep", where, Said(train=answer), "\n".join(lines))
    return None


def settle(
    *, file: Statement | None, header: Statement | None, html: Statement | None
) -> Statement | None:
    """The one that counts: what stands nearest to the resource."""
    return html or header or file


def write(train: Answer, *, policy: str = "", locations: Sequence[str] = ("/",)) -> bytes:
    """The file for `FILE`. `policy` is an absolute URL; ValueError for anything else."""
    marks = _marks(train, policy)
    entries = [{"location": location, **marks} for location in locations]
    return orjson.dumps(entries, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write_headers(train: Answer, *, policy: str = "") -> tuple[tuple[str, str], ...]:
    """Header fields that say it for one response."""
    return tuple((name, str(value)) for name, value in _marks(train, policy).items())


def write_meta(train: Answer, *, policy: str = "") -> str:
    """`<meta>` elements that say it for one page."""
    return "\n".join(
        f'<meta name="{name}" content="{escape(str(value))}">'
        for name, value in _marks(train, policy).items()
    )


def _marks(train: Answer, policy: str) -> dict[str, object]:
    # Where nothing is reserved a policy is to be ignored, so none is written.
    reserved = {POLICY: absolute(policy)} if policy and train == "no" else {}
    return {RESERVATION: _FLAGS[train], **reserved}


def write_policy(
    uid: str,
    *,
    site: str,
    name: str,
    email: str = "",
    page: str = "",
    target: str = "",
    duty: Duty = "obtainConsent",
) -> bytes:
    """The policy document at `uid`, a profile of ODRL 2.2 in JSON-LD, for `POLICY_TYPE`.

    `site` stands for the artist called `name`; `page` says where a licence is to be had, `target`
    which recordings are meant (those of the site, when empty). All are absolute URLs but the name
    and the address for mail; ValueError for anything else.
    """
    assigner = {"uid": absolute(site), "vcard:fn": name}
    if email:
        assigner["vcard:hasEmail"] = "mailto:" + quote(email, safe="@+")
    if page:
        assigner["vcard:hasURL"] = absolute(page)
    permission = {
        "target": absolute(target or site),
        "action": "tdm:mine",
        "duty": [{"action": duty}],
    }
    document = {
        "@context": ["http://www.w3.org/ns/odrl.jsonld", "http://www.w3.org/ns/tdmrep.jsonld"],
        "@type": "Offer",
        "profile": "http://www.w3.org/ns/tdmrep",
        "uid": absolute(uid),
        "assigner": assigner,
        "permission": [permission],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
